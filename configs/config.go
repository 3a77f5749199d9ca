// Package configs reads what the operator decides: the daemon's configuration
// and the profiles, which say what may be asked of a phone.
//
// Reading is strict. An unknown key, a key that stands twice, a value of another
// type or one out of range is refused with the file, the line and the key; nothing is
// ignored and nothing is guessed. kazashid.yaml, beside this file, holds every key
// at its default with an explanation.
package configs

import (
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"kazashi/session/trust"
)

// A Config is the daemon's configuration, complete and checked: defaults, then
// the file, then the environment.
type Config struct {
	Socket       Socket        `mapstructure:"socket"`
	Access       Access        `mapstructure:"access"`
	Reader       Reader        `mapstructure:"reader"`
	ReaderKey    ReaderKey     `mapstructure:"reader_key"`
	Trust        Trust         `mapstructure:"trust"`
	Profiles     ProfileSource `mapstructure:"profiles"`
	Presentation Presentation  `mapstructure:"presentation"`
	Ledger       Ledger        `mapstructure:"ledger"`
	// StepTimeout bounds each exchange with the phone that waits for nobody's
	// consent.
	StepTimeout time.Duration `mapstructure:"step_timeout"`
	Clock       Clock         `mapstructure:"clock"`
	Log         Log           `mapstructure:"log"`
	Metrics     Metrics       `mapstructure:"metrics"`
}

// Socket is where and for whom the daemon listens.
type Socket struct {
	Path string `mapstructure:"path"`
	Mode Mode   `mapstructure:"mode"`
	// Group owns the socket; empty leaves it to the daemon's own group.
	Group string `mapstructure:"group"`
}

// Access gives the roles of the socket to users and groups by name. Who has no
// role is refused. Root is a technician and an observer, never an issuer.
type Access struct {
	Observer   Role `mapstructure:"observer"`
	Issuer     Role `mapstructure:"issuer"`
	Technician Role `mapstructure:"technician"`
}

// A Role names who has it, by user or by group.
type Role struct {
	Users  []string `mapstructure:"users"`
	Groups []string `mapstructure:"groups"`
}

// The reader backends.
const (
	BackendPCSC     = "pcsc"
	BackendLoopback = "loopback" // in-process; specimen mode only
)

// Reader is what phones are held over.
type Reader struct {
	Backend string `mapstructure:"backend"`
	// Include selects readers by their PC/SC name, in any case of letters: a part of
	// the name, or a pattern for the whole name in which each asterisk stands for any
	// text. Empty selects every reader.
	Include string `mapstructure:"include"`
	// Serial selects the one reader of these that gives this serial number; empty
	// selects them all.
	Serial string `mapstructure:"serial"`
	// ExtendedLength allows APDUs of the extended form of ISO/IEC 7816-4, for readers
	// that are known to carry them.
	ExtendedLength bool `mapstructure:"extended_length"`
	// MaxCommandData and MaxResponseData are the largest data fields in bytes that
	// the reader carries; 0 leaves it to what the form allows.
	MaxCommandData  int `mapstructure:"max_command_data"`
	MaxResponseData int `mapstructure:"max_response_data"`
}

// ReaderKey is the key pair of reader authentication: the places that key.Load of
// package session/key takes. Both are empty when requests go out unsigned.
type ReaderKey struct {
	Key         string `mapstructure:"key"`
	Certificate string `mapstructure:"certificate"`
}

// Trust is what issuers are believed.
type Trust struct {
	Anchors []Anchor `mapstructure:"anchors"`
	// VICALRoots are certificates of VICAL providers, and the docTypes for which their
	// lists count.
	VICALRoots []Anchor `mapstructure:"vical_roots"`
	// VICALGrace is how long past its next update a VICAL counts.
	VICALGrace time.Duration `mapstructure:"vical_grace"`
	// SignerUsages hold document signers of some docTypes to other extended key usages
	// than those of ISO/IEC 18013-5 and 23220-4.
	SignerUsages []SignerUsage `mapstructure:"signer_usages"`
	// Dir holds the VICALs, CRLs and status lists that were imported; empty for none.
	Dir string `mapstructure:"dir"`
	// Update is what `kazashi trust update` fetches into Dir; the daemon has no network.
	Update Update `mapstructure:"update"`
}

// Update says which lists are fetched, and bounds it.
type Update struct {
	Sources []Source `mapstructure:"sources"`
	// Timeout is for one source, from the name's resolution to the last byte.
	Timeout time.Duration `mapstructure:"timeout"`
	// MaxBytes is for one list.
	MaxBytes int `mapstructure:"max_bytes"`
}

