// Package ring keeps the newest of a stream in memory, bounded in number and in
// bytes, for readers that follow at their own pace.
//
// Who adds never waits. A reader holds a number, not a queue: one that falls behind
// finds out that entries are missing, and goes on with the oldest that are kept.
package ring

import (
	"context"
	"crypto/rand"
	"sync"
)

// A Ring keeps entries under growing numbers, the first of which is 1. It is safe
// for use by many goroutines.
type Ring[T any] struct {
	epoch      string
	count, all int // bounds: entries, and bytes of all of them

	mu      sync.Mutex
	kept    []entry[T] // oldest first
	bytes   int
	last    uint64 // number of the newest entry, kept or not
	cleared uint64 // how often Clear was called
	changed chan struct{}
}

type entry[T any] struct {
	value T
	size  int
}

// New returns an empty ring for at most count entries that are at most size bytes
// together. Its epoch is drawn anew.
func New[T any](count, size int) *Ring[T] {
	return &Ring[T]{epoch: rand.Text()[:12], count: count, all: size, changed: make(chan struct{})}
}

// Epoch names this ring; numbers are comparable within it only.
func (r *Ring[T]) Epoch() string { return r.epoch }

// Add keeps what make returns for the next number, which takes up size bytes. The
// oldest entries make room; one that is larger than the whole ring is not kept.
func (r *Ring[T]) Add(size int, make func(seq uint64) T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.kept = append(r.kept, entry[T]{make(r.last), size})
	r.bytes += size
	drop := 0
	for drop < len(r.kept) && (len(r.kept)-drop > r.count || r.bytes > r.all) {
		r.bytes -= r.kept[drop].size
		r.kept[drop] = entry[T]{} // nothing of it stays in memory
		drop++
	}
	r.kept = r.kept[drop:]
	r.wake()
}

// Clear drops everything, and ends every wait. Numbers go on.
func (r *Ring[T]) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.kept)
	r.kept, r.bytes = nil, 0
	r.cleared++
	r.wake()
}

func (r *Ring[T]) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// A Page is what follows a number.
type Page[T any] struct {
	Entries []T
	Last    uint64 // number of the newest entry that the page accounts for
	Missed  bool   // entries between the number and the first of these are not kept any more
}

// Read returns what follows number after. With nothing there it waits for an entry,
// until ctx ends or the ring is cleared: then the page is empty. An epoch that is not
// the ring's, or a number that it never reached, is that of another run: everything
// that is kept is returned then, as for number 0, and Missed is set.
func (r *Ring[T]) Read(ctx context.Context, epoch string, after uint64) Page[T] {
	r.mu.Lock()
	cleared := r.cleared
	r.mu.Unlock()
	for {
		page, again, changed := r.read(epoch, after)
		if len(page.Entries) > 0 || page.Missed || again != cleared {
			return page
		}
		select {
		case <-ctx.Done():
			return page
		case <-changed:
		}
	}
}

func (r *Ring[T]) read(epoch string, after uint64) (Page[T], uint64, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	page := Page[T]{Last: r.last}
	before := r.last - uint64(len(r.kept)) // number of the newest entry that is gone
	if after > 0 && (epoch != r.epoch || after > r.last) {
		after, page.Missed = 0, true
	}
	if after > 0 && after < before {
		page.Missed = true
	}
	for _, e := range r.kept[max(after, before)-before:] {
		page.Entries = append(page.Entries, e.value)
	}
	return page, r.cleared, r.changed
}
