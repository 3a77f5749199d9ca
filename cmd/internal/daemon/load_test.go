package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"kazashi/transport/api"
	"kazashi/transport/ledger"
)

const (
	loadReaders = 4
	loadClients = 8
	loadShort   = 400
)

// A load is clients that arm, wait, claim and ack on the readers of one sandbox,
// and die on the way.
type load struct {
	rig     *rig
	readers []string
	left    atomic.Int64 // presentations still to be armed
	armed   atomic.Int64
	claims  atomic.Int64
	killed  atomic.Int64
	acks    atomic.Int64

	mu       sync.Mutex
	claimant map[string]string // by presentation: the claim id that got attributes
	twice    []string
}

// Presentations by eight processes at once, killed at random: everyone ends in
// exactly one terminal state, none is claimed under two names, and nothing grows.
// KAZASHI_LOAD is how many, such as 10000; without it, the short form.
func TestLoad(t *testing.T) {
	total := loadShort
	if text := os.Getenv("KAZASHI_LOAD"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil || total < loadShort {
			t.Fatalf("KAZASHI_LOAD is no number from %d on: %q", loadShort, text)
		}
	} else if testing.Short() {
		t.Skipf("%d presentations are for the long run of tests", loadShort)
	}
	path := filepath.Join(t.TempDir(), "ledger")
	l := &load{claimant: map[string]string{}}
	l.rig = startWith(t, Options{Readers: loadReaders, Scenarios: []string{"honest", "honest", "tampered-element", "honest", "pulled-away"}}, func(d *daemon) {
		d.config.Ledger.Path = path
		d.log = zap.NewNop() // that of the rig stays in memory
		d.quick(200 * time.Millisecond)
	})
	for n := range loadReaders {
		l.readers = append(l.readers, sandboxName(n))
	}
	ends := l.watch(t)

	// The first tenth fills what is bounded: ended presentations, events, ledger.
	l.run(t, total/10)
	before, began := measure(t), time.Now()
	l.run(t, total-total/10)
	took := time.Since(began)
	l.rig.settle()
	after := measure(t)

	count := ends()
	if err := l.check(total, count, path); err != nil {
		t.Error(err)
	}
	if after.goroutines > before.goroutines+10 || after.files > before.files+loadClients {
		t.Errorf("goroutines %d, before %d; files %d, before %d", after.goroutines, before.goroutines, after.files, before.files)
	}
	const perEnded = 4 << 10 // bytes that an ended presentation may take while it stays readable
	kept := uint64(min(total, 4096)) * perEnded
	if after.heap > before.heap+kept+(4<<20) {
		t.Errorf("%d bytes of heap, %d before", after.heap, before.heap)
	}
	t.Logf("%d presentations by %d clients on %d readers, %d killed, %.0f/s; ends %v; %d claims, %d acks; heap %.1f -> %.1f MB, goroutines %d -> %d",
		l.armed.Load(), loadClients, loadReaders, l.killed.Load(), float64(total-total/10)/took.Seconds(), count.states,
		l.claims.Load(), l.acks.Load(), mega(before.heap), mega(after.heap), before.goroutines, after.goroutines)
}

func mega(n uint64) float64 { return float64(n) / (1 << 20) }

// An ending is how presentations ended, as the events told.
type ending struct {
	states map[api.State]int
	twice  int // that ended in another state after they had ended
	late   int // acks that came after the lease; they leave the state as it is
	gap    bool
	ids    map[string]api.State
}

// watch follows all events. What it returns stops it.
func (l *load) watch(t *testing.T) (stop func() ending) {
	ctx, cancel := context.WithCancel(t.Context())
	e := ending{states: map[api.State]int{}, ids: map[string]api.State{}}
	done := make(chan struct{})
	feed := l.rig.daemon.vault.Feed()
	go func() {
		defer close(done)
		follow(ctx, feed, feed.Last(), func(event api.Event) {
			switch p := event.Presentation; {
			case event.Type == api.EventGap:
				e.gap = true
			case p == nil:
			case e.ids[p.ID] != "" && e.ids[p.ID] != p.State:
				e.twice++
			case e.ids[p.ID] != "":
				e.late++
			case p.State.Ended():
				e.ids[p.ID] = p.State
				e.states[p.State]++
			}
		})
	}()
	return func() ending {
		cancel()
		<-done
		return e
	}
}

