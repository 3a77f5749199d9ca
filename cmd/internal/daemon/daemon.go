// Package daemon is the one place where everything is wired: readers, sessions,
// the vault, the socket and the log.
//
// One run is a group of goroutines: one watches the readers, one for each reader
// taps, one follows what is armed, one looks after health, one serves the socket.
// The first that fails ends all. The end has an order: nothing is armed any more,
// taps are broken off, attributes are wiped, then the socket closes; it takes at
// most five seconds.
package daemon

import (
	"crypto/elliptic"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"kazashi/cmd/internal/message"
	"kazashi/cmd/internal/metrics"
	"kazashi/cmd/internal/ring"
	"kazashi/configs"
	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/reader/pcsc"
	"kazashi/session/engagement"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/key"
	"kazashi/session/specimen"
	"kazashi/session/verify"
	"kazashi/transport/api"
	"kazashi/transport/ledger"
	"kazashi/transport/server"
	"kazashi/transport/vault"
)

// Options are what the command line says beside the configuration.
type Options struct {
	// Specimen accepts invented documents, and gives every role to the user who
	// started the daemon and to nobody else. With the loopback backend a specimen
	// phone taps whenever a presentation is armed.
	Specimen bool
	// SpecimenPKI is a directory that specimen.PKI.Write wrote, for phones that
	// another process plays; Run writes it when it is missing or empty. "" makes fresh
	// authorities that are stored nowhere.
	SpecimenPKI string
	// Scenarios are what the specimen phone does, one for each presentation in
	// turn; none is honest.
	Scenarios []string
	// Readers is how many in-process readers there are, each with a phone of its own
	// that goes through the scenarios; 0 is one.
	Readers int
	// Log takes what is logged; nil takes nothing.
	Log *zap.Logger
	// Exposed, when set, says how the memory could get out of the process, in spite of
	// what was done against it.
	Exposed error
	// Sink, when set, is what Log writes to: health tells when it drops lines.
	Sink *Sink
	// Reload, when set, reads the configuration anew, each time that Hangup sends.
	Reload func() (*configs.Config, error)
	Hangup <-chan os.Signal
	// Started, when set, is called once the socket is served.
	Started func()
}

// skew is by how much a document's validity may miss the clock.
const skew = time.Minute

// A daemon is one run.
type daemon struct {
	config  configs.Config
	given   configs.Config // before specimen mode changed it
	options Options
	log     *zap.Logger
	started time.Time
	// now is the wall clock, by which validity is judged. It may be stepped at any time;
	// whatever waits does so on the monotonic clock.
	now func() time.Time

	rules   atomic.Pointer[rules]
	anchors atomic.Pointer[anchors]
	refused atomic.Pointer[api.HealthItem] // why the newest reload was, nil when it was not
	pki     *specimen.PKI                  // nil outside of specimen mode
	seen    engagement.Memory              // phones that use their ephemeral key again

	system    reader.System
	readers   *readers
	vault     *vault.Vault
	ledger    *ledger.Ledger // nil for none
	server    *server.Server
	parts     parts
	health    *health
	recheck   chan struct{} // of one slot: health may have changed
	counts    counts
	metrics   *metrics.Metrics
	textfile  textfile
	trace     *trace
	logged    *ring.Ring[api.LogEntry]
	customers map[string]*customer // by reader: who holds a specimen phone over it
}

