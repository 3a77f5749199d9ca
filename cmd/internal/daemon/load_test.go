package daemon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
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

// Presentations by eight clients at once, killed at random: everyone ends in
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

// life is one client until it is killed, or has served some presentations. A
// client that is killed closes its connections in the middle of whatever it does.
func (l *load) life(ctx context.Context, random *rand.Rand) error {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	c, err := client.Dial(l.rig.socket)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if random.IntN(3) > 0 {
		l.killed.Add(1)
		death := time.AfterFunc(time.Duration(random.IntN(30_000))*time.Microsecond, kill)
		defer death.Stop()
	}
	for range 20 {
		err := l.serve(ctx, c, random)
		if ctx.Err() != nil || err != nil {
			return ignoreEnd(ctx, err)
		}
		if l.left.Load() <= 0 {
			return nil
		}
	}
	return nil
}

// serve takes one presentation to its end, unless no reader is free.
func (l *load) serve(ctx context.Context, c *client.Client, random *rand.Rand) error {
	name := l.readers[random.IntN(len(l.readers))]
	job := fmt.Sprint("job-", random.Uint64())
	p, err := c.Arm(ctx, api.ArmRequest{Profile: "residence-certificate", Transaction: job, Reader: name, Bind: true}, job)
	switch {
	case fault.CodeOf(err) == fault.PresentationActive:
		return l.rig.busy(ctx, c, err)
	case err != nil:
		return err
	}
	l.armed.Add(1)
	l.left.Add(-1)
	for p.State == api.StateArmed || p.State == api.StateReading {
		if p, err = c.Wait(ctx, p.ID, p.Version); err != nil {
			return err
		}
	}
	if p.State != api.StateVerified {
		return nil
	}
	// Two hands reach for the result; one of them gets it.
	var hands sync.WaitGroup
	names := []string{"left", "right"}
	got := make([]bool, len(names))
	for i, hand := range names {
		hands.Go(func() {
			claim, err := c.Claim(ctx, p.ID, hand)
			if got[i] = err == nil; got[i] {
				l.took(p.ID, hand, claim.Transaction == job)
			}
		})
	}
	hands.Wait()
	i := slices.Index(got, true)
	if i < 0 {
		if ctx.Err() == nil {
			_ = c.Cancel(ctx, p.ID) // expired under the load: nobody got it
		}
		return nil
	}
	if random.IntN(30) == 0 {
		return nil // forgets to ack: the lease ends it
	}
	if _, err := c.Ack(ctx, p.ID, names[i], api.OutcomeIssued); err == nil {
		l.acks.Add(1)
	} else if code := fault.CodeOf(err); code != fault.ClaimGone {
		return err
	}
	return nil
}

// took notes who got attributes.
func (l *load) took(id, hand string, ours bool) {
	l.claims.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if other, ok := l.claimant[id]; !ours || ok && other != hand {
		l.twice = append(l.twice, id)
	}
	l.claimant[id] = hand
}

// busy waits until the presentation that holds a reader has moved on.
func (r *rig) busy(ctx context.Context, c *client.Client, err error) error {
	problem, ok := err.(*client.Error) //nolint:errorlint // the client returns it bare
	if !ok || problem.Problem.Current == nil {
		return err
	}
	current := problem.Problem.Current
	_, err = c.Wait(ctx, current.ID, current.Version)
	return err
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
	case ended < int(l.armed.Load()) || ended < total:
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
