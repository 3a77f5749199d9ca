package carrier

import (
	"kazashi/reader/apdu"
	"kazashi/session/fault"
)

// An Endpoint is the phone's half: it puts ENVELOPE commands together to a
// message and hands the answer out in pieces. The zero value is ready.
type Endpoint struct {
	// MaxMessage bounds a message in bytes; 0 means [DefaultMaxMessage].
	MaxMessage int

	in  gatherer
	out []byte
}

// Envelope takes one ENVELOPE command. It returns the message, which the caller
// owns, when the command completes one, and nil before that.
func (e *Endpoint) Envelope(c apdu.Command) ([]byte, error) {
	if e.in.limit == 0 {
		e.in.limit = Options{MaxMessage: e.MaxMessage}.maxMessage()
	}
	if err := e.in.add(c.Data); err != nil {
		return nil, err
	}
	if c.CLA&0x10 != 0 {
		return nil, nil
	}
	if !e.in.complete() {
		return nil, fault.New(fault.MalformedTransfer, "last block before the end of the data object")
	}
	message := e.in.message()
	e.in = gatherer{}
	return message, nil
}

// Answer starts the answer to the message: its first piece, as large as the
// last ENVELOPE expects.
func (e *Endpoint) Answer(message []byte, expected int) apdu.Response {
	e.out = wrap(message)
	return e.Piece(expected)
}

// Piece returns the next piece of the answer, at most expected bytes, with the
// status word that says how much is left. With nothing to give it refuses.
func (e *Endpoint) Piece(expected int) apdu.Response {
	if len(e.out) == 0 {
		return apdu.Response{SW: apdu.ConditionsNotMet}
	}
	n := min(expected, len(e.out))
	piece := apdu.Response{Data: e.out[:n:n], SW: apdu.OK}
	e.out = e.out[n:]
	switch left := len(e.out); {
	case left > 255:
		piece.SW = 0x6100
	case left > 0:
		piece.SW = apdu.Status(0x6100 | left)
	}
	return piece
}

// Reset forgets both messages, as when the field went away.
func (e *Endpoint) Reset() { e.in, e.out = gatherer{}, nil }
