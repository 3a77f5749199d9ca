package daemon

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kazashi/cmd/internal/metrics"
	"kazashi/reader"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// lostAfter is how long a reader may be away, unplugged or with its service down,
// before a presentation that waits for it ends as lost.
const lostAfter = 15 * time.Second

// A terminal is one reader with what lies on it, and the one goroutine that taps
// there. Events of the reader only change what is known; the goroutine looks at
// the newest state, so that a phone that flickers in and out of the field costs
// one tap and no queue.
//
// Which stay of a phone is tapped for which presentation:
//   - A phone that comes while nothing is armed is left alone and counted. When a
//     presentation is armed while it lies there, it is tapped then.
//   - One stay is tapped at most once for one presentation. After a tap that came to
//     nothing, such as a locked phone's, the phone has to leave the field before the
//     same presentation tries it again; otherwise it would be asked over and over.
//   - A presentation that is armed later may tap a phone that still lies there: its
//     holder sees the request and agrees anew.
type terminal struct {
	name  string
	vault *vault.Vault
	// perform does one tap and ends the attempt.
	perform func(ctx context.Context, t *terminal, a *vault.Attempt)
	counts  *counts
	wake    chan struct{} // of one slot: something changed
	part    *part         // its goroutine's; nil in tests

	mu      sync.Mutex
	desk    desk
	changed func(api.Reader) // told of every change, with mu held
}

// A desk is what is known of a reader.
type desk struct {
	attached bool
	doubtful bool   // another reader is there that nothing tells apart from this one
	moved    bool   // it was away, and has come back under another name
	present  bool   // a phone lies there that answers
	mute     bool   // something lies there that does not
	stay     uint64 // grows with every arrival
	away     error  // why the reader is not attached
	limits   reader.Limits
}

// counts are the taps since the start. Every tap that is over is in exactly one of
// them.
type counts struct {
	metrics  *metrics.Metrics // nil for none
	ignored  atomic.Uint64    // nothing was armed
	verified atomic.Uint64
	failed   atomic.Uint64
	nothing  atomic.Uint64 // nothing was asked, or the presentation ended under the tap
}

// add counts a tap that is over. Took is 0 where nobody measured it.
func (c *counts) add(reader string, result metrics.Result, code fault.Code, took time.Duration) {
	switch result {
	case metrics.Verified:
		c.verified.Add(1)
	case metrics.Failed:
		c.failed.Add(1)
	case metrics.Nothing:
		c.nothing.Add(1)
	case metrics.Ignored:
		c.ignored.Add(1)
	}
	c.metrics.Tap(reader, result, code, took)
}

func (c *counts) shown() *api.TapCounts {
	n := &api.TapCounts{
		Ignored: c.ignored.Load(), Verified: c.verified.Load(), Failed: c.failed.Load(), Nothing: c.nothing.Load(),
	}
	n.Total = n.Ignored + n.Verified + n.Failed + n.Nothing
	return n
}

func newTerminal(name string, v *vault.Vault, c *counts, perform func(context.Context, *terminal, *vault.Attempt), changed func(api.Reader)) *terminal {
	return &terminal{name: name, vault: v, counts: c, perform: perform, changed: changed, wake: make(chan struct{}, 1)}
}

// observe takes in an event of the reader.
func (t *terminal) observe(e reader.Event) {
	t.mu.Lock()
	d, before := &t.desk, t.describe()
	switch e.Kind {
	case reader.Attached:
		d.attached, d.moved, d.away = true, false, nil
	case reader.Detached:
		d.attached, d.present, d.mute, d.away = false, false, false, e.Err
	case reader.Arrived:
		d.present, d.mute = true, false
		d.stay++
	case reader.Mute:
		d.present, d.mute = false, true
		d.stay++
	case reader.Removed:
		d.present, d.mute = false, false
	}
	if now := t.describe(); now != before {
		t.changed(now)
	}
	t.mu.Unlock()
	t.nudge()
}

// learn keeps what an opened card tells of its reader.
func (t *terminal) learn(l reader.Limits) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.desk.limits != l {
		t.desk.limits = l
		t.changed(t.describe())
	}
}

// doubt says whether this reader can be taken for another one. No phone is read
// while it can: its customer might stand at the other one.
func (t *terminal) doubt(doubtful bool) {
	t.mu.Lock()
	if before := t.describe(); t.desk.doubtful != doubtful {
		t.desk.doubtful = doubtful
		if now := t.describe(); now != before {
			t.changed(now)
		}
	}
	t.mu.Unlock()
	t.nudge()
}

