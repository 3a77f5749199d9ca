package doctor

import (
	"io/fs"
	"slices"
	"time"

	"kazashi/cmd/internal/daemon"
	"kazashi/configs"
	"kazashi/reader"
	"kazashi/transport/api"
)

// Facts are what the probes saw. A verdict rests on nothing else.
type Facts struct {
	At   time.Time
	Who  Who             // who looked
	Late map[string]bool // probes that did not end in time
	Told []Finding       // of the checks before, while they are judged

	Clock    clockFacts
	Config   configFacts
	Profiles profileFacts
	Key      keyFacts
	Daemon   daemonFacts
	Socket   socketFacts
	Service  serviceFacts
	Rules    ruleFacts
	USB      usbFacts
	Driver   driverFacts
	Holders  holderFacts

	Described describedFacts
	Trust     trustFacts
	Ledger    ledgerFacts
	Units     unitFacts
}

type clockFacts struct {
	Now          time.Time
	Synchronised bool
	Err          error // why it is not known whether it is synchronised
}

type configFacts struct {
	Path  string
	Given bool
	Shut  bool            // its mode lets nobody read it
	C     *configs.Config // nil when it cannot be used
	Err   error
	// As is the user that packages make for the daemon; nil where the machine has none, or
	// another configuration than the installed one is looked at.
	As *Who
}

type profileFacts struct {
	Files    []profileFile
	DocTypes []string // of all profiles, each once
	Err      error
}

type profileFile struct {
	File string
	Name string
	Err  error
}

type keyFacts struct {
	Err      error
	Subject  string
	NotAfter time.Time
	Path     string
	Mode     fs.FileMode // of the key's file, 0 when it is none
	Shut     bool        // it lets nobody read it
}

type daemonFacts struct {
	Socket    string
	Given     bool // somebody named the socket
	DialErr   error
	AskErr    error
	Status    *api.Status
	Health    *api.Health
	Trust     *api.Trust
	Processes []process // of the name kazashid
	As        *Who      // whom it runs as
}

type socketFacts struct {
	Path string
	Err  error
	Mode fs.FileMode
	UID  int
	GID  int
	Bar  *folder // the first directory of the path that the user may not pass
}

// A folder is a directory with its permissions.
type folder struct {
	Path     string
	Mode     fs.FileMode
	UID, GID int
}

type serviceFacts struct {
	Supported bool
	Seen      []reader.State
	Err       error
	SocketErr error
	Installed bool
	Processes []process // of the name pcscd
}

type holderFacts struct {
	Users  []process // that have libpcsclite loaded
	Hidden int       // processes that could not be looked into
}

// specimen tells that the daemon runs in specimen mode.
func (f *Facts) specimen() bool { return f.Daemon.Status != nil && f.Daemon.Status.Specimen }

// sandbox tells that the daemon has readers and phones made of software.
func (f *Facts) sandbox() bool {
	return f.specimen() && slices.ContainsFunc(f.Daemon.Status.Readers, func(r api.Reader) bool { return daemon.InProcess(r.Name) })
}

// active tells that a presentation is under way.
func (f *Facts) active() bool { return f.Daemon.Status != nil && len(f.Daemon.Status.Active) > 0 }
