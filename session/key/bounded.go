package key

import (
	"crypto"
	"errors"
	"io"
	"time"

	"kazashi/session/fault"
)

// signTimeout is how long a token may take for one signature. A phone lies in the field
// meanwhile; hardware takes tens of milliseconds.
const signTimeout = 5 * time.Second

var errStuck = errors.New("the token does not answer")

// bounded lets one signature at a time through to a signer that may never answer. One
// call that hangs is left behind, and no other is sent after it until it returns: a
// stuck token costs one goroutine, and each tap no more than the timeout.
type bounded struct {
	signer crypto.Signer
	turn   chan struct{} // holds one token while nobody signs
}

func newBounded(signer crypto.Signer) *bounded {
	b := &bounded{signer: signer, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// Public implements [crypto.Signer].
func (b *bounded) Public() crypto.PublicKey { return b.signer.Public() }

// Sign implements [crypto.Signer].
func (b *bounded) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	timer := time.NewTimer(signTimeout)
	defer timer.Stop()
	stuck := fault.Wrap(fault.ReaderKeyUnreadable, errStuck, "signing a request")
	select {
	case <-b.turn:
	case <-timer.C:
		return nil, stuck
	}
	type result struct {
		signature []byte
		err       error
	}
	done := make(chan result, 1)
	go func() {
		signature, err := b.signer.Sign(rand, digest, opts)
		b.turn <- struct{}{}
		done <- result{signature, err}
	}()
	select {
	case r := <-done:
		return r.signature, r.err
	case <-timer.C:
		return nil, stuck
	}
}

// Close closes the signer, unless it is stuck.
func (b *bounded) Close() error {
	c, ok := b.signer.(io.Closer)
	if !ok {
		return nil
	}
	select {
	case <-b.turn:
	default:
		return errStuck
	}
	defer func() { b.turn <- struct{}{} }()
	return c.Close()
}
