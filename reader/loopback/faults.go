package loopback

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kazashi/reader"
)

// A Fault is one way in which a card misbehaves, at one command of a tap.
type Fault struct {
	// At is the command it strikes, counted from 0 since power-up.
	At int
	// Every makes it strike in every tap. Otherwise it strikes once.
	Every bool

	strike func(ctx context.Context, f *Faulty, command []byte) ([]byte, error)
}

// RemoveAt takes the card away when command n arrives, before it is answered.
func RemoveAt(n int) Fault {
	return Fault{At: n, strike: func(context.Context, *Faulty, []byte) ([]byte, error) {
		return nil, fmt.Errorf("%w: at command %d", reader.ErrCardRemoved, n)
	}}
}

// RemoveAfter takes the card away once the answer to command n was delivered.
func RemoveAfter(n int) Fault {
	return Fault{At: n, strike: func(ctx context.Context, f *Faulty, command []byte) ([]byte, error) {
		answer, err := f.card.Respond(ctx, command)
		f.leaving = err == nil
		return answer, err
	}}
}

// DelayAt answers command n no sooner than d after it arrived.
func DelayAt(n int, d time.Duration) Fault {
	return Fault{At: n, strike: func(ctx context.Context, f *Faulty, command []byte) ([]byte, error) {
		select {
		case <-time.After(d):
			return f.card.Respond(ctx, command)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// MuteAt never answers command n; it ends when the reader no longer waits.
func MuteAt(n int) Fault {
	return Fault{At: n, strike: func(ctx context.Context, _ *Faulty, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
}

// ReplaceAt answers command n with the given bytes. The card does not see it.
func ReplaceAt(n int, answer []byte) Fault {
	answer = slices.Clone(answer)
	return Fault{At: n, strike: func(context.Context, *Faulty, []byte) ([]byte, error) {
		return slices.Clone(answer), nil
	}}
}

// ChangeAt answers command n with what change makes of the card's answer.
func ChangeAt(n int, change func(answer []byte) []byte) Fault {
	return Fault{At: n, strike: func(ctx context.Context, f *Faulty, command []byte) ([]byte, error) {
		answer, err := f.card.Respond(ctx, command)
		if err != nil {
			return nil, err
		}
		return change(answer), nil
	}}
}

// ShortAt lets only the first size bytes of the answer to command n through. With
// less than two it looks as a pulled card does to PC/SC.
func ShortAt(n, size int) Fault {
	return ChangeAt(n, func(answer []byte) []byte { return answer[:min(size, len(answer))] })
}

// Always makes a fault strike in every tap.
func Always(f Fault) Fault {
	f.Every = true
	return f
}

// A Faulty is a card with faults. It implements [reader.Responder].
type Faulty struct {
	card    reader.Responder
	faults  []Fault
	next    int  // index of the command to come
	leaving bool // the card leaves after this answer
}

var _ reader.Responder = (*Faulty)(nil)

// WithFaults returns card with faults. Of several for one command the first that
// is left strikes.
func WithFaults(card reader.Responder, faults ...Fault) *Faulty {
	return &Faulty{card: card, faults: slices.Clone(faults)}
}

// Respond implements [reader.Responder].
func (f *Faulty) Respond(ctx context.Context, command []byte) ([]byte, error) {
	n := f.next
	f.next++
	i := slices.IndexFunc(f.faults, func(x Fault) bool { return x.At == n })
	if i < 0 {
		return f.card.Respond(ctx, command)
	}
	fault := f.faults[i]
	if !fault.Every {
		f.faults = slices.Delete(f.faults, i, i+1)
	}
	return fault.strike(ctx, f, command)
}

// Reset implements [reader.Responder]. It counts commands from 0 again.
func (f *Faulty) Reset() {
	f.next, f.leaving = 0, false
	f.card.Reset()
}

// ATR implements [reader.Responder].
func (f *Faulty) ATR() []byte { return f.card.ATR() }

// leaves implements leaver, also for a card that is wrapped here.
func (f *Faulty) leaves() bool {
	l, ok := f.card.(leaver)
	return f.leaving || ok && l.leaves()
}
