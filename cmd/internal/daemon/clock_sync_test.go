package daemon

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// unsynced is a clock whose time service synchronises when the test says so.
func unsynced(t *testing.T, limit time.Duration) (s syncWatch, synchronise func(time.Time)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "synchronized")
	s = newSyncWatch(configs.Clock{MaxUnsynced: limit, Synchronized: []string{filepath.Join(t.TempDir(), "none", "x"), file}})
	return s, func(at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestF31_ClockThatRunsFreeForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		s, synchronise := unsynced(t, 7*day)
		booted := time.Now()
		s.uptime = func() time.Duration { return time.Since(booted) }
		expect := func(trusted, warned bool) {
			t.Helper()
			if err := s.check(time.Now()); (err == nil) != trusted || err != nil && fault.CodeOf(err) != fault.ClockUntrusted {
				t.Errorf("%s after the start: %v", time.Since(booted), err)
			}
			items := s.findings(time.Now())
			if (len(items) > 0) != warned || warned && (items[0].Code != fault.ClockFree || items[0].Severity != api.SeverityWarning) {
				t.Errorf("%s after the start: %v", time.Since(booted), items)
			}
		}
		expect(true, false)
		<-time.After(4 * day)
		expect(true, true) // never synchronised since the machine started
		<-time.After(3*day + time.Minute)
		expect(false, false)
		synchronise(time.Now())
		expect(true, false)
		<-time.After(7*day + time.Minute)
		expect(false, false)

		// Somebody sets the clock back: it is behind what it was when it was right.
		synchronise(time.Now().Add(time.Hour))
		expect(false, false)
		synchronise(time.Now().Add(time.Second))
		expect(true, false)

		// A limit of 0 asks for nothing.
		<-time.After(100 * day)
		expect(false, false)
		s.max = 0
		expect(true, false)
	})
}

// Where no time service leaves a word, the terminal goes on and says so.
func TestF31_NobodySaysWhetherTheClockIsRight(t *testing.T) {
	s := newSyncWatch(configs.Clock{MaxUnsynced: time.Hour, Synchronized: []string{"/nonexistent/folder/file"}})
	if err := s.check(time.Now()); err != nil {
		t.Error(err)
	}
	if items := s.findings(time.Now()); len(items) != 1 || items[0].Code != fault.ClockFree {
		t.Errorf("health says %v", items)
	}
	s.stat = func(string) (fs.FileInfo, error) { return nil, fs.ErrPermission }
	if items := s.findings(time.Now()); len(items) != 1 || s.check(time.Now()) != nil {
		t.Errorf("of a folder that is closed to the daemon: %v", items)
	}
}

// The tap is refused before the phone is asked anything, and the socket says why.
func TestF31_TapByAClockThatRunsFree(t *testing.T) {
	s, synchronise := unsynced(t, time.Hour)
	synchronise(time.Now().Add(-2 * time.Hour))
	r := start(t, nil, func(d *daemon) {
		d.options.Specimen = false
		d.rules.Load().clock = s
	})
	status, err := r.client.Status(t.Context())
	if err != nil || status.Clock.Trusted {
		t.Errorf("the status says %+v, %v", status.Clock, err)
	}
	if p, code := r.outcome(r.arm("address")); p.State != api.StateRejected || code != fault.ClockUntrusted {
		t.Errorf("%s %s", p.State, code)
	}
	synchronise(time.Now())
	if status, err = r.client.Status(t.Context()); err != nil || !status.Clock.Trusted {
		t.Errorf("synchronised, the status says %+v, %v", status.Clock, err)
	}
}
