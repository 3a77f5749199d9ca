package reader

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Calls counts the calls into a device library that were given up and have not
// returned yet. Such a call keeps an operating system thread, so their number is
// bounded: at the bound, further calls are refused until one comes back.
//
// The zero value has no bound. Calls must not be copied after first use.
type Calls struct {
	// Max is the largest number of abandoned calls; 0 means no bound.
	Max int
	// Serial, when set, is a channel of one slot that lets one call run at a time.
	// A call waits for the one before it, abandoned or not, as long as its
	// context lasts.
	Serial chan struct{}

	abandoned atomic.Int64
}

// Abandoned returns how many given-up calls have not returned yet.
func (c *Calls) Abandoned() int {
	if c == nil {
		return 0
	}
	return int(c.abandoned.Load())
}

func (c *Calls) count(n int64) {
	if c != nil {
		c.abandoned.Add(n)
	}
}

func (c *Calls) release() {
	if c != nil && c.Serial != nil {
		<-c.Serial
	}
}

// Call runs op, which nothing can interrupt, and waits for it no longer than ctx
// lasts. When ctx ends first, Call returns at once with an error as
// [ContextError] makes it and op runs on, abandoned; when it returns in the end,
// late (unless nil) gets what it returned, to release it. Exactly one of the
// caller and late gets the result.
//
// op runs in a goroutine of its own. calls may be nil, for no bound; at the bound
// op is not started and the error wraps [ErrNoService].
func Call[T any](ctx context.Context, calls *Calls, op func() (T, error), late func(T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, ContextError(ctx)
	}
	if calls != nil && calls.Max > 0 && calls.Abandoned() >= calls.Max {
		return none, fmt.Errorf("%w: %d calls have not returned", ErrNoService, calls.Abandoned())
	}

	if calls != nil && calls.Serial != nil {
		select {
		case calls.Serial <- struct{}{}:
		case <-ctx.Done():
			return none, ContextError(ctx)
		}
	}

	type result struct {
		value T
		err   error
	}
	const (
		waiting = iota
		finished
		givenUp
	)
	var state atomic.Int32
	done := make(chan result, 1)
	go func() {
		var r result
		r.value, r.err = op()
		if state.CompareAndSwap(waiting, finished) {
			calls.release()
			done <- r
			return
		}
		if late != nil {
			late(r.value, r.err)
		}
		calls.release()
		calls.count(-1)
	}()

	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	calls.count(1) // before the state says so, lest it be subtracted first
	if state.CompareAndSwap(waiting, givenUp) {
		return none, ContextError(ctx)
	}
	calls.count(-1)
	r := <-done // it finished in the same moment
	return r.value, r.err
}

// Exchange is [Call] for one APDU: it runs transmit under the deadline of ctx.
// When ctx ends first the exchange is given up, and abandoned (unless nil) is
// called once transmit has returned after all; its late answer is cleared.
func Exchange(ctx context.Context, transmit func() ([]byte, error), abandoned func()) ([]byte, error) {
	return Call(ctx, nil, transmit, func(answer []byte, _ error) {
		clear(answer)
		if abandoned != nil {
			abandoned()
		}
	})
}

// ContextError says why an exchange under ctx was given up: an error that wraps
// [ErrTimeout] when a deadline passed, and always the context's own error and
// cause.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil {
		return nil
	}
	if !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return err
}