// miss says that the service is back. It is no longer the reason why a reader is away;
// the readers that came back with it are told next.
func (t *terminal) miss() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.desk.attached {
		return
	}
	t.desk.away = reader.ErrNoReader
	t.changed(t.describe())
}

// dismiss ends what waits for a reader that has come back under another name.
func (t *terminal) dismiss() {
	t.mu.Lock()
	t.desk.moved = true
	t.mu.Unlock()
	t.nudge()
}

// nudge makes the goroutine look again.
func (t *terminal) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *terminal) look() desk {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.desk
}

// reader returns the reader as the socket shows it.
func (t *terminal) reader() api.Reader {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.describe()
}

// readerCode returns the code of why a reader or its service is away. A reason
// that nobody knows is a reader that is not there.
func readerCode(err error) fault.Code {
	if code := fault.CodeOf(session.Coded(err)); code != fault.OK && code != fault.Internal {
		return code
	}
	return fault.ReaderNotFound
}

func (t *terminal) describe() api.Reader {
	r := api.Reader{
		Name: t.name, Present: t.desk.present || t.desk.mute, Usable: t.desk.attached && !t.desk.doubtful,
		MaxCommand: t.desk.limits.CommandData, MaxResponse: t.desk.limits.ResponseData,
	}
	switch {
	case !t.desk.attached:
		r.Code = readerCode(t.desk.away)
	case t.desk.doubtful:
		r.Code = fault.ReaderAmbiguous
	}
	return r
}

// run taps until ctx ends, or until the reader was away for so long that it is
// forgotten.
func (t *terminal) run(ctx context.Context) {
	var seen uint64 // newest stay that was tapped or ignored
	var tried struct {
		stay uint64
		id   string
	}
	away := time.NewTimer(lostAfter)
	away.Stop()
	defer away.Stop()
	gone := false
	for {
		t.part.waits()
		select {
		case <-ctx.Done():
			return
		case <-away.C:
			t.part.works()
			d := t.look()
			if !d.attached {
				t.vault.Lose(t.name, fault.Wrap(readerCode(d.away), d.away, "reader stayed away for %s", lostAfter))
				return
			}
		case <-t.wake:
		}
		t.part.works()
		d := t.look()
		switch {
		case !d.attached && d.moved:
			t.vault.Lose(t.name, fault.New(fault.ReaderNotFound, "reader came back under another name"))
			return
		case !d.attached && !gone:
			gone = true
			away.Reset(lostAfter)
		case d.attached && gone:
			gone = false
			away.Stop()
		}
		if !d.attached || d.doubtful || !d.present && !d.mute {
			continue
		}
		arrived := d.stay != seen
		seen = d.stay
		id := t.armed()
		if id == "" {
			if arrived {
				t.counts.add(t.name, metrics.Ignored, fault.OK, 0)
			}
			continue
		}
		if tried.stay == d.stay && tried.id == id {
			continue
		}
		a, ok := t.vault.Begin(t.name)
		if !ok {
			continue
		}
		tried.stay, tried.id = d.stay, a.ID
		if d.mute {
			t.counts.add(t.name, metrics.Nothing, fault.CardUnresponsive, 0)
			a.Again(fault.Wrap(fault.CardUnresponsive, reader.ErrCardMute, "at arrival"))
		} else {
			over := t.part.worksUntil(a.Context()) // which its deadline ends at the latest
			t.perform(ctx, t, a)
			over()
		}
		t.nudge() // what came meanwhile, or a presentation armed at once after
	}
}

// untilGone waits until what came with a stay does not lie here any more, or ctx
// ends. It is for the goroutine of run, while it performs a tap.
func (t *terminal) untilGone(ctx context.Context, stay uint64) {
	for d := t.look(); (d.present || d.mute) && d.stay == stay; d = t.look() {
		select {
		case <-t.wake:
		case <-ctx.Done():
			return
		}
	}
}

// armed returns the id of the presentation that waits for a tap here, or "".
func (t *terminal) armed() string {
	for _, p := range t.vault.Active() {
		if p.Reader == t.name && p.State == api.StateArmed {
			return p.ID
		}
	}
	return ""
}
