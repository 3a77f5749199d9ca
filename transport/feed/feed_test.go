package feed_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"kazashi/transport/api"
	"kazashi/transport/feed"
)

func TestReadFollowsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 9).Draw(t, "size")
		log := feed.New(size)
		published := rapid.Uint64Range(0, 30).Draw(t, "published")
		for range published {
			log.Publish(api.Event{Type: api.EventHealth})
		}
		after := rapid.Uint64Range(0, 35).Draw(t, "after")
		kept := after <= published && published-after <= uint64(size)
		if got := log.Kept(log.Epoch(), after); got != kept {
			t.Fatalf("Kept(%d) = %v with %d published into %d", after, got, published, size)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		want := after + 1
		for cursor := after; ; {
			events, err := log.Read(ctx, cursor, 4)
			if !kept {
				if !errors.Is(err, feed.ErrLost) {
					t.Fatalf("read of what is gone: %v", err)
				}
				return
			}
			if err != nil {
				if cursor != published || !errors.Is(err, context.Canceled) {
					t.Fatalf("read ended at %d of %d: %v", cursor, published, err)
				}
				return
			}
			for _, e := range events {
				if e.Seq != want || e.Epoch != log.Epoch() {
					t.Fatalf("event %d of epoch %s where %d was due", e.Seq, e.Epoch, want)
				}
				want++
			}
			cursor = events[len(events)-1].Seq
		}
	})
}

func TestAnotherEpochIsNotKept(t *testing.T) {
	if feed.New(4).Kept(feed.New(4).Epoch(), 0) {
		t.Fatal("a number of another run was taken for one of this run")
	}
}

// A thousand readers that never read cost the publisher nothing: it does not
// wait for them, and they find out that they lost events.
func TestF48_SlowReadersDoNotHoldThePublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := feed.New(8)
		ctx, cancel := context.WithCancel(t.Context())
		var idle sync.WaitGroup
		for range 1000 {
			idle.Go(func() { _, _ = log.Read(ctx, 0, 1) })
		}
		synctest.Wait()
		for range 100 {
			log.Publish(api.Event{Type: api.EventReader})
		}
		if _, err := log.Read(ctx, 1, 8); !errors.Is(err, feed.ErrLost) {
			t.Errorf("a reader 99 events behind a ring of 8 got %v", err)
		}
		cancel()
		idle.Wait()
	})
}

func TestCloseEndsReadersAfterTheLastEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := feed.New(8)
		done := make(chan error)
		go func() {
			if _, err := log.Read(t.Context(), 0, 8); err != nil {
				done <- err
				return
			}
			_, err := log.Read(t.Context(), 1, 8)
			done <- err
		}()
		log.Publish(api.Event{Type: api.EventReader})
		synctest.Wait()
		log.Close()
		log.Close()
		if err := <-done; !errors.Is(err, feed.ErrClosed) {
			t.Fatalf("read of a closed log: %v", err)
		}
		if n := log.Publish(api.Event{Type: api.EventReader}); n != 1 {
			t.Fatalf("a closed log took event %d", n)
		}
	})
}
