package ring

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func number(seq uint64) uint64 { return seq }

// past is a context that has ended: a look without a wait.
func past() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// A reader that goes on from where it was sees every entry once, in order, and is
// told whenever some are gone; and the ring keeps to both of its bounds.
func TestRingAgainstAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count, size := rapid.IntRange(1, 8).Draw(t, "count"), rapid.IntRange(1, 40).Draw(t, "size")
		r := New[uint64](count, size)
		var sizes []int // of all entries ever
		var after uint64
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := rapid.IntRange(0, 50).Draw(t, "bytes")
				sizes = append(sizes, n)
				r.Add(n, number)
			},
			"read": func(t *rapid.T) {
				page := r.Read(past(), r.Epoch(), after)
				kept, bytes := 0, 0
				for kept < len(sizes) && kept < count && bytes+sizes[len(sizes)-1-kept] <= size {
					bytes += sizes[len(sizes)-1-kept]
					kept++
				}
				last := uint64(len(sizes))
				first := max(after, last-uint64(kept)) + 1
				if page.Last != last || uint64(len(page.Entries)) != last+1-first {
					t.Fatalf("%d entries up to %d after %d; want %d to %d", len(page.Entries), page.Last, after, first, last)
				}
				for i, got := range page.Entries {
					if got != first+uint64(i) {
						t.Fatalf("entry %d is %d", first+uint64(i), got)
					}
				}
				if page.Missed != (after > 0 && first > after+1) {
					t.Fatalf("missed %v: after %d, first %d", page.Missed, after, first)
				}
				after = page.Last
			},
		})
	})
}

func TestReaderOfAnotherRun(t *testing.T) {
	r := New[uint64](4, 100)
	r.Add(1, number)
	for _, position := range []struct {
		epoch string
		after uint64
	}{{"OTHER", 1}, {r.Epoch(), 7}} {
		if page := r.Read(past(), position.epoch, position.after); !page.Missed || len(page.Entries) != 1 || page.Last != 1 {
			t.Errorf("%+v: %+v", position, page)
		}
	}
}

func TestReaderWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New[uint64](4, 100)
		pages := make(chan Page[uint64], 1)
		wait := func(after uint64) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			pages <- r.Read(ctx, r.Epoch(), after)
		}
		go wait(0)
		synctest.Wait()
		r.Add(1, number)
		if page := <-pages; len(page.Entries) != 1 {
			t.Errorf("an entry came: %+v", page)
		}
		go wait(1)
		synctest.Wait()
		r.Clear()
		if page := <-pages; len(page.Entries) != 0 || page.Missed || page.Last != 1 {
			t.Errorf("cleared: %+v", page)
		}
		start := time.Now()
		go wait(1)
		if page := <-pages; len(page.Entries) != 0 || time.Since(start) != time.Minute {
			t.Errorf("nothing came: %+v after %s", page, time.Since(start))
		}
		r.Add(1, number)
		if page := r.Read(past(), r.Epoch(), 0); len(page.Entries) != 1 || page.Entries[0] != 2 {
			t.Errorf("after Clear numbers go on: %+v", page)
		}
	})
}
