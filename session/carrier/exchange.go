package carrier

import (
	"kazashi/reader/apdu"
	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// What an answer that makes no headway may cost. A phone is allowed a few short
// pieces (its count in 61XX is often wrong), but not an endless row of them.
const (
	smallPiece  = 32 // bytes; a shorter piece that is not the last counts as small
	smallPieces = 64 // how many of them one answer may have
	emptyPieces = 3  // how many pieces in a row may hold nothing
)

// An Exchange is the machine that sends one message and reads one.
type Exchange struct {
	options Options
	final   bool // no answer is read

	rest     []byte // of the request's data object, not yet sent
	last     apdu.Command
	lastName string

	sent    bool // the whole request was handed out
	asked   bool // the last step was sent again with the length of 6CXX
	empties int
	small   int
	in      gatherer
}

// NewExchange returns the machine that sends message and reads the answer to it.
// The message is copied.
func NewExchange(message []byte, o Options) *Exchange {
	return &Exchange{options: o, rest: wrap(message), in: gatherer{limit: o.maxMessage()}}
}

// NewFarewell returns the machine that sends a message after which the reader
// says no more: whatever is answered to it, is no error.
func NewFarewell(message []byte, o Options) *Exchange {
	return &Exchange{options: o, rest: wrap(message), final: true}
}

// Sent reports whether the last part of the message was handed out to be sent:
// from there on the phone may have read it.
func (x *Exchange) Sent() bool { return x.sent }

// Answer returns the message that was read, owned by the caller, or nil before
// the machine has ended.
func (x *Exchange) Answer() []byte {
	if !x.in.complete() {
		return nil
	}
	return x.in.message()
}

// Next implements [conversation.Machine].
func (x *Exchange) Next(answer *apdu.Response) (*conversation.Step, error) {
	switch {
	case answer == nil:
		return x.envelope(), nil
	case !x.sent:
		if !answer.SW.OK() {
			if x.final {
				return nil, nil
			}
			return nil, x.refused("part of the message", answer.SW)
		}
		return x.envelope(), nil
	case x.final:
		return nil, nil
	}
	return x.receive(answer)
}

// envelope returns the next ENVELOPE. Only the last one asks for data.
func (x *Exchange) envelope() *conversation.Step {
	n := min(len(x.rest), x.options.block())
	c := apdu.Command{INS: INSEnvelope, Data: x.rest[:n:n]}
	x.rest = x.rest[n:]
	if len(x.rest) > 0 {
		c.CLA = 0x10
		return &conversation.Step{Name: "envelope", Command: c}
	}
	x.sent = true
	c.Expected = x.options.expected()
	return x.step("envelope", c)
}

// step returns a step of those that wait for the answer, and keeps it for a 6CXX.
func (x *Exchange) step(name string, c apdu.Command) *conversation.Step {
	x.lastName, x.last = name, c
	return &conversation.Step{Name: name, Command: c, Consent: !x.final}
}

// receive takes one piece of the answer.
func (x *Exchange) receive(answer *apdu.Response) (*conversation.Step, error) {
	if le, ok := answer.SW.WrongExpected(); ok {
		if x.asked {
			return nil, fault.New(fault.TransferStalled, "%s answered %s again", x.lastName, answer.SW)
		}
		x.asked = true
		c := x.last
		c.Expected = expectedOf(le, apdu.MaxShortExpected)
		return x.step(x.lastName, c), nil
	}
	x.asked = false
	more, isMore := answer.SW.MoreData()
	if !isMore && !answer.SW.OK() {
		return nil, x.refused(x.lastName, answer.SW)
	}
	if err := x.in.add(answer.Data); err != nil {
		return nil, err
	}
	if !isMore {
		if !x.in.complete() {
			return nil, fault.New(fault.MalformedTransfer, "answer ended after %d bytes, before its data object was complete",
				len(x.in.buf))
		}
		return nil, nil
	}
	if err := x.progress(len(answer.Data)); err != nil {
		return nil, err
	}
	return x.step("get-response", apdu.Command{
		INS: INSGetResponse, Expected: expectedOf(more, x.options.expected()),
	}), nil
}

// refused returns the error of a command that was not carried out. Until the first
// byte of the answer a phone can refuse to give one (KZ-217); later the same status
// words say that something went wrong on the way.
func (x *Exchange) refused(what string, sw apdu.Status) error {
	if refuses(sw) && len(x.in.buf) == 0 {
		return fault.New(fault.Declined, "%s answered %s", what, sw)
	}
	return fault.New(fault.UnexpectedStatus, "%s answered %s", what, sw)
}

// progress spends the budget for pieces that bring little or nothing.
func (x *Exchange) progress(n int) error {
	if n == 0 {
		x.empties++
	} else {
		x.empties = 0
	}
	if n < smallPiece {
		x.small++
	}
	if x.empties > emptyPieces || x.small > smallPieces {
		return fault.New(fault.TransferStalled, "no headway after %d bytes", len(x.in.buf))
	}
	return nil
}

// expectedOf turns the XX of 61XX and 6CXX, which is 0 for "as much as goes",
// into an Le.
func expectedOf(xx, all int) int {
	if xx == 0 {
		return all
	}
	return xx
}
