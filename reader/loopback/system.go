// Package loopback is a reader inside the process: the embedded default of the
// demo, the self-test and the tests. Over it lies whatever [reader.Responder] is
// inserted; nothing is polled, so that insertion and removal are seen at once.
//
// The decorators of this package stand between a reader and a card: [WithFaults]
// makes a card misbehave at a given command, [Record] and [Replay] take down and
// play back what went over the air.
package loopback

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kazashi/reader"
)

// A System is one reader, with at most one card over it. It implements
// [reader.System]. For a second reader make a second System.
type System struct {
	name string

	mu       sync.Mutex
	limits   reader.Limits
	down     error // why the service is away, nil while it is there
	detached bool
	counter  uint16
	stay     *stay // what lies on the reader, nil for nothing
	watchers map[*watcher]struct{}
}

var _ reader.System = (*System)(nil)

// A stay is one card from its insertion to its removal.
type stay struct {
	responder reader.Responder // nil for something that does not answer
	atr       []byte
	gone      context.Context // ends at the removal
	remove    context.CancelCauseFunc
	opened    bool
	// idle holds one token while the responder answers nothing: its methods are
	// never called at the same time, also when an exchange was given up.
	idle chan struct{}
}

// New makes an empty reader of that name.
func New(name string) *System {
	return &System{
		name:     name,
		limits:   reader.ExtendedLimits,
		watchers: make(map[*watcher]struct{}),
	}
}

// Name returns the reader's name.
func (s *System) Name() string { return s.name }

// SetLimits says how large an APDU the reader carries from the next Open on.
// Without it the reader carries everything that ISO/IEC 7816-4 allows.
func (s *System) SetLimits(l reader.Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

// Insert puts a card on the reader. What lay there before is removed first.
func (s *System) Insert(card reader.Responder) {
	s.insert(card, append([]byte(nil), card.ATR()...))
}

// InsertMute puts something on the reader that does not answer, as two cards at
// once do.
func (s *System) InsertMute() { s.insert(nil, nil) }

func (s *System) insert(card reader.Responder, atr []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(s.stay, reader.ErrCardRemoved)
	gone, remove := context.WithCancelCause(context.Background())
	s.stay = &stay{responder: card, atr: atr, gone: gone, remove: remove, idle: make(chan struct{}, 1)}
	s.stay.idle <- struct{}{}
	s.counter++
	if s.visible() {
		s.emit(s.presence())
	}
}

// Remove takes the card away. An exchange under way fails with
// [reader.ErrCardRemoved]. Without a card it does nothing.
func (s *System) Remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(s.stay, reader.ErrCardRemoved)
}

// Present reports whether a card lies on the reader.
func (s *System) Present() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stay != nil
}

// leave ends one stay, unless another card lies there by now.
func (s *System) leave(st *stay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(st, reader.ErrCardRemoved)
}

func (s *System) removeLocked(st *stay, cause error) {
	if st == nil || s.stay != st {
		return
	}
	st.remove(cause)
	s.stay = nil
	s.counter++
	if s.visible() {
		s.emit(reader.Event{Kind: reader.Removed, Reader: s.name, Counter: s.counter})
	}
}

// Detach unplugs the reader; a card on it fails with [reader.ErrNoReader].
func (s *System) Detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.detached {
		return
	}
	s.removeLocked(s.stay, reader.ErrNoReader)
	if s.visible() {
		s.emit(reader.Event{Kind: reader.Detached, Reader: s.name, Err: reader.ErrNoReader})
	}
	s.detached = true
}

// Attach plugs the reader in again.
func (s *System) Attach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.detached {
		return
	}
	s.detached, s.counter = false, 0
	if s.visible() {
		s.emit(s.snapshot()[1:]...)
	}
}

// Stop makes the service behind the reader fail with an error that wraps
// [reader.ErrNoService] and cause, as a dead pcscd would. The card stays where it
// is, but its tap is lost.
func (s *System) Stop(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return
	}
	err := reader.ErrNoService
	if cause != nil {
		err = fmt.Errorf("%w: %w", reader.ErrNoService, cause)
	}
	if lying := s.stay; lying != nil {
		s.removeLocked(lying, err)
		gone, remove := context.WithCancelCause(context.Background())
		s.stay = &stay{responder: lying.responder, atr: lying.atr, gone: gone, remove: remove, idle: lying.idle}
	}
	if s.visible() {
		s.emit(reader.Event{Kind: reader.Detached, Reader: s.name, Err: err})
	}
	s.emit(reader.Event{Kind: reader.ServiceDown, Err: err})
	s.down = err
}

// Start brings the service back.
func (s *System) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down == nil {
		return
	}
	s.down = nil
	s.emit(s.snapshot()...)
}

// visible reports whether a watcher can see the reader.
func (s *System) visible() bool { return s.down == nil && !s.detached }

// presence is the event for what lies on the reader.
func (s *System) presence() reader.Event {
	e := reader.Event{Kind: reader.Arrived, Reader: s.name, Counter: s.counter, ATR: s.stay.atr}
	if s.stay.responder == nil {
		e.Kind, e.Err = reader.Mute, reader.ErrCardMute
	}
	return e
}

// snapshot is what a watcher is told first.
func (s *System) snapshot() []reader.Event {
	if s.down != nil {
		return []reader.Event{{Kind: reader.ServiceDown, Err: s.down}}
	}
	events := []reader.Event{{Kind: reader.ServiceUp}}
	if s.visible() {
		events[0].Readers = 1
		events = append(events, reader.Event{Kind: reader.Attached, Reader: s.name, Counter: s.counter})
		if s.stay != nil {
			events = append(events, s.presence())
		}
	}
	return events
}

// A watcher is one call of Watch with the events it has not emitted yet.
type watcher struct {
	queue []reader.Event
	wake  chan struct{} // of one slot
}

// emit queues events for every watcher.
func (s *System) emit(events ...reader.Event) {
	now := time.Now()
	for i := range events {
		events[i].At = now
	}
	for w := range s.watchers {
		w.queue = append(w.queue, events...)
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// Watch implements [reader.System]. Every insertion and removal is reported, also
// those that happen while emit runs.
func (s *System) Watch(ctx context.Context, emit func(reader.Event)) error {
	w := &watcher{wake: make(chan struct{}, 1)}
	s.mu.Lock()
	s.watchers[w] = struct{}{}
	first, now := s.snapshot(), time.Now()
	for i := range first {
		first[i].At = now
	}
	w.queue = first
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}()
	for {
		s.mu.Lock()
		batch := w.queue
		w.queue = nil
		s.mu.Unlock()
		for _, e := range batch {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			emit(e)
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
