// Package feed is the daemon's log of changes: a ring of events with growing
// numbers, from which any number of readers follow at their own pace.
//
// The side that publishes never waits. A reader holds a number, not a queue; one
// that falls behind by more than the ring finds that out and starts over from a
// snapshot.
package feed

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"kazashi/transport/api"
)

// DefaultSize is how many events a log keeps when nothing else is said: some
// dozens of presentations with all their phases.
const DefaultSize = 1024

// A Log keeps the newest events. It is safe for use by many goroutines.
type Log struct {
	epoch string

	mu      sync.Mutex
	ring    []api.Event // event n stands at n % len
	last    uint64      // number of the newest event, 0 before the first
	changed chan struct{}
	closed  bool
}

// New returns an empty log that keeps size events, or [DefaultSize] for 0. Its
// epoch is drawn anew.
func New(size int) *Log {
	if size <= 0 {
		size = DefaultSize
	}
	return &Log{
		epoch:   rand.Text()[:12],
		ring:    make([]api.Event, size),
		changed: make(chan struct{}),
	}
}

// Epoch names this log; numbers are comparable within it only.
func (l *Log) Epoch() string { return l.epoch }

// Last returns the number of the newest event, 0 when there is none.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Publish numbers, dates and keeps an event, and returns its number. What the
// event points to must not change any more. After [Log.Close] it does nothing.
func (l *Log) Publish(e api.Event) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.last
	}
	l.last++
	e.Seq, e.Epoch, e.At = l.last, l.epoch, time.Now().UTC()
	l.ring[l.last%uint64(len(l.ring))] = e
	close(l.changed)
	l.changed = make(chan struct{})
	return l.last
}

// Close ends every reader once it has read what is there.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.changed)
	}
}

// oldest is the number of the oldest event that is kept.
func (l *Log) oldest() uint64 {
	if size := uint64(len(l.ring)); l.last > size {
		return l.last - size + 1
	}
	return 1
}

// Kept reports whether a reader that knows everything up to number after, in the
// given epoch, can go on without missing an event.
func (l *Log) Kept(epoch string, after uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return epoch == l.epoch && after <= l.last && after+1 >= l.oldest()
}

// Read returns at most limit events that follow number after, in order. With
// none there it waits for one, until ctx ends or the log is closed: then it
// returns ctx's error or [ErrClosed]. [ErrLost] means that the events after that
// number are not kept any more.
func (l *Log) Read(ctx context.Context, after uint64, limit int) ([]api.Event, error) {
	for {
		events, changed, err := l.read(after, limit)
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func (l *Log) read(after uint64, limit int) ([]api.Event, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after > l.last || after+1 < l.oldest() {
		return nil, nil, ErrLost
	}
	n := min(l.last-after, uint64(max(limit, 1)))
	if n == 0 && l.closed {
		return nil, nil, ErrClosed
	}
	events := make([]api.Event, 0, n)
	for seq := after + 1; seq <= after+n; seq++ {
		events = append(events, l.ring[seq%uint64(len(l.ring))])
	}
	return events, l.changed, nil
}