// run has clients arm n presentations.
func (l *load) run(t *testing.T, n int) {
	t.Helper()
	l.left.Store(int64(n))
	var clients sync.WaitGroup
	for number := range loadClients {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(uint64(number), uint64(n)))
			for l.left.Load() > 0 {
				if err := l.life(t.Context(), random); err != nil {
					t.Errorf("client %d: %v", number, err)
					return
				}
			}
		})
	}
	clients.Wait()
}

// life is one client until it is killed, or has served some presentations. It is a
// process of its own, and SIGKILL is what ends it in the middle of whatever it does.
func (l *load) life(ctx context.Context, random *rand.Rand) error {
	cmd := loadClient(ctx, l.rig.socket, random.Uint64(), l.readers)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	told, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines, dies, killed := bufio.NewScanner(told), random.IntN(3) > 0, false
	for lines.Scan() {
		var said loadEvent
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			return fmt.Errorf("a client said %q", lines.Text())
		}
		l.hear(said)
		// It dies while it serves, not while it starts: its clock runs from its first word.
		if dies && !killed {
			killed = true
			l.killed.Add(1)
			death := time.AfterFunc(time.Duration(random.IntN(100_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
			defer death.Stop()
		}
		if l.left.Load() <= 0 && !killed {
			killed = true
			_ = cmd.Process.Kill()
		}
	}
	if err := cmd.Wait(); err != nil && !killed {
		return fmt.Errorf("%w: %s", err, complaint.String())
	}
	return nil
}

// hear notes what a client did.
func (l *load) hear(e loadEvent) {
	switch {
	case e.Armed != "":
		l.armed.Add(1)
		l.left.Add(-1)
	case e.Acked != "":
		l.acks.Add(1)
	case e.Claimed != "":
		l.claims.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if other, ok := l.claimant[e.Claimed]; !e.Ours || ok && other != e.Hand {
			l.twice = append(l.twice, e.Claimed)
		}
		l.claimant[e.Claimed] = e.Hand
	}
}

// settle waits until everything has ended: the last leases run out.
func (r *rig) settle() {
	feed := r.daemon.vault.Feed()
	for {
		last := feed.Last()
		if len(r.daemon.vault.Active()) == 0 {
			return
		}
		if _, err := feed.Read(r.t.Context(), last, 1); err != nil {
			r.t.Fatal(err)
		}
	}
}

// check holds what the clients saw against the events and the ledger.
func (l *load) check(total int, e ending, path string) error {
	ended := 0
	for _, n := range e.states {
		ended += n
	}
	switch {
	case e.gap:
		return fmt.Errorf("the test itself missed events")
	case e.twice > 0:
		return fmt.Errorf("%d presentations ended in two states", e.twice)
	case ended < int(l.armed.Load()) || ended < total: // more: killed before it could tell
		return fmt.Errorf("%d ended, %d were armed", ended, l.armed.Load())
	case len(l.twice) > 0:
		return fmt.Errorf("claimed twice: %v", l.twice)
	case e.states[api.StateAcked]+e.late < int(l.acks.Load()):
		return fmt.Errorf("%d acked and %d late, the clients know of %d", e.states[api.StateAcked], e.late, l.acks.Load())
	}
	for id := range l.claimant {
		if e.ids[id] == "" {
			return fmt.Errorf("%s was claimed and never ended", id)
		}
	}
	for _, s := range []api.State{api.StateAcked, api.StateRejected, api.StateLost, api.StateExpired, api.StateCancelled} {
		if e.states[s] == 0 {
			return fmt.Errorf("no presentation ended as %s: the load is too tame", s)
		}
	}
	l.rig.close()
	book, entries := ledger.Open(path, nil)
	for _, entry := range entries {
		if !entry.State.Ended() {
			return fmt.Errorf("the ledger has %s as %s", entry.ID, entry.State)
		}
	}
	if len(entries) != min(ended, ledger.Keep) || book.Err() != nil {
		return fmt.Errorf("the ledger remembers %d, %w", len(entries), book.Err())
	}
	return book.Close()
}
