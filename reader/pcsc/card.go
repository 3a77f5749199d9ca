package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kazashi/reader"
	"kazashi/reader/apdu"
)

var errClosed = errors.New("card closed")

// A session is what a tap holds of PC/SC. It is given back when its owner has
// closed it and no call is under way any more, given up or not.
type session struct {
	service service
	handle  handle // nil until connected

	mu       sync.Mutex
	refs     int // the owner's one, and one for each call under way
	closed   atomic.Bool
	removed  atomic.Bool   // the card was found to have left
	changed  func()        // tells that what lies there is not what was opened
	released chan struct{} // closed once PC/SC has everything back
	done     func()
}

// begin reports whether a call may start.
func (t *session) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refs == 0 || t.closed.Load() {
		return false
	}
	t.refs++
	return true
}

// end gives the session back after its last call.
func (t *session) end() {
	t.mu.Lock()
	t.refs--
	last := t.refs == 0
	t.mu.Unlock()
	if !last {
		return
	}
	// Neither call can tell anything that would be of use by now.
	if t.handle != nil {
		how := unpower
		if t.removed.Load() && t.leaves() {
			how = leave // there is nothing to power down
		}
		_ = t.handle.disconnect(how)
	}
	if t.service != nil {
		_ = t.service.release()
	}
	t.done()
	close(t.released)
}

// leaves waits until pcscd has seen as well that the card left, and reports whether it
// did. What lies there when it never sees that came while it did not look, and is
// another card, or the same one anew: for that one, which pcscd counts as no event, the
// watcher has to be told. Powering down a card that is gone would end as badly: pcscd
// then forgets the card, and does not see the next one if that comes at once.
func (t *session) leaves() bool {
	ctx, cancel := context.WithTimeout(context.Background(), noticedWithin)
	defer cancel()
	for {
		if t.handle.status() != nil {
			return true
		}
		if sleep(ctx, noticeEvery) != nil {
			t.changed()
			return false
		}
	}
}

// close drops the owner's hold, and reports whether that ends the session: a call
// that is still under way would end it later. It does nothing when called again.
func (t *session) close() (ends bool) {
	if t.closed.Swap(true) {
		return false
	}
	t.mu.Lock()
	ends = t.refs == 1
	t.mu.Unlock()
	go t.end()
	return ends
}

// A card is the card of one tap.
type card struct {
	system  *System
	session *session

	mu   sync.Mutex
	dead error // why only Close may be called
}

func (c *card) Limits() reader.Limits { return c.system.options.Limits }

// Transmit implements [reader.Card].
func (c *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead != nil {
		return nil, fmt.Errorf("exchange on a dead card: %w", c.dead)
	}
	answer, err := c.transmit(ctx, command)
	if err != nil {
		c.dead = err
		c.session.removed.Store(errors.Is(err, reader.ErrCardRemoved))
	}
	return answer, err
}

// The shortest command is a header; the longest that pcsc-lite takes is an
// extended case 4 with all its length fields.
const (
	minCommand = 4
	maxCommand = 4 + 3 + apdu.MaxExtendedData + 2
)

func (c *card) transmit(ctx context.Context, command []byte) ([]byte, error) {
	if len(command) < minCommand || len(command) > maxCommand {
		return nil, fmt.Errorf("%w: command of %d bytes", reader.ErrTransmission, len(command))
	}
	command = slices.Clone(command) // the caller's is the caller's again when a call is given up
	answer, err := reader.Call(ctx, &c.system.calls, func() ([]byte, error) {
		if !c.session.begin() {
			return nil, errClosed
		}
		defer c.session.end()
		answer, err := c.session.handle.transmit(command)
		if codeOf(err) == notTransacted {
			err = c.why(ctx, err)
		}
		return answer, err
	}, func(late []byte, _ error) { clear(late) })
	if err != nil {
		return nil, err
	}
	if len(answer) < 2 {
		// So says pcsc-lite, without an error, when the card leaves in mid-command.
		return nil, fmt.Errorf("%w: answer of %d bytes", reader.ErrCardRemoved, len(answer))
	}
	return answer, nil
}

// pcscd looks every 400 ms whether the card is still there. So long after a
// failed exchange it may not know yet that the card has left.
const (
	noticedWithin = 600 * time.Millisecond
	noticeEvery   = 20 * time.Millisecond
)

// why tells a card that left from one that failed: readers call both "not
// transacted".
func (c *card) why(ctx context.Context, failure error) error {
	ctx, cancel := context.WithTimeout(ctx, noticedWithin)
	defer cancel()
	for {
		if gone := c.session.handle.status(); gone != nil {
			return fmt.Errorf("%w: after %v", gone, failure) //nolint:errorlint // it is this kind of error and no longer that one
		}
		if sleep(ctx, noticeEvery) != nil {
			return failure
		}
	}
}

// Close implements [reader.Card]. It waits until the card is powered down, no
// longer than a call may take. An exchange that was given up ends by itself
// instead, and the next Open of the reader waits for it. For a card that left it
// waits until the service has seen that as well.
func (c *card) Close() error {
	if !c.session.close() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.system.options.CallTimeout)
	defer cancel()
	select {
	case <-c.session.released:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("powering the card down: %w", reader.ContextError(ctx))
	}
}
