package cli

import (
	"bufio"
	"context"
	"crypto/elliptic"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kazashi/cmd/internal/doctor"
	"kazashi/reader"
	"kazashi/reader/pcsctest"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/specimen"
)

// A seeded fault is one cause of "this card cannot be used", and the code that has to
// be named first.
type seededFault struct {
	name string
	want fault.Code
	// before breaks something before the daemon starts, after while it runs.
	before, after func(k *kiosk)
	// ask examines the kiosk; nil is doctor, as the user of the test.
	ask func(k *kiosk) fault.Code
}

// within is how long doctor may take, with a margin for a machine that is busy.
const within = 2 * time.Second

var seededFaults = []seededFault{
	{name: "pcscd is stopped", want: fault.ReaderServiceHung, after: func(k *kiosk) {
		k.service.Suspend()
		k.Cleanup(k.service.Resume)
	}},
	{name: "pcscd does not run", want: fault.ReaderServiceDown, after: func(k *kiosk) { k.service.Stop() }},
	{name: "pcscd denies", want: fault.ReaderServiceDenied, after: deny},
	{name: "no reader", want: fault.ReaderNotFound, after: func(k *kiosk) {
		k.service.Stop()
		k.service.Unplug()
		k.check(os.RemoveAll(k.path(usbDevice)))
		k.service.Start()
	}},
	{name: "another process holds the reader", want: fault.ReaderBusy, after: holdReader},
	{name: "the reader has another name", want: fault.ReaderNameMismatch, before: func(k *kiosk) {
		k.config["reader"] = `{include: "RC-S300"}`
	}},
	{name: "the reader carries short APDUs only", want: fault.ReaderShortAPDU, before: func(k *kiosk) {
		k.config["reader"] = `{include: "Virtual PCD 00 00", extended_length: true}`
		k.plug(shortAPDUs)
	}},
	{name: "the daemon is down", want: fault.SocketUnavailable, after: func(k *kiosk) { k.kill() }},
	{name: "the socket keeps this user out", want: fault.Forbidden, ask: func(k *kiosk) fault.Code {
		return k.doctorAs(strangerUser).First
	}},
	{name: "no anchor", want: fault.NoAnchor, before: func(k *kiosk) { k.config["trust"] = `{dir: ""}` }},
	{name: "the anchor has expired", want: fault.CertificateExpired, before: func(k *kiosk) {
		k.issuer(k.now.AddDate(-3, 0, 0), k.now.AddDate(0, 0, -1))
		k.check(os.Remove(k.path("lists/crl/kiosk.crl")))
	}},
	{name: "the CRL is stale", want: fault.TrustStale, before: func(k *kiosk) { k.crl(k.now.AddDate(0, 0, -1)) }},
	{name: "the reader certificate has expired", want: fault.ReaderCertificateExpired, before: func(k *kiosk) {
		old, err := specimen.NewPKI(elliptic.P256(), k.now.AddDate(-5, 0, 0))
		k.check(err)
		k.readerKey(old)
	}},
	{name: "the key cannot be read", want: fault.ReaderKeyUnreadable, before: func(k *kiosk) {
		k.check(os.Chmod(k.path("reader.key.pem"), 0))
	}, ask: func(k *kiosk) fault.Code {
		if os.Getuid() != 0 {
			return k.doctor().First
		}
		return k.doctorAs(kioskUser).First
	}},
	{name: "the clock says 1970", want: fault.ClockUntrusted, after: func(k *kiosk) { k.now = time.Unix(3600, 0) }},
	{name: "the configuration has an unknown key", want: fault.ConfigInvalid, before: func(k *kiosk) {
		k.config["reader"] = `{include: "Virtual PCD 00 00", extendedlength: true}`
	}},
	{name: "a profile asks for the individual number", want: fault.ElementForbidden, before: func(k *kiosk) {
		k.config["profiles"] = `{dir: ` + k.path("profiles") + `}`
		k.write("profiles/bad.yaml", []byte(`name: bad
title: {ja: だめ, en: bad}
doc_type: org.iso.23220.1.jp.mnc
elements:
  - namespace: org.iso.23220.1.jp
    element: individual_number_unicode
    label: {ja: 番号, en: number}
`))
	}},
	{name: "the ledger cannot be written", want: fault.LedgerDegraded, before: func(k *kiosk) {
		k.check(os.Chmod(k.path("state"), 0o555))
	}},
	{name: "the phone is locked", want: fault.PhoneLocked, before: specimenMode, ask: tapLocked},
	{name: "a card of another kind", want: fault.NotAPhone, before: specimenMode, ask: tapCard},
}

