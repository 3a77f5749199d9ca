//go:build cgo

package pcsc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"kazashi/reader"
	"kazashi/reader/pcsctest"
)

// These tests run against a pcscd of their own.

// patience bounds every wait for an event.
const patience = 10 * time.Second

// virtual selects the first slot of the virtual reader.
const virtual = "Virtual PCD 00 00"

// A phone answers every command with respond, or with 9000.
type phone struct {
	resets  atomic.Int32
	respond func(ctx context.Context, command []byte) ([]byte, error)
}

func (p *phone) Respond(ctx context.Context, command []byte) ([]byte, error) {
	if p.respond == nil {
		return []byte{0x90, 0}, nil
	}
	return p.respond(ctx, command)
}
func (p *phone) Reset()      { p.resets.Add(1) }
func (p *phone) ATR() []byte { return reader.ContactlessATR() }

// A tape holds the events of a running Watch.
type tape struct {
	t      *testing.T
	events chan reader.Event
	cancel context.CancelFunc
	done   chan error
}

func record(t *testing.T, s *System) *tape {
	ctx, cancel := context.WithCancel(context.Background())
	r := &tape{t: t, events: make(chan reader.Event, 1000), cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- s.Watch(ctx, func(e reader.Event) { r.events <- e }) }()
	t.Cleanup(r.stop)
	return r
}

// stop ends Watch, which must not take long.
func (r *tape) stop() {
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	select {
	case err := <-r.done:
		if !errors.Is(err, context.Canceled) {
			r.t.Errorf("Watch returned %v", err)
		}
	case <-time.After(patience):
		r.t.Error("Watch does not end")
	}
}

// await takes events until one of that kind, and returns it.
func (r *tape) await(kind reader.Kind) reader.Event {
	r.t.Helper()
	var seen []reader.Kind
	over := time.After(patience)
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return e
			}
			seen = append(seen, e.Kind)
		case <-over:
			r.t.Fatalf("no %v within %v, only %v", kind, patience, seen)
		}
	}
}

// tap opens the card that arrived.
func tap(t *testing.T, s *System) reader.Card {
	t.Helper()
	c, err := s.Open(t.Context(), virtual)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// works holds a whole tap: insertion, exchange, removal.
func works(t *testing.T, service *pcsctest.Service, s *System, r *tape) {
	t.Helper()
	card := service.Insert(t, &phone{})
	r.await(reader.Arrived)
	c := tap(t, s)
	if answer, err := c.Transmit(t.Context(), command); err != nil || !bytes.Equal(answer, []byte{0x90, 0}) {
		t.Errorf("answer %X, %v", answer, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	card.Remove()
	r.await(reader.Removed)
}

// descriptors counts the open files of a process.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Skipf("open files cannot be counted: %v", err)
	}
	return len(entries)
}

// eventually asks until the answer is empty.
func eventually(t *testing.T, what string, ask func() string) {
	t.Helper()
	over := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		last := ask()
		if last == "" {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("%s: %s", what, last)
		}
	}
}
