// Package reader says what a reader and a card are, for everything above it: a
// [System] is one source of readers (pcscd, or the in-process loopback), a
// [Card] is what is held over one of them, and an [Event] is a change of either.
//
// The package imports nothing of this project and no cgo. The systems stand in
// packages of their own: reader/pcsc, reader/loopback.
package reader

import (
	"context"
	"time"

	"kazashi/reader/apdu"
)

// A Card is a phone or card in the field, opened exclusively for one tap.
// It is used by one goroutine at a time.
type Card interface {
	// Transmit sends one command APDU and returns the response APDU: at least
	// the two bytes of the status word, in memory owned by the caller.
	//
	// A context that ends makes Transmit return at once with an error that wraps
	// [ErrTimeout] or the context's own error, whatever the device is doing. After any
	// error the card is dead: only Close may be called.
	Transmit(ctx context.Context, command []byte) ([]byte, error)

	// Limits tells how large an APDU this reader can carry.
	Limits() Limits

	// Close ends the tap and powers the card down. Calls after the first do
	// nothing.
	Close() error
}

// Limits are the largest data fields, in bytes, that a reader carries, at most
// [ExtendedLimits].
type Limits struct {
	CommandData  int
	ResponseData int
}

// ShortLimits are the limits that every reader keeps (ISO/IEC 7816-4 short APDUs).
var ShortLimits = Limits{CommandData: apdu.MaxShortData, ResponseData: apdu.MaxShortExpected}

// ExtendedLimits are the most that the extended form of ISO/IEC 7816-4 can say.
var ExtendedLimits = Limits{CommandData: apdu.MaxExtendedData, ResponseData: apdu.MaxExtendedExpected}

// Extended reports whether the limits allow more than short APDUs.
func (l Limits) Extended() bool {
	return l.CommandData > ShortLimits.CommandData || l.ResponseData > ShortLimits.ResponseData
}

// A System is a source of readers.
type System interface {
	// Watch reports what changes, in order, until ctx ends, and returns ctx.Err().
	// It first reports what is there already. A service that is absent or dies is an
	// event, not an end: Watch finds it again by itself. emit is called from one
	// goroutine and must not block for long.
	Watch(ctx context.Context, emit func(Event)) error

	// Open connects exclusively to the card that lies on the named reader.
	Open(ctx context.Context, reader string) (Card, error)
}

// Kind is what an [Event] tells.
type Kind int

// The kinds of event. Names are PC/SC's where it has one.
const (
	ServiceUp   Kind = iota + 1 // the reader service answers
	ServiceDown                 // the reader service is gone; Err says how
	Attached                    // a reader is there
	Detached                    // a reader is gone
	Arrived                     // a card came into the field
	Removed                     // the card left the field
	Mute                        // something is in the field that does not answer
)

// String returns the kind's name as it stands in logs.
func (k Kind) String() string {
	switch k {
	case ServiceUp:
		return "service-up"
	case ServiceDown:
		return "service-down"
	case Attached:
		return "reader-attached"
	case Detached:
		return "reader-detached"
	case Arrived:
		return "card-arrived"
	case Removed:
		return "card-removed"
	case Mute:
		return "card-mute"
	}
	return "unknown"
}

// An Event is one change in a [System].
type Event struct {
	Kind   Kind
	Reader string // empty for the service's own events
	// Counter is the reader's event counter (upper 16 bits of PC/SC's event
	// state). Another counter is another tap, however short the gap was.
	Counter uint16
	// Readers is how many readers are there when the service is up; each is told as
	// attached after it.
	Readers int
	ATR     []byte // of an arrived card, at most 33 bytes; says nothing about a phone
	Err     error  // why a service or reader went away, when that is known
	At      time.Time
}
