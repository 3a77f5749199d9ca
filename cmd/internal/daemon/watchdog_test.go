package daemon

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
	"kazashi/transport/api"
)

// A systemd is the other end of the notify socket.
type systemd struct {
	t    *testing.T
	conn *net.UnixConn
}

// patience is how long this systemd waits for a sign of life.
const patience = 400 * time.Millisecond

// underSystemd has daemons of this process tell a systemd that the test plays.
func underSystemd(t *testing.T) *systemd {
	t.Helper()
	path := filepath.Join(filepath.Dir(sandbox(t).Socket.Path), "n")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt(patience.Microseconds(), 10))
	return &systemd{t, conn}
}

// fed waits for the next sign of life, for no longer than given, and says whether it
// came.
func (s *systemd) fed(within time.Duration) bool {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		s.t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	for {
		n, err := s.conn.Read(buffer)
		if err != nil {
			return false
		}
		if string(buffer[:n]) == "WATCHDOG=1" {
			return true
		}
	}
}

// A snag holds up the goroutine of one part at its next turn.
type snag struct {
	part atomic.Pointer[string]
	free chan struct{}
	once sync.Once
}

func newSnag() *snag { return &snag{free: make(chan struct{})} }

func (s *snag) at(part string) {
	if name := s.part.Load(); name != nil && *name == part {
		<-s.free
	}
}

func (s *snag) set(part string) { s.part.Store(&part) }
func (s *snag) release()        { s.once.Do(func() { close(s.free) }) }

// stirs makes every part of a daemon turn: what each of them waits for comes.
var stirs = map[string]func(r *rig){
	"readers":                         func(r *rig) { r.daemon.customers[sandboxReader].tray.Insert(named{name: "x"}) },
	"events":                          func(r *rig) { r.daemon.vault.Feed().Publish(api.Event{Type: api.EventGap}) },
	"health":                          func(r *rig) { r.daemon.nudgeHealth() },
	"terminal " + sandboxReader:       func(r *rig) { r.daemon.readers.nudge("") },
	"specimen phone " + sandboxReader: func(r *rig) { r.daemon.vault.Feed().Publish(api.Event{Type: api.EventGap}) },
	"socket":                          func(r *rig) { r.knock() },
	"metrics":                         func(*rig) {}, // turns by itself, see allParts
	"reload":                          nil,           // see TestF53_RareTurnsAreMarked
	"lists":                           nil,           // the same: turns every minute
	"watchdog":                        nil,           // its own silence is what systemd notices
	"end":                             nil,           // bounded by stopWithin
}

// allParts has a daemon run the parts that are for some configurations only.
func allParts(t *testing.T) func(*daemon) {
	path := filepath.Join(t.TempDir(), "kazashi.prom")
	return func(d *daemon) {
		d.textfile = newTextfile(d.metrics, configs.Textfile{Path: path, Interval: patience / 20}, func() {})
	}
}

// knock connects, and says nothing.
func (r *rig) knock() {
	r.t.Helper()
	c, err := (&net.Dialer{}).DialContext(r.t.Context(), "unix", r.socket)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = c.Close()
}

func TestF53_AHangingPartStopsTheFeed(t *testing.T) {
	for part, stir := range stirs {
		if stir == nil {
			continue
		}
		t.Run(part, func(t *testing.T) {
			systemd, snag := underSystemd(t), newSnag()
			r := start(t, []string{"locked-phone"}, func(d *daemon) {
				allParts(t)(d)
				d.parts.failpoint = snag.at
			})
			t.Cleanup(snag.release) // before the daemon is stopped
			for range 4 {
				if !systemd.fed(10 * time.Second) {
					t.Fatal("a daemon that is well does not say so")
				}
			}
			snag.set(part)
			stir(r)
			for systemd.fed(3 * patience) {
			}
			hung := r.lines("part hangs")
			if len(hung) == 0 || hung[0]["part"] != part || hung[0]["code"] != string(fault.PartHangs) {
				t.Fatalf("the log says %v", hung)
			}
			if where := marshal(t, hung[0]["stack"]); !strings.Contains(where, "snag).at") {
				t.Errorf("it does not say where: %s", where)
			}
			snag.release()
			if !systemd.fed(10 * time.Second) {
				t.Error("nothing hangs any more, and systemd is not told")
			}
			if len(r.lines("nothing hangs any more")) != 1 {
				t.Error("the log does not say that it is over")
			}
		})
	}
}

// lines returns the lines of the log with a message.
func (r *rig) lines(message string) []map[string]any {
	r.t.Helper()
	var found []map[string]any
	for line := range strings.Lines(r.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			r.t.Fatal(err)
		}
		if entry["message"] == message {
			found = append(found, entry)
		}
	}
	return found
}

