package loopback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"kazashi/reader"
)

// Open implements [reader.System]: it powers the card up and holds it exclusively
// until Close. A card that is held already is [reader.ErrBusy].
func (s *System) Open(ctx context.Context, name string) (reader.Card, error) {
	if ctx.Err() != nil {
		return nil, reader.ContextError(ctx)
	}
	st, limits, err := s.claim(name)
	if err != nil {
		return nil, err
	}
	// An exchange that an earlier tap gave up may still be in the card's hands.
	select {
	case <-st.idle:
	case <-st.gone.Done():
		return nil, context.Cause(st.gone)
	case <-ctx.Done():
		s.release(st)
		return nil, reader.ContextError(ctx)
	}
	st.responder.Reset()
	st.idle <- struct{}{}
	return &card{system: s, stay: st, limits: limits}, nil
}

func (s *System) claim(name string) (*stay, reader.Limits, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down != nil:
		return nil, reader.Limits{}, s.down
	case s.detached || name != s.name:
		return nil, reader.Limits{}, fmt.Errorf("%w: %q", reader.ErrNoReader, name)
	case s.stay == nil:
		return nil, reader.Limits{}, fmt.Errorf("opening %q: %w", name, reader.ErrCardRemoved)
	case s.stay.responder == nil:
		return nil, reader.Limits{}, fmt.Errorf("opening %q: %w", name, reader.ErrCardMute)
	case s.stay.opened:
		return nil, reader.Limits{}, fmt.Errorf("opening %q: %w", name, reader.ErrBusy)
	}
	s.stay.opened = true
	return s.stay, s.limits, nil
}

func (s *System) release(st *stay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.opened = false
}

// A card is one tap of a stay.
type card struct {
	system *System
	stay   *stay
	limits reader.Limits

	mu   sync.Mutex
	dead error // why only Close may be called
}

func (c *card) Limits() reader.Limits { return c.limits }

// Close implements [reader.Card].
func (c *card) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !errors.Is(c.dead, errClosed) {
		c.dead = errClosed
		c.system.release(c.stay)
	}
	return nil
}

var errClosed = errors.New("card closed")

// Transmit implements [reader.Card]. It returns when ctx ends or the card is
// taken away, also while the responder still works on the command.
func (c *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead != nil {
		return nil, fmt.Errorf("exchange on a dead card: %w", c.dead)
	}
	answer, err := c.exchange(ctx, command)
	if err != nil {
		c.dead = err
	}
	return answer, err
}

func (c *card) exchange(ctx context.Context, command []byte) ([]byte, error) {
	st := c.stay
	switch {
	case st.gone.Err() != nil:
		return nil, context.Cause(st.gone)
	case ctx.Err() != nil:
		return nil, reader.ContextError(ctx)
	}
	select {
	case <-st.idle:
	case <-st.gone.Done():
		return nil, context.Cause(st.gone)
	case <-ctx.Done():
		return nil, reader.ContextError(ctx)
	}

	// The responder's context ends with the caller's, and with the stay.
	inner, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(st.gone, func() { cancel(context.Cause(st.gone)) })
	command = slices.Clone(command)
	answer, err := reader.Exchange(inner, func() ([]byte, error) {
		defer func() { st.idle <- struct{}{} }()
		a, err := st.responder.Respond(inner, command)
		return slices.Clone(a), err
	}, nil)
	stop()
	cancel(nil)

	switch {
	case st.gone.Err() != nil:
		return nil, context.Cause(st.gone)
	case ctx.Err() != nil && err != nil:
		return nil, reader.ContextError(ctx)
	case errors.Is(err, reader.ErrCardRemoved):
		c.system.leave(st)
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", reader.ErrTransmission, err)
	case len(answer) < 2:
		// What PC/SC readers say of a card that left in the middle of a command.
		return nil, fmt.Errorf("%w: answer of %d bytes", reader.ErrCardRemoved, len(answer))
	}
	if l, ok := st.responder.(leaver); ok && l.leaves() {
		c.system.leave(st)
	}
	return answer, nil
}

// A leaver is a responder that may leave after an answer has been delivered.
type leaver interface{ leaves() bool }