// assemble makes a daemon that does not run yet: everything is read and checked, and
// nothing outside of the process is touched. Its error joins what is wrong; unless it is
// nil, the daemon is for looking on only, to find more.
func assemble(c configs.Config, o Options) (*daemon, error) {
	d := &daemon{config: c, given: c, options: o, log: o.Log, now: time.Now, started: time.Now().UTC().Round(0), recheck: make(chan struct{}, 1)}
	if d.log == nil {
		d.log = zap.NewNop()
	}
	var err error
	if d.pki, err = specimenPKI(o); err != nil {
		return nil, err
	}
	r, wrong := d.read(c)
	d.rules.Store(r)
	d.anchors.Store(d.readAnchors(c))
	if o.Specimen {
		d.config.Socket.Mode, d.config.Socket.Group = configs.Mode(server.ModePrivate), ""
		if c.Ledger == configs.Default().Ledger {
			d.config.Ledger.Path = "" // a kiosk's own place
		}
	}
	d.metrics = metrics.New(source{d})
	d.log, d.logged = keepLog(d.log, d.metrics, o.Specimen)
	d.parts.log = d.log
	d.trace = newTrace(d.log)
	d.counts.metrics = d.metrics
	d.textfile = newTextfile(d.metrics, c.Metrics.Textfile, d.nudgeHealth)
	d.vault = vault.New(vault.Options{
		Ended:    d.metrics.Presentation,
		Hopeless: func(code fault.Code) bool { return message.Lookup(code).Retry == message.Never },
		ReadyFor: c.Presentation.Ready, Lease: c.Presentation.Lease,
		DefaultTimeout: c.Presentation.DefaultTimeout, MaxTimeout: c.Presentation.MaxTimeout,
		Specimen: o.Specimen,
	})
	d.health = &health{find: d.findings}
	return d, errors.Join(wrong, d.chooseReader())
}

// chooseReader makes the system of readers that the configuration asks for.
func (d *daemon) chooseReader() error {
	pki := d.pki
	if d.config.Reader.Backend == configs.BackendPCSC {
		if d.options.Scenarios != nil || d.options.Readers > 1 {
			return fault.New(fault.Usage, "scenarios and several readers are for the specimen phones of the loopback backend")
		}
		if !pcsc.Supported {
			return fault.New(fault.ReaderUnsupported, "reader.backend: %s needs a kazashid that was built with cgo and libpcsclite", configs.BackendPCSC)
		}
		d.system = pcsc.New(pcsc.Options{Include: d.config.Reader.Include, Serial: d.config.Reader.Serial, Limits: limitsOf(d.config.Reader)})
		return nil
	}
	if pki == nil {
		return fault.New(fault.ConfigInvalid, "reader.backend: %s is for specimen mode only", configs.BackendLoopback)
	}
	names := d.options.Scenarios
	if len(names) == 0 {
		names = []string{string(holder.Honest)}
	}
	for _, name := range names {
		if _, err := holder.ParseScenario(name); err != nil {
			return fault.New(fault.Usage, "no scenario %q: kazashid --list-scenarios lists them", name)
		}
	}
	if d.options.Readers < 0 || d.options.Readers > maxReaders {
		return fault.New(fault.Usage, "%d readers are not between 1 and %d", d.options.Readers, maxReaders)
	}
	var all trays
	d.customers = map[string]*customer{}
	for n := range max(1, d.options.Readers) {
		tray := loopback.New(sandboxName(n))
		all = append(all, tray)
		d.customers[tray.Name()] = &customer{
			tray: tray, vault: d.vault, scenarios: names,
			phone: func(scenario string) (reader.Responder, error) {
				return holder.New(holder.Options{Scenario: holder.Scenario(scenario), PKI: pki, At: time.Now()})
			},
		}
	}
	d.system = all
	return nil
}

// specimenPKI returns the authorities of specimen mode, nil outside of it.
func specimenPKI(o Options) (*specimen.PKI, error) {
	if !o.Specimen {
		return nil, nil
	}
	if o.SpecimenPKI == "" {
		pki, err := specimen.NewPKI(elliptic.P256(), time.Now())
		return pki, fault.Wrap(fault.Internal, err, "making specimen authorities")
	}
	pki, err := specimen.ReadPKI(o.SpecimenPKI)
	if errors.Is(err, fs.ErrNotExist) && vacant(o.SpecimenPKI) {
		// A check, which writes nothing: Run would make them.
		pki, err = specimen.NewPKI(elliptic.P256(), time.Now())
	}
	return pki, fault.Wrap(fault.InputUnreadable, err, "reading specimen authorities")
}

