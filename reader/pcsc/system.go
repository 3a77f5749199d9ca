// Package pcsc makes a [reader.System] of the PC/SC readers of this machine, over
// pcsc-lite's pcscd.
//
// No call into PC/SC can be interrupted and each may hang when the service does,
// so every one runs in a goroutine of its own and is left behind when its time is
// over; how many may be left behind is bounded. The watcher and every tap have a
// context of their own, because calls on one context wait for each other.
// Handles and contexts of a service that died never work again, so they are
// dropped and made anew, with a pause that grows from 100 ms to 5 s.
//
// Built without cgo, the package compiles and everything in it fails with
// [reader.ErrUnsupported].
package pcsc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"kazashi/reader"
)

// A System is the PC/SC readers of this machine that its options select. It
// implements [reader.System].
type System struct {
	options Options
	library library
	lane    chan struct{} // for SCardGetStatusChange, one of the process
	calls   reader.Calls
	turns   atomic.Uint64

	mu       sync.Mutex
	watching bool
	states   []reader.State      // as the watcher saw them last
	lost     error               // why the watcher sees none
	taps     map[string]*session // by reader: open, or not yet released
	unseen   map[string]uint16   // by reader: what pcscd's counter is short of
	recount  func()              // makes the watcher look at unseen; nil while there is none
}

var _ reader.System = (*System)(nil)

// New returns the readers that options select. It does not talk to PC/SC.
func New(options Options) *System { return newSystem(options, installed, statusLane) }

func newSystem(options Options, l library, lane chan struct{}) *System {
	return &System{
		options: options.withDefaults(),
		library: l,
		lane:    lane,
		calls:   reader.Calls{Max: maxAbandoned},
		taps:    make(map[string]*session),
		unseen:  make(map[string]uint16),
	}
}

// Turns counts what the service answered to the watcher, refusals included. While
// Watch runs it grows every few seconds (every second with a reader), unless the
// service hangs.
func (s *System) Turns() uint64 { return s.turns.Load() }

// Abandoned returns how many given-up calls have not come back from PC/SC.
func (s *System) Abandoned() int { return s.calls.Abandoned() }

// Open implements [reader.System]. It powers up the card, exclusively. Another
// program that holds the reader is waited for, for a short time, and then is
// [reader.ErrBusy].
func (s *System) Open(ctx context.Context, name string) (reader.Card, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.OpenTimeout)
	defer cancel()
	t, err := s.begin(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", name, err)
	}
	if err := s.connect(ctx, t, name); err != nil {
		t.close()
		return nil, fmt.Errorf("opening %q: %w", name, err)
	}
	return &card{system: s, session: t}, nil
}

// begin registers a session on a reader, once the one before it let go of PC/SC.
func (s *System) begin(ctx context.Context, name string) (*session, error) {
	for {
		s.mu.Lock()
		before := s.taps[name]
		if before == nil {
			t := &session{refs: 1, released: make(chan struct{}), changed: func() { s.renew(name) }}
			t.done = func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				delete(s.taps, name)
			}
			s.taps[name] = t
			s.mu.Unlock()
			return t, nil
		}
		s.mu.Unlock()
		if !before.closed.Load() {
			return nil, fmt.Errorf("%w: opened already", reader.ErrBusy)
		}
		select {
		case <-before.released:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: an earlier exchange has not ended: %w", reader.ErrBusy, reader.ContextError(ctx))
		}
	}
}

// renew counts a removal and an insertion that pcscd has not seen.
func (s *System) renew(name string) {
	s.mu.Lock()
	s.unseen[name] += 2
	recount := s.recount
	s.mu.Unlock()
	if recount != nil {
		recount()
	}
}

// onRecount has f called after each renew, until what it returns is called.
func (s *System) onRecount(f func()) (stop func()) {
	set := func(f func()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.recount = f
	}
	set(f)
	return func() { set(nil) }
}

// counted adds to the counters what pcscd has not seen.
func (s *System) counted(states []reader.State) []reader.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range states {
		states[i].Counter += s.unseen[states[i].Reader]
	}
	return states
}

// connect gives a session its context and handle.
func (s *System) connect(ctx context.Context, t *session, name string) error {
	established, err := s.establish(ctx, &s.calls)
	if err != nil {
		return err
	}
	t.service = established
	busy := time.Now().Add(s.options.BusyFor)
	for {
		err := s.tryConnect(ctx, t, name)
		if codeOf(err) != sharingViolation || time.Now().After(busy) {
			return err
		}
		select {
		case <-time.After(time.Duration(20+rand.IntN(40)) * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func (s *System) tryConnect(ctx context.Context, t *session, name string) error {
	h, err := reader.Call(ctx, &s.calls, func() (handle, error) {
		if !t.begin() {
			return nil, errClosed
		}
		defer t.end()
		h, err := t.service.connect(name, exclusive)
		t.handle = h // read at the session's end only, which waits for this
		return h, err
	}, nil)
	if err == nil && h == nil {
		return fmt.Errorf("%w: no handle", reader.ErrTransmission)
	}
	return err
}

// statusChange waits for a change when no other wait of this process runs.
func (s *System) statusChange(svc service, states []status, wait time.Duration) error {
	s.lane <- struct{}{}
	defer func() { <-s.lane }()
	return svc.statusChange(states, wait)
}

// establish makes a context. A service that gives none in time is unresponsive.
func (s *System) establish(ctx context.Context, calls *reader.Calls) (service, error) {
	within, cancel := context.WithTimeout(ctx, s.options.CallTimeout)
	defer cancel()
	made, err := reader.Call(within, calls, s.library.establish, func(late service, _ error) {
		if late != nil {
			_ = late.release()
		}
	})
	if err != nil {
		return nil, unresponsive(ctx, establishCall, err)
	}
	return made, nil
}

// unresponsive marks a call that its own time limit ended, not the caller's ctx, as
// a failure of the service.
func unresponsive(ctx context.Context, call string, err error) error {
	if ctx.Err() == nil && errors.Is(err, reader.ErrTimeout) && codeOf(err) == 0 {
		return fmt.Errorf("%w: %s: %w", reader.ErrNoService, call, err)
	}
	return err
}
