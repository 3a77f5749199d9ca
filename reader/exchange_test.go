package reader

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestExchangeAnswersInTime(t *testing.T) {
	want := errors.New("failed")
	answer, err := Exchange(t.Context(), func() ([]byte, error) { return []byte{0x90, 0}, want }, func() { t.Error("abandoned") })
	if len(answer) != 2 || !errors.Is(err, want) {
		t.Errorf("%X, %v", answer, err)
	}
}

func TestF06_ExchangeIsAbandonedAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		late := []byte{1, 2, 0x90, 0}
		var released atomic.Bool
		start := time.Now()
		_, err := Exchange(ctx, func() ([]byte, error) {
			<-time.After(10 * time.Second) // a card that takes its time
			return late, nil
		}, func() { released.Store(true) })
		if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		synctest.Wait()
		if released.Load() {
			t.Error("released while the call still ran")
		}
		<-time.After(7 * time.Second)
		synctest.Wait()
		if !released.Load() || late[0] != 0 || late[2] != 0 {
			t.Errorf("released %t, late answer %X", released.Load(), late)
		}
	})
}

func TestCallIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &Calls{Max: 2}
		let := make(chan struct{})
		stuck := func() (int, error) { <-let; return 1, nil }
		var late atomic.Int32
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := Call(ctx, calls, stuck, func(int, error) { late.Add(1) })
			cancel()
			if !errors.Is(err, ErrTimeout) {
				t.Fatal(err)
			}
		}
		_, err := Call(t.Context(), calls, func() (int, error) { t.Error("started past the bound"); return 0, nil }, nil)
		if !errors.Is(err, ErrNoService) || calls.Abandoned() != 2 {
			t.Errorf("%v with %d abandoned", err, calls.Abandoned())
		}
		close(let)
		synctest.Wait()
		if n, err := Call(t.Context(), calls, stuck, nil); n != 1 || err != nil || calls.Abandoned() != 0 || late.Load() != 2 {
			t.Errorf("%d, %v with %d abandoned, %d late", n, err, calls.Abandoned(), late.Load())
		}
	})
}

func TestCallDoesNotStartUnderAnEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	cancel(over)
	_, err := Call(ctx, nil, func() (int, error) { t.Error("started"); return 0, nil }, nil)
	if !errors.Is(err, over) || !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
}

// Whoever wins when the answer and the deadline meet, the result goes to exactly
// one of the two.
func TestCallResultGoesToOne(t *testing.T) {
	for range 2000 {
		ctx, cancel := context.WithCancel(t.Context())
		calls := &Calls{Max: 1}
		late := make(chan int, 1)
		n, err := Call(ctx, calls, func() (int, error) { cancel(); return 1, nil }, func(n int, _ error) { late <- n })
		if err != nil {
			n = <-late
		}
		if n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		select {
		case <-late:
			t.Fatal("both got the result")
		default:
		}
	}
}

func TestSerialCallsWaitForAbandonedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &Calls{Serial: make(chan struct{}, 1)}
		let := make(chan struct{})
		var running atomic.Int32
		op := func() (int, error) {
			running.Add(1)
			<-let
			return 0, nil
		}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := Call(ctx, calls, op, nil); !errors.Is(err, ErrTimeout) {
				t.Error(err)
			}
			cancel()
		}
		if running.Load() != 1 || calls.Abandoned() != 1 {
			t.Errorf("%d calls ran at once, %d abandoned", running.Load(), calls.Abandoned())
		}
		close(let)
		if _, err := Call(t.Context(), calls, op, nil); err != nil || running.Load() != 2 || calls.Abandoned() != 0 {
			t.Errorf("%v, %d ran, %d abandoned", err, running.Load(), calls.Abandoned())
		}
	})
}