// Whatever is broken, its own code comes first, and within two seconds.
func TestTwentySeededFaultsAreNamedFirst(t *testing.T) {
	if len(seededFaults) != 20 {
		t.Fatalf("%d faults", len(seededFaults))
	}
	for _, tt := range seededFaults {
		t.Run(tt.name, func(t *testing.T) {
			k := newKiosk(t)
			if tt.before != nil {
				tt.before(k)
			}
			k.start()
			if tt.after != nil {
				tt.after(k)
			}
			ask := tt.ask
			if ask == nil {
				ask = func(k *kiosk) fault.Code {
					began := time.Now()
					x := k.doctor()
					if took := time.Since(began); took > within {
						k.Errorf("it took %s", took)
					}
					k.blamesNothingBehind(x)
					return x.First
				}
			}
			if got := ask(k); got != tt.want {
				t.Errorf("the first code is %s (%s), want %s (%s)", got, got.Slug(), tt.want, tt.want.Slug())
			}
		})
	}
}

// A kiosk without a fault has no finding: what the faults above show is theirs.
func TestAKioskThatWorksHasNoFinding(t *testing.T) {
	k := newKiosk(t)
	k.start()
	x := k.doctor()
	for _, c := range x.Checks {
		for _, f := range c.Findings {
			if f.Code != fault.MemoryUnlocked { // the limits of the machine that runs the test
				t.Errorf("%s: %+v", c.ID, f)
			}
		}
		if c.State == doctor.Blocked || c.ID == "daemon-report" && c.State == doctor.Unseen {
			t.Errorf("%s: %s", c.ID, c.State)
		}
	}
	if x.Exit != exitOK && x.First != fault.MemoryUnlocked || len(x.Checks) < 19 {
		t.Errorf("exit %d, %d checks", x.Exit, len(x.Checks))
	}
}

// The daemon and pcscd may both hang: there is an answer all the same, and in time.
func TestDoctorAnswersWhileEverythingHangs(t *testing.T) {
	k := newKiosk(t)
	k.start()
	k.check(k.daemon.Process.Signal(syscall.SIGSTOP))
	k.service.Suspend()
	t.Cleanup(k.service.Resume)
	began := time.Now()
	x := k.doctor()
	if took := time.Since(began); took > within {
		t.Errorf("it took %s", took)
	}
	if x.First != fault.DaemonHung {
		t.Errorf("the first code is %s", x.First)
	}
	for _, c := range x.Checks {
		switch c.ID {
		case "daemon":
			if len(c.Findings) != 1 || !strings.Contains(c.Findings[0].Seen.En, "SIGSTOP") {
				t.Errorf("%s: %+v", c.ID, c.Findings)
			}
		case "reader-service":
			if len(c.Findings) != 1 || c.Findings[0].Code != fault.ReaderServiceHung {
				t.Errorf("%s: %+v", c.ID, c.Findings)
			}
		}
	}
}

// What a stranger may not read is no fault of it: it is said, with the command that
// would see it.
func TestWhatAnotherUserCannotSeeIsSaid(t *testing.T) {
	k := newKiosk(t)
	k.start()
	k.check(os.Chmod(k.path("kazashid.yaml"), 0o600))
	k.check(os.Chmod(k.path("s"), 0o666))                  // lets strangers in, who have no role
	x := k.doctorAs(strangerUser, "--socket", k.path("s")) // the path is in the file
	if x.First != fault.Forbidden {
		t.Errorf("the first code is %s, want that of a user without a role", x.First)
	}
	for _, c := range x.Checks {
		switch c.ID {
		case "configuration", "anchors", "ledger":
			if c.State != doctor.Unseen || c.Hidden == nil || c.Hidden.How != "sudo kazashi doctor" || c.Hidden.What.Ja == "" {
				t.Errorf("%s: %s %+v %+v", c.ID, c.State, c.Hidden, c.Findings)
			}
		}
	}
}

