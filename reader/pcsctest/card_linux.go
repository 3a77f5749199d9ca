package pcsctest

import (
	"context"
	"testing"

	"kazashi/reader"
	"kazashi/reader/vpcd"
)

// A Card is a card in a slot of the virtual reader.
type Card struct {
	slot *vpcd.Slot
	done chan struct{}
	err  error
}

// Insert puts a card into the first slot; see [Service.InsertAt].
func (s *Service) Insert(t testing.TB, card reader.Responder) *Card {
	t.Helper()
	return s.InsertAt(t, 0, card)
}

// InsertAt puts a card into a slot and serves it until it is removed, pcscd ends or
// the test does. pcscd sees it within 400 ms.
func (s *Service) InsertAt(t testing.TB, slot int, card reader.Responder) *Card {
	t.Helper()
	c := &Card{done: make(chan struct{})}
	s.await("the virtual reader", func() (ok bool) {
		place, err := vpcd.Dial(context.Background(), vpcd.Address(slot))
		c.slot = place
		return err == nil
	})
	go func() {
		defer close(c.done)
		c.err = c.slot.Serve(context.Background(), card)
	}()
	t.Cleanup(c.Remove)
	return c
}

// Remove takes the card out, also in the middle of a command, and returns when it
// is served no more.
func (c *Card) Remove() {
	_ = c.slot.Close()
	<-c.done
}

// Done is closed when the card is served no more.
func (c *Card) Done() <-chan struct{} { return c.done }

// Err returns why; it may be called when Done is closed.
func (c *Card) Err() error { return c.err }
