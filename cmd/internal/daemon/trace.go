package daemon

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"kazashi/cmd/internal/ring"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// Bounds of a trace. A tap with a portrait has some two hundred exchanges.
const (
	traceEntries = 4096
	traceBytes   = 1 << 20
	traceEntry   = 256 // what an entry is taken to take
	maxTrace     = api.MaxTraceMS * time.Millisecond
)

// A trace keeps the exchanges of the newest taps while it is on. It has no place for
// a payload: what it keeps are headers, lengths, status words and times.
//
// It is on for at most 15 minutes. The deadline is looked at with every entry too, so
// that it holds where the timer comes late; both run on the monotonic clock.
type trace struct {
	log  *zap.Logger
	ring *ring.Ring[api.TraceEntry]

	mu       sync.Mutex
	deadline time.Time // zero: off
	until    time.Time // the same by the wall clock, for people
	timer    *time.Timer
	taps     uint64
}

func newTrace(log *zap.Logger) *trace {
	return &trace{log: log, ring: ring.New[api.TraceEntry](traceEntries, traceBytes)}
}

// set turns tracing on for a time of at most 15 minutes from now, or off for 0.
func (t *trace) set(on time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if on <= 0 {
		t.off("on request")
		return
	}
	on = min(on, maxTrace)
	if t.timer != nil {
		t.timer.Stop()
	}
	now := time.Now()
	t.deadline, t.until = now.Add(on), now.Add(on).UTC().Round(0)
	var timer *time.Timer
	timer = time.AfterFunc(on, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.timer == timer {
			t.off("its time is over")
		}
	})
	t.timer = timer
	t.log.Info("trace on", zap.Time("until", t.until))
}

// off drops everything. With t.mu held.
func (t *trace) off(why string) {
	if t.deadline.IsZero() {
		return
	}
	t.deadline, t.until = time.Time{}, time.Time{}
	t.timer.Stop()
	t.timer = nil
	t.ring.Clear()
	t.log.Info("trace off", zap.String("why", why))
}

// on reports whether entries are kept, and until when. With t.mu held.
func (t *trace) isOn() bool {
	if !t.deadline.IsZero() && !time.Now().Before(t.deadline) {
		t.off("its time is over")
	}
	return !t.deadline.IsZero()
}

// state returns whether tracing is on, and until when.
func (t *trace) state() (on bool, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isOn(), t.until
}

// begin numbers a tap that begins, 0 when nothing is traced.
func (t *trace) begin(reader string) uint64 {
	t.mu.Lock()
	if !t.isOn() {
		t.mu.Unlock()
		return 0
	}
	t.taps++
	tap := t.taps
	t.mu.Unlock()
	t.add(api.TraceEntry{Tap: tap, Reader: reader, Type: api.TraceTap})
	return tap
}

// observe keeps what happened in a tap that began while tracing was on.
func (t *trace) observe(tap uint64, reader string, e session.Event) {
	if tap == 0 {
		return
	}
	entry := api.TraceEntry{Tap: tap, Reader: reader, Phase: string(e.Phase)}
	switch {
	case e.Summary != nil:
		return // see end
	case e.Exchange != nil:
		x := e.Exchange
		entry.Type, entry.Step, entry.Header = api.TraceExchange, x.Step, hex.EncodeToString(x.Header[:])
		entry.Sent, entry.Received, entry.SW = x.Sent, x.Received, fmt.Sprintf("%04x", uint16(x.SW))
		entry.TookMS = milliseconds(x.Took)
	default:
		entry.Type = api.TracePhase
	}
	t.add(entry)
}

// end keeps how a tap ended.
func (t *trace) end(tap uint64, reader string, code fault.Code, took time.Duration) {
	if tap != 0 {
		t.add(api.TraceEntry{Tap: tap, Reader: reader, Type: api.TraceEnd, Code: code, TookMS: milliseconds(took)})
	}
}

func (t *trace) add(e api.TraceEntry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.isOn() {
		return
	}
	e.At = time.Now().UTC().Round(0)
	t.ring.Add(traceEntry, func(seq uint64) api.TraceEntry {
		e.Seq = seq
		return e
	})
}

// read returns what follows a position, and waits for it while tracing is on.
func (t *trace) read(ctx context.Context, after api.Position) api.Trace {
	if on, _ := t.state(); !on {
		past, cancel := context.WithCancel(ctx)
		cancel()
		ctx = past
	}
	page := t.ring.Read(ctx, after.Epoch, after.Seq)
	on, until := t.state()
	read := api.Trace{On: on, Epoch: t.ring.Epoch(), Last: page.Last, Missed: page.Missed, Entries: page.Entries}
	if on {
		read.Until = &until
	} else {
		read.Entries = nil // it went off meanwhile
	}
	return read
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Trace returns what was traced, for the socket.
func (d *daemon) Trace(ctx context.Context, after api.Position) api.Trace {
	return d.trace.read(ctx, after)
}

// SetTrace turns tracing on or off, for the socket.
func (d *daemon) SetTrace(on time.Duration) { d.trace.set(on) }
