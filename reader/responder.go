package reader

import "context"

// A Responder is a card from the inside: the half that answers commands. The
// holder's phone in session/holder is one; reader/loopback puts it over an
// in-process reader and reader/vpcd into the slot of a virtual PC/SC reader.
//
// Its methods are never called at the same time.
type Responder interface {
	// Respond answers one command APDU with a response APDU of at least the two
	// bytes of its status word. The command is the callee's only until Respond
	// returns; the answer is not touched by the callee afterwards.
	//
	// The context ends when the card leaves the field or the reader no longer
	// waits. An error stands for no answer at all: one that wraps
	// [ErrCardRemoved] takes the card out of the field, any other is a failed
	// transmission.
	Respond(ctx context.Context, command []byte) ([]byte, error)

	// Reset powers the card up anew: what earlier commands selected is forgotten.
	// It comes before the first command of every tap.
	Reset()

	// ATR returns the answer to reset, 2 to 33 bytes. It never changes.
	ATR() []byte
}

// ContactlessATR is what a PC/SC reader makes up for a contactless card that
// speaks ISO/IEC 14443-4 and has no historical bytes (PC/SC part 3, 3.1.3.2.3.1).
// It is the ATR of the cards that this project plays itself.
func ContactlessATR() []byte { return []byte{0x3b, 0x80, 0x80, 0x01, 0x01} }