// The list of parts is complete, so that a new one has its test too.
func TestF53_EveryPartIsWatched(t *testing.T) {
	r := startWith(t, Options{Reload: func() (*configs.Config, error) { return nil, nil }}, allParts(t))
	var want []string
	for part := range stirs {
		want = append(want, part)
	}
	slices.Sort(want)
	if got := r.daemon.parts.names(); !slices.Equal(got, want) {
		t.Errorf("parts %q, tested %q", got, want)
	}
}

// A part that waits is alive however long that takes; one in a turn is not; a tap may
// take as long as its presentation, and not longer.
func TestF53_WhatCountsAsHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ps := &parts{log: zap.NewNop()}
		p := ps.patient(0)
		p.name = "one"
		ps.add(p)
		const patience = 10 * time.Second
		after := func(d time.Duration, want bool) {
			t.Helper()
			<-time.After(d)
			synctest.Wait()
			if got := len(ps.hanging(time.Now(), patience)) > 0; got != want {
				t.Errorf("%s later it hangs: %v", d, got)
			}
		}
		p.waits()
		after(24*time.Hour, false)
		p.works()
		after(9*time.Second, false)
		after(2*time.Second, true)

		ctx, cancel := context.WithCancel(t.Context())
		over := p.worksUntil(ctx)
		after(5*time.Minute, false)
		cancel()
		after(9*time.Second, false)
		after(2*time.Second, true)
		over()
		after(0, false)
		p.waits()
		after(time.Hour, false)

		// The end of a presentation that comes late does not touch what came after.
		ctx, cancel = context.WithCancel(t.Context())
		p.worksUntil(ctx)()
		p.waits()
		cancel()
		after(time.Hour, false)

		slow := ps.patient(time.Minute)
		slow.name = "slow"
		ps.add(slow)
		slow.works()
		after(59*time.Second, false)
		after(2*time.Second, true)
	})
}

// Of the parts that no caller can stir at once.
func TestF53_RareTurnsAreMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangup := make(chan os.Signal)
		d := &daemon{log: zap.NewNop(), recheck: make(chan struct{}, 1)}
		d.options = Options{Hangup: hangup, Reload: func() (*configs.Config, error) {
			return nil, fault.New(fault.ConfigInvalid, "refused")
		}}
		turns := make(chan string, 8)
		d.parts.failpoint = func(part string) { turns <- part }
		d.rules.Store(&rules{})
		d.anchors.Store(newAnchors(trust.Load(trust.Sources{}, nil, time.Now()), configs.Trust{}, nil, false, ""))
		ctx, cancel := context.WithCancel(t.Context())
		group := new(errgroup.Group)
		group.Go(func() error { d.watchLists(ctx, &part{name: "lists", parts: &d.parts}); return nil })
		group.Go(func() error { d.reloads(ctx, &part{name: "reload", parts: &d.parts}); return nil })
		synctest.Wait()
		hangup <- os.Interrupt
		if got := <-turns; got != "reload" {
			t.Errorf("turn of %s", got)
		}
		if got := <-turns; got != "lists" {
			t.Errorf("turn of %s", got)
		}
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// A reader service that stops answering costs one restart; a process that it never
// answered costs none, however long that lasts.
func TestF09_HungReaderServiceCostsOneRestart(t *testing.T) {
	now, turns := time.Now(), uint64(0)
	s := serviceWatch{turns: func() uint64 { return turns }}
	hangs := func(after time.Duration, want bool) {
		t.Helper()
		for end := now.Add(after); now.Before(end); {
			now = now.Add(time.Second)
			s.hangs(now)
		}
		if got := s.hangs(now); got != want {
			t.Errorf("with %d answers, %s after the last look it hangs: %v", turns, after, got)
		}
	}
	hangs(time.Hour, false) // the process after the restart
	turns = 1
	hangs(readerPatience, false)
	turns = 2
	hangs(readerPatience, false)
	hangs(2*time.Second, true)
	turns = 3 // it came back before systemd had enough
	hangs(time.Second, false)
	if (&serviceWatch{}).hangs(now) {
		t.Error("a system without a service hangs")
	}
}

// The restart for a hung reader service waits until a verified result is handed over.
func TestF09_RestartWaitsForTheClaim(t *testing.T) {
	r := start(t, nil, nil)
	w := &watchdog{d: r.daemon, patience: time.Hour, service: serviceWatch{turns: func() uint64 { return 1 }}}
	look := func(want bool) {
		t.Helper()
		now := time.Now()
		w.service.seen, w.service.at = 1, now.Add(-readerPatience-time.Second)
		if got := w.look(now); got != want {
			t.Errorf("alive: %v", got)
		}
	}
	look(false)
	p, _ := r.outcome(r.arm("address"))
	look(true)
	if _, err := r.client.Claim(t.Context(), p.ID, "c"); err != nil {
		t.Fatal(err)
	}
	look(true)
	if _, err := r.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
		t.Fatal(err)
	}
	look(false)
}
