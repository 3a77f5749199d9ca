package session

import (
	"context"

	"kazashi/reader"
)

// A link is the card as one tap sees it: it knows whether it can still be spoken
// to, and is not spoken to when it cannot.
type link struct {
	card reader.Card
	dead bool
}

// Transmit implements [reader.Card].
func (l *link) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if l.dead {
		return nil, reader.ErrCardRemoved
	}
	answer, err := l.card.Transmit(ctx, command)
	// An answer without status word is how a card that leaves can look.
	l.dead = err != nil || len(answer) < 2
	return answer, err
}

// Limits implements [reader.Card].
func (l *link) Limits() reader.Limits { return l.card.Limits() }

// Close implements [reader.Card]. The card belongs to the caller of Run.
func (l *link) Close() error { return nil }
