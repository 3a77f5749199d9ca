package session

import (
	"time"

	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// A Phase is how far a tap has come. Its text is stable.
type Phase string

// The phases, in their order. A tap that fails goes from where it is to Done; one that
// asks again goes from Verifying to Requesting.
const (
	Engaging   Phase = "engaging"   // the phone says who it is
	Connecting Phase = "connecting" // the carrier is chosen and opened
	Requesting Phase = "requesting" // the request goes out, and the holder is asked
	Receiving  Phase = "receiving"  // the answer comes in
	Verifying  Phase = "verifying"  // the answer is checked
	Done       Phase = "done"       // the tap is over, well or not
)

// Phases returns all phases in their order.
func Phases() []Phase {
	return []Phase{Engaging, Connecting, Requesting, Receiving, Verifying, Done}
}

// An Event tells how a tap goes. It holds no personal data.
type Event struct {
	Phase Phase
	// Exchange is the command that was answered, nil when the event is the phase.
	Exchange *conversation.Exchange
	// Summary stands in the last event, of phase Done.
	Summary *Summary
}

// A Summary is a tap in numbers.
type Summary struct {
	Code           fault.Code // fault.OK when it went well
	Failed         Phase      // where it failed, or ""
	Asked          bool       // see TapError
	APDUs          int
	Sent, Received int // bytes of all commands and of all answers
	Requests       int // that were sent, in one session
	Answer         int // bytes of the phone's session messages
	Overlong       int // answers with more than was asked for
	Negotiated     bool
	Curve          string // of the ephemeral keys
	KeyReused      bool   // the phone had used its ephemeral key before
	Phases         map[Phase]time.Duration
	Took           time.Duration
}

// enter goes on to the next phase.
func (t *run) enter(p Phase) {
	if p == t.phase {
		return
	}
	now := time.Now()
	t.clock(now)
	t.phase, t.since = p, now
	t.tell(Event{Phase: p})
}

// clock books the time of the phase that ends.
func (t *run) clock(now time.Time) {
	if t.phase == "" {
		return
	}
	if t.summary.Phases == nil {
		t.summary.Phases = make(map[Phase]time.Duration)
	}
	t.summary.Phases[t.phase] += now.Sub(t.since)
}

// observe takes every exchange. The first data in reply to the request is where
// the holder has agreed.
func (t *run) observe(x conversation.Exchange) {
	t.summary.APDUs++
	t.summary.Sent += x.Sent
	t.summary.Received += x.Received
	if x.Overlong {
		t.summary.Overlong++
	}
	if t.phase == Requesting && x.Received > 2 {
		t.enter(Receiving)
	}
	t.tell(Event{Phase: t.phase, Exchange: &x})
}

// report tells the end.
func (t *run) report(err error) {
	now := time.Now()
	t.clock(now)
	t.summary.Took = now.Sub(t.start)
	t.summary.Code, t.summary.Asked = fault.CodeOf(err), t.asked
	if err != nil {
		t.summary.Failed = t.phase
	}
	t.tell(Event{Phase: Done, Summary: &t.summary})
}

func (t *run) tell(e Event) {
	if t.Observe != nil {
		t.Observe(e)
	}
}
