// Package x448 is the key agreement of RFC 7748 on Curve448, in the manner of
// crypto/ecdh: keys that are checked when they are made, and no shared secret from
// a point of low order. The arithmetic, in constant time, is that of
// github.com/cloudflare/circl.
package x448

import (
	"crypto"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/cloudflare/circl/dh/x448"
)

// Size is the length in bytes of a public key, a private key and a shared secret.
const Size = x448.Size

// What can be wrong.
var (
	// ErrLength means that a key does not have 56 bytes.
	ErrLength = errors.New("no x448 key")
	// ErrLowOrder means that the other side's key is a point of low order, with
	// which every shared secret is zero.
	ErrLowOrder = errors.New("x448 key of low order")
	// ErrWiped means that a private key has been overwritten.
	ErrWiped = errors.New("x448 key has been wiped")
)

// A PublicKey is a u-coordinate. RFC 7748 takes every string of 56 bytes as one,
// also those over the prime; what is of low order shows in [PrivateKey.ECDH].
type PublicKey struct{ key x448.Key }

// NewPublicKey takes 56 bytes, little-endian as in RFC 7748. It fails with ErrLength.
func NewPublicKey(b []byte) (*PublicKey, error) {
	if len(b) != Size {
		return nil, fmt.Errorf("%w: %d bytes", ErrLength, len(b))
	}
	return &PublicKey{key: x448.Key(b)}, nil
}

// Bytes returns a copy of the key.
func (k *PublicKey) Bytes() []byte { return append([]byte(nil), k.key[:]...) }

// Equal reports whether other has the same bytes.
func (k *PublicKey) Equal(other crypto.PublicKey) bool {
	o, ok := other.(*PublicKey)
	return ok && k.key == o.key
}

// A PrivateKey agrees on secrets.
type PrivateKey struct {
	secret x448.Key
	public PublicKey
	wiped  bool
}

// GenerateKey makes a key from crypto/rand.
func GenerateKey() (*PrivateKey, error) {
	var seed x448.Key
	_, _ = rand.Read(seed[:]) // never fails
	defer clear(seed[:])
	return NewPrivateKey(seed[:])
}

// NewPrivateKey takes 56 bytes and keeps a copy; which bits count is for RFC 7748.
// It fails with ErrLength.
func NewPrivateKey(b []byte) (*PrivateKey, error) {
	if len(b) != Size {
		return nil, fmt.Errorf("%w: %d bytes", ErrLength, len(b))
	}
	k := &PrivateKey{secret: x448.Key(b)}
	x448.KeyGen(&k.public.key, &k.secret)
	return k, nil
}

// Public returns the public key, a *PublicKey.
func (k *PrivateKey) Public() crypto.PublicKey { return &k.public }

// PublicKey returns the public key.
func (k *PrivateKey) PublicKey() *PublicKey { return &k.public }

// Bytes returns a copy of the secret.
func (k *PrivateKey) Bytes() []byte { return append([]byte(nil), k.secret[:]...) }

// Equal reports whether other is the same key.
func (k *PrivateKey) Equal(other crypto.PrivateKey) bool {
	o, ok := other.(*PrivateKey)
	return ok && subtle.ConstantTimeCompare(k.secret[:], o.secret[:]) == 1
}

// Wipe overwrites the key. A key that was wiped agrees on nothing.
func (k *PrivateKey) Wipe() {
	clear(k.secret[:])
	k.wiped = true
}

// ECDH returns the shared secret with the other side's key. It fails with
// ErrLowOrder where that secret is zero, and with ErrWiped.
func (k *PrivateKey) ECDH(remote *PublicKey) ([]byte, error) {
	if k.wiped {
		return nil, ErrWiped
	}
	var shared x448.Key
	if !x448.Shared(&shared, &k.secret, &remote.key) {
		return nil, ErrLowOrder
	}
	return shared[:], nil
}
