package key

import (
	"crypto"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
)

// A scripted signer answers when it is told to, and counts who is inside.
type scripted struct {
	answers chan []byte
	inside  int
	closed  bool
}

func (*scripted) Public() crypto.PublicKey { return nil }

func (s *scripted) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	s.inside++
	if s.inside > 1 {
		panic("two signatures at once")
	}
	defer func() { s.inside-- }()
	return <-s.answers, nil
}

func (s *scripted) Close() error {
	s.closed = true
	return nil
}

func TestStuckTokenCostsNoMoreThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &scripted{answers: make(chan []byte, 1)}
		b := newBounded(inner)
		for range 3 {
			start := time.Now()
			_, err := b.Sign(nil, nil, nil)
			if !errors.Is(err, errStuck) || fault.CodeOf(err) != fault.ReaderKeyUnreadable || time.Since(start) != signTimeout {
				t.Errorf("%v after %s", err, time.Since(start))
			}
		}
		if err := b.Close(); !errors.Is(err, errStuck) || inner.closed {
			t.Errorf("closed while it signs: %v", err)
		}
		// The first call ends; its late answer is nobody's, and the next one is served.
		inner.answers <- []byte("late")
		synctest.Wait()
		inner.answers <- []byte("next")
		if signature, err := b.Sign(nil, nil, nil); err != nil || string(signature) != "next" {
			t.Errorf("%q, %v", signature, err)
		}
		if err := b.Close(); err != nil || !inner.closed {
			t.Errorf("not closed: %v", err)
		}
	})
}

func TestOneSignatureAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &scripted{answers: make(chan []byte)}
		b := newBounded(inner)
		const callers = 10
		errs := make(chan error, callers)
		for range callers {
			go func() {
				_, err := b.Sign(nil, nil, nil)
				errs <- err
			}()
		}
		for range callers {
			inner.answers <- []byte{1}
		}
		for range callers {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}