// vacant reports whether a directory is missing or empty.
func vacant(dir string) bool {
	files, err := os.ReadDir(dir)
	return errors.Is(err, fs.ErrNotExist) || err == nil && len(files) == 0
}

// obtainPKI makes the specimen authorities in their directory if there are none yet.
// The phones' program may do so at the same moment.
func obtainPKI(o Options) error {
	if !o.Specimen || o.SpecimenPKI == "" {
		return nil
	}
	_, _, err := specimen.Obtain(o.SpecimenPKI, time.Now())
	return fault.Wrap(fault.InputUnreadable, err, "specimen authorities")
}

// readerKey returns the key that signs requests: the configured one, else the
// specimen one, else none.
func readerKey(c configs.ReaderKey, pki *specimen.PKI) (*key.Reader, error) {
	switch {
	case c.Key != "":
		return key.Load(c.Key, c.Certificate)
	case pki != nil:
		return key.New(pki.Reader.Key, pki.Reader.Certificate)
	}
	return nil, nil
}

// limitsOf returns how large an APDU the configuration lets readers carry.
func limitsOf(c configs.Reader) reader.Limits {
	l := reader.ShortLimits
	if c.ExtendedLength {
		l = reader.ExtendedLimits
	}
	if c.MaxCommandData > 0 {
		l.CommandData = min(l.CommandData, c.MaxCommandData)
	}
	if c.MaxResponseData > 0 {
		l.ResponseData = min(l.ResponseData, c.MaxResponseData)
	}
	return l
}

// verifier returns what judges one tap, resting on the anchors of this moment.
func (d *daemon) verifier(undetermined verify.Policy) *verify.Verifier {
	return &verify.Verifier{Trust: d.anchors.Load().store, Now: d.now, Skew: skew, Undetermined: undetermined}
}

// checkClock holds the clock against the age of the program and against its last
// synchronisation. Specimen authorities
// are made by the clock itself, whatever it says.
func (d *daemon) checkClock() error {
	if d.options.Specimen {
		return nil
	}
	now := d.now()
	if err := checkClock(now); err != nil {
		return err
	}
	if r := d.rules.Load(); r != nil {
		return r.clock.check(now)
	}
	return nil
}

// findings are what is wrong with the terminal now.
func (d *daemon) findings() []api.HealthItem {
	now := d.now()
	items := d.readers.findings()
	rules := d.rules.Load()
	items = append(items, d.anchors.Load().findings(rules.profiles, now)...)
	if err := d.checkClock(); err != nil {
		items = append(items, api.HealthItem{Code: fault.CodeOf(err), Severity: api.SeverityError, Detail: details(err)})
	}
	if rules.readerAuth != nil {
		if err := rules.readerAuth.Check(now); err != nil {
			items = append(items, api.HealthItem{Code: fault.CodeOf(err), Severity: api.SeverityError, Detail: details(err)})
		}
	}
	if refused := d.refused.Load(); refused != nil {
		items = append(items, *refused)
	}
	items = append(items, d.textfile.findings()...)
	if !d.options.Specimen {
		items = append(items, rules.clock.findings(now)...)
	}
	if d.options.Exposed != nil {
		items = append(items, api.HealthItem{Code: fault.MemoryUnlocked, Severity: api.SeverityWarning, Detail: d.options.Exposed.Error()})
	}
	items = append(items, d.logFindings()...)
	return blame(append(items, d.ledgerFindings()...))
}

// Scenarios lists what specimen phones can do, one line each.
func Scenarios() []string {
	var lines []string
	for _, s := range holder.Scenarios() {
		lines = append(lines, string(s)+strings.Repeat(" ", max(1, 20-len(s)))+s.Description())
	}
	return lines
}