// blamesNothingBehind holds a report to naming the fault once: every other check is
// well, not looked at because of a code that stands before it, or not seen.
func (k *kiosk) blamesNothingBehind(x examination) {
	k.Helper()
	told := map[fault.Code]bool{}
	for _, c := range x.Checks {
		if c.State == doctor.Blocked && !told[c.Because] {
			k.Errorf("%s is not looked at because of %s, which no check before it names", c.ID, c.Because)
		}
		for _, f := range c.Findings {
			if told[f.Code] || len(told) > 0 && !f.Warning {
				k.Errorf("%s blames %s too: %s", c.ID, f.Code, f.Seen.En)
			}
		}
		for _, f := range c.Findings {
			told[f.Code] = true
		}
	}
}

func (k *kiosk) kill() {
	k.Helper()
	k.check(k.daemon.Process.Signal(syscall.SIGKILL))
	<-k.exited
}

// deny is a pcscd whose rules let nobody in: it ends every connection without an answer,
// as pcscd does when polkit says no.
func deny(k *kiosk) {
	k.Helper()
	k.service.Stop()
	const socket = "/run/pcscd/pcscd.comm"
	_ = os.Remove(socket)
	l, err := net.Listen("unix", socket)
	k.check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1)) // polkit takes as long as the caller to say what it wants
			_ = conn.Close()
		}
	}()
	k.Cleanup(func() {
		_ = l.Close()
		<-done
	})
}

// holdReader has another process open the card that lies on the reader.
func holdReader(k *kiosk) {
	k.Helper()
	k.service.Insert(k, strange{})
	self, err := os.Executable()
	k.check(err)
	k.await("a card that can be opened", func() bool {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), holdVariable+"="+pcsctest.Reader(0))
		in, err := cmd.StdinPipe()
		k.check(err)
		out, err := cmd.StdoutPipe()
		k.check(err)
		k.check(cmd.Start())
		end := func() {
			_ = in.Close()
			_ = cmd.Wait()
		}
		if line, _ := bufio.NewReader(out).ReadString('\n'); strings.TrimSpace(line) != "held" {
			end()
			return false
		}
		k.Cleanup(end)
		return true
	})
}

// A strange card knows no command of ours, and says so.
type strange struct{}

func (strange) Respond(context.Context, []byte) ([]byte, error) { return []byte{0x6d, 0x00}, nil }
func (strange) ATR() []byte                                     { return reader.ContactlessATR() }
func (strange) Reset()                                          {}

// specimenMode lets specimen phones be tapped.
func specimenMode(k *kiosk) {
	k.check(k.pki.Write(k.path("pki")))
	if os.Getuid() == 0 {
		files, err := filepath.Glob(k.path("pki/*"))
		k.check(err)
		for _, f := range append(files, k.path("pki")) {
			k.check(os.Chown(f, kioskUser, kioskUser))
		}
	}
	k.flags = []string{"--specimen", "--specimen-pki", k.path("pki")}
}

func tapLocked(k *kiosk) fault.Code {
	phone, err := holder.New(holder.Options{Scenario: holder.LockedPhone, PKI: k.pki, At: k.now})
	k.check(err)
	return k.tap(phone)
}

func tapCard(k *kiosk) fault.Code { return k.tap(strange{}) }

// aCode is a code as a person reads it.
var aCode = regexp.MustCompile(`KZ-\d{3}`)

// tap holds something over the reader and returns the first code that the
// technician's tap names.
func (k *kiosk) tap(held reader.Responder) fault.Code {
	k.Helper()
	k.service.Insert(k, held)
	bin, err := programs()
	k.check(err)
	cmd := exec.Command(filepath.Join(bin, "kazashi"), "tap", "--timeout", "3s", "--socket", k.path("s"))
	if os.Getuid() == 0 { // the sandbox obeys nobody but who started it
		cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: kioskUser, Gid: kioskUser}}
	}
	out, _ := cmd.CombinedOutput()
	return fault.Code(aCode.Find(out))
}
