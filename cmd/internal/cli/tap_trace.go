package cli

import (
	"context"
	"time"

	"kazashi/transport/api"
	"kazashi/transport/client"
)

// tapTraceTime is for how long a diagnostic tap has the APDUs traced: longer than any
// presentation waits. If the command is killed, tracing goes off by itself then.
const tapTraceTime = 6 * time.Minute

// catchUpTime is how long the next line waits for the exchanges that come before it.
const catchUpTime = time.Second

// A tapExchange is one command and its answer in `kazashi tap --json`, in
// milliseconds after arming.
type tapExchange struct {
	AtMS     int64   `json:"at_ms"`
	Phase    string  `json:"phase"`
	Step     string  `json:"step"`
	Header   string  `json:"header"`   // CLA, INS, P1 and P2
	Sent     int     `json:"sent"`     // bytes of the command APDU
	Received int     `json:"received"` // bytes of the response APDU
	SW       string  `json:"sw"`
	TookMS   float64 `json:"took_ms"`
}

// A tapTrace is the exchanges of one presentation, as the daemon traces them. Steps come
// by another way than exchanges: each exchange waits until the step of its phase was
// told, and each step until the exchanges before it were. A nil tapTrace traces nothing.
type tapTrace struct {
	entries <-chan api.TraceEntry // closed when no more come
	reader  string                // the one that matters
	show    func(api.TraceEntry)

	try     int               // counts the taps that were traced
	open    bool              // the newest of them goes on
	ends    int               // counts those that are over
	ended   int               // counts those of which a step told that they are over
	reading bool              // a step told of one that goes on
	waiting []queued          // exchanges before whose phase was told
	seen    map[tryPhase]bool // phases that the trace told of
	told    map[tryPhase]bool // phases that the steps told of
}

type tryPhase struct {
	try   int
	phase string
}

type queued struct {
	in    tryPhase
	entry api.TraceEntry
}

// traceTap has the daemon trace, for who may ask for that: nil for everybody else.
// The function that it returns puts things back as they were.
func traceTap(ctx context.Context, daemon *client.Client) (*tapTrace, func()) {
	before, err := daemon.Trace(ctx, client.Position{}, 0)
	if err != nil {
		return nil, func() {} // what is wrong besides the role, arming says
	}
	now, err := daemon.SetTrace(ctx, tapTraceTime)
	if err != nil {
		return nil, func() {}
	}
	following, stop := context.WithCancel(ctx)
	entries := make(chan api.TraceEntry, 64)
	go func() {
		defer close(entries)
		for now := now; now.On; {
			var err error
			now, err = daemon.Trace(following, client.Position{Epoch: now.Epoch, Seq: now.Last}, followFor)
			if err != nil {
				return
			}
			for _, e := range now.Entries {
				select {
				case entries <- e:
				case <-following.Done():
					return
				}
			}
		}
	}()
	t := &tapTrace{entries: entries, seen: map[tryPhase]bool{}, told: map[tryPhase]bool{}}
	return t, func() {
		stop()
		// The command may end because ctx did; what it turned on goes off all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
		defer cancel()
		restoreTrace(ctx, daemon, before, now)
	}
}

// restoreTrace brings tracing back to what it was before, unless somebody else set it
// meanwhile.
func restoreTrace(ctx context.Context, daemon *client.Client, before, set api.Trace) {
	now, err := daemon.Trace(ctx, client.Position{Epoch: set.Epoch, Seq: set.Last}, 0)
	if err != nil || !now.On || now.Until == nil || set.Until == nil || !now.Until.Equal(*set.Until) {
		return
	}
	left := time.Duration(0)
	if before.On && before.Until != nil {
		left = max(0, time.Until(*before.Until))
	}
	_, _ = daemon.SetTrace(ctx, min(left.Truncate(time.Millisecond), maxTrace)) // it goes off by itself otherwise
}

// source is where the next entry comes from, nil when none comes any more.
func (t *tapTrace) source() <-chan api.TraceEntry {
	if t == nil {
		return nil
	}
	return t.entries
}

// take is told of an entry, or that there are no more.
func (t *tapTrace) take(e api.TraceEntry, more bool) {
	if !more {
		t.entries = nil
		return
	}
	if e.Reader != t.reader || !t.open && e.Type != api.TraceTap {
		return // another tap than ours, or the rest of one before it
	}
	in := tryPhase{t.try, e.Phase}
	switch e.Type {
	case api.TraceTap:
		t.try++
		t.open = true
	case api.TracePhase:
		t.seen[in] = true
	case api.TraceExchange:
		t.waiting = append(t.waiting, queued{in, e})
		t.flush(0)
	case api.TraceEnd:
		t.open = false
		t.ends++
	}
}

// flush shows what waited for its phase, and all of the taps up to a number.
func (t *tapTrace) flush(upTo int) {
	for len(t.waiting) > 0 && (t.waiting[0].in.try <= upTo || t.told[t.waiting[0].in]) {
		t.show(t.waiting[0].entry)
		t.waiting = t.waiting[1:]
	}
}

// before waits for the exchanges that come before a step, for a short while: that the
// list is in order is worth no more.
func (t *tapTrace) before(ctx context.Context, s tapStep) {
	if t == nil {
		return
	}
	at := tryPhase{t.ended + 1, s.Phase}
	over := s.State == api.StateVerified || s.State.Ended() || s.Code != ""
	reached := func() bool {
		switch {
		case !over:
			return s.Phase == "" || t.seen[at]
		case t.reading, s.State == api.StateVerified, s.State == api.StateRejected:
			return t.ends > t.ended
		}
		return true // nobody came
	}
	late := time.NewTimer(catchUpTime)
	defer late.Stop()
	for t.entries != nil && !reached() {
		select {
		case e, more := <-t.entries:
			t.take(e, more)
		case <-late.C:
			t.finish(over)
			return
		case <-ctx.Done():
			return
		}
	}
	t.finish(over)
}

// finish shows what is left of a tap that is over.
func (t *tapTrace) finish(over bool) {
	if !over {
		return
	}
	t.ended++
	t.reading = false
	t.flush(t.ended)
}

// after is told that a step was told.
func (t *tapTrace) after(s tapStep) {
	if t == nil || s.State != api.StateReading {
		return
	}
	t.reading = true
	t.told[tryPhase{t.ended + 1, s.Phase}] = true
	t.flush(0)
}

// exchanged takes an exchange into the result, and shows it.
func (a *app) exchanged(result *tapResult, start time.Time, e api.TraceEntry) {
	at := e.At.Sub(start).Milliseconds()
	result.APDUs = append(result.APDUs, tapExchange{
		AtMS: at, Phase: e.Phase, Step: e.Step, Header: e.Header, Sent: e.Sent, Received: e.Received, SW: e.SW, TookMS: e.TookMS,
	})
	result.Totals.add(e)
	if a.json {
		return
	}
	if result.Totals.Commands == 1 {
		a.exchangeHead(phrase{"", ""}, width(seconds(at)))
	}
	a.showExchange(seconds(at), e)
}