// A Source is one list and where it is published.
type Source struct {
	Name string `mapstructure:"name"`
	Kind string `mapstructure:"kind"` // vical, crl or status
	URL  string `mapstructure:"url"`
}

// An Anchor is a PEM file, or a directory of them, and the docTypes for which
// the issuers or providers in it count.
type Anchor struct {
	Path     string   `mapstructure:"path"`
	DocTypes []string `mapstructure:"doc_types"`
}

// A SignerUsage names the extended key usages, as object identifiers, of which a
// document signer of a docType needs one and beside which it may have no other.
type SignerUsage struct {
	DocType string   `mapstructure:"doc_type"`
	Usages  []string `mapstructure:"usages"`
}

// ProfileSource says where profiles come from.
type ProfileSource struct {
	// Dir is the one directory of profiles; empty stands for the shipped ones.
	Dir string `mapstructure:"dir"`
}

// Presentation bounds how long a presentation lives in each state.
type Presentation struct {
	DefaultTimeout time.Duration `mapstructure:"default_timeout"`
	MaxTimeout     time.Duration `mapstructure:"max_timeout"`
	Ready          time.Duration `mapstructure:"ready"`
	Lease          time.Duration `mapstructure:"lease"`
}

// Ledger is what outlasts the daemon: ids, states and times of presentations.
type Ledger struct {
	// Path is the ledger's file; empty keeps none.
	Path string `mapstructure:"path"`
}

// Clock says for how long validity is judged by a clock that nothing sets.
type Clock struct {
	// MaxUnsynced is how long the clock may run free; 0 means for ever.
	MaxUnsynced time.Duration `mapstructure:"max_unsynced"`
	// Synchronized are files that a time service touches at every synchronisation. The
	// newest counts.
	Synchronized []string `mapstructure:"synchronized"`
}

// Log says how much is logged, and how. Personal data is in no level.
type Log struct {
	Level  string `mapstructure:"level"`  // debug, info, warn or error
	Format string `mapstructure:"format"` // json or console
}

// Metrics says where metrics go beside the socket.
type Metrics struct {
	Textfile Textfile `mapstructure:"textfile"`
}

// Textfile is a file for the textfile collector of node_exporter.
type Textfile struct {
	// Path is the file, whose name ends in .prom; empty writes none.
	Path string `mapstructure:"path"`
	// Interval is how often it is written without a tap.
	Interval time.Duration `mapstructure:"interval"`
}

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{
		Socket: Socket{Path: "/run/kazashi/kazashi.sock", Mode: 0o660, Group: "kazashi-client"},
		Access: Access{
			Observer:   Role{Users: []string{}, Groups: []string{"kazashi-client"}},
			Issuer:     Role{Users: []string{}, Groups: []string{"kazashi-issuer"}},
			Technician: Role{Users: []string{}, Groups: []string{"kazashi-technician"}},
		},
		Reader: Reader{Backend: BackendPCSC},
		Trust: Trust{
			Anchors: []Anchor{}, VICALRoots: []Anchor{}, VICALGrace: 7 * 24 * time.Hour, SignerUsages: []SignerUsage{}, Dir: "/var/lib/kazashi-trust",
			Update: Update{Sources: []Source{}, Timeout: time.Minute, MaxBytes: trust.MaxList},
		},
		Presentation: Presentation{
			DefaultTimeout: time.Minute, MaxTimeout: 5 * time.Minute,
			Ready: 30 * time.Second, Lease: 30 * time.Second,
		},
		Ledger:      Ledger{Path: "/var/lib/kazashi/ledger"},
		StepTimeout: 3 * time.Second,
		Clock:       Clock{MaxUnsynced: 7 * 24 * time.Hour, Synchronized: []string{"/run/systemd/timesync/synchronized"}},
		Log:         Log{Level: "info", Format: "json"},
		Metrics:     Metrics{Textfile: Textfile{Interval: 15 * time.Second}},
	}
}

// A Mode is the permission bits of a file, written in octal: "0660".
type Mode fs.FileMode

// UnmarshalText reads three or four octal digits.
func (m *Mode) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil || n > 0o777 || len(text) < 3 || len(text) > 4 {
		return fmt.Errorf("%q is no octal file mode such as \"0660\"", text)
	}
	*m = Mode(n)
	return nil
}

// String returns the mode as the configuration writes it.
func (m Mode) String() string { return fmt.Sprintf("%04o", uint32(m)) }
