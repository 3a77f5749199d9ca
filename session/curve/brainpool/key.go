package brainpool

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/subtle"
	"fmt"

	"filippo.io/bigmod"
)

// A PublicKey is a point of a curve that is not infinity.
type PublicKey struct {
	curve *Curve
	x, y  []byte
}

// NewPublicKey takes the coordinates of a point, each of the curve's size. It
// fails with ErrPoint.
func (c *Curve) NewPublicKey(x, y []byte) (*PublicKey, error) {
	px, err := c.coordinate(x)
	if err != nil {
		return nil, err
	}
	py, err := c.coordinate(y)
	if err != nil {
		return nil, err
	}
	if !c.contains(px, py) {
		return nil, fmt.Errorf("%w %s", ErrPoint, c.name)
	}
	return &PublicKey{curve: c, x: px.Bytes(c.p), y: py.Bytes(c.p)}, nil
}

// NewCompressedPublicKey takes x and the lowest bit of y. It fails with ErrPoint.
func (c *Curve) NewCompressedPublicKey(x []byte, odd bool) (*PublicKey, error) {
	px, err := c.coordinate(x)
	if err != nil {
		return nil, err
	}
	square := c.rightHand(px)
	root := c.zero().Exp(square, c.rootP, c.p)
	if set(c.zero(), root).Mul(root, c.p).Equal(square) != 1 {
		return nil, fmt.Errorf("%w %s", ErrPoint, c.name)
	}
	if odd != (root.IsOdd() == 1) {
		root = c.zero().Sub(root, c.p) // the order is odd, so that no point has y = 0
	}
	return &PublicKey{curve: c, x: px.Bytes(c.p), y: root.Bytes(c.p)}, nil
}

// ParsePublicKey reads an uncompressed point: 04 and both coordinates, SEC 1,
// clause 2.3.3. It fails with ErrPoint.
func (c *Curve) ParsePublicKey(point []byte) (*PublicKey, error) {
	if len(point) != 1+2*c.size || point[0] != 4 {
		return nil, fmt.Errorf("%w %s: %d bytes of another form", ErrPoint, c.name, len(point))
	}
	return c.NewPublicKey(point[1:1+c.size], point[1+c.size:])
}

func (c *Curve) coordinate(b []byte) (*bigmod.Nat, error) {
	if len(b) != c.size {
		return nil, fmt.Errorf("%w %s: coordinate of %d bytes", ErrPoint, c.name, len(b))
	}
	e, err := bigmod.NewNat().SetBytes(b, c.p)
	if err != nil {
		return nil, fmt.Errorf("%w %s: coordinate over the prime", ErrPoint, c.name)
	}
	return e, nil
}

// Curve returns the key's curve.
func (k *PublicKey) Curve() *Curve { return k.curve }

// X returns a copy of the first coordinate, of the curve's size.
func (k *PublicKey) X() []byte { return bytes.Clone(k.x) }

// Y returns a copy of the second coordinate, of the curve's size.
func (k *PublicKey) Y() []byte { return bytes.Clone(k.y) }

// Bytes returns the uncompressed point: 04 and both coordinates.
func (k *PublicKey) Bytes() []byte {
	return append(append(append(make([]byte, 0, 1+2*k.curve.size), 4), k.x...), k.y...)
}

// Equal reports whether other is the same point of the same curve.
func (k *PublicKey) Equal(other crypto.PublicKey) bool {
	o, ok := other.(*PublicKey)
	return ok && k.curve == o.curve && bytes.Equal(k.x, o.x) && bytes.Equal(k.y, o.y)
}

// point returns the key for calculating. It has been checked when it was made.
func (k *PublicKey) point() point {
	c := k.curve
	x, errX := bigmod.NewNat().SetBytes(k.x, c.p)
	y, errY := bigmod.NewNat().SetBytes(k.y, c.p)
	if errX != nil || errY != nil {
		panic("brainpool: a key that no constructor made")
	}
	return point{x, y, c.one()}
}

// A PrivateKey agrees on secrets and signs. It is a [crypto.Signer]. Different
// goroutines may use it at the same time, but not while another wipes it.
type PrivateKey struct {
	public PublicKey
	scalar []byte
}

// GenerateKey makes a key from crypto/rand.
func (c *Curve) GenerateKey() (*PrivateKey, error) {
	return c.NewPrivateKey(c.randomScalar())
}

// NewPrivateKey takes a scalar, big-endian and of the curve's size, and keeps a
// copy. It fails with ErrScalar.
func (c *Curve) NewPrivateKey(scalar []byte) (*PrivateKey, error) {
	if len(scalar) != c.size {
		return nil, fmt.Errorf("%w %s: %d bytes", ErrScalar, c.name, len(scalar))
	}
	d, err := bigmod.NewNat().SetBytes(scalar, c.n)
	if err != nil || d.IsZero() == 1 {
		return nil, fmt.Errorf("%w %s", ErrScalar, c.name)
	}
	x, y, _ := c.affine(c.combine(term{scalar, c.base}))
	return &PrivateKey{public: PublicKey{curve: c, x: x, y: y}, scalar: bytes.Clone(scalar)}, nil
}

// randomScalar returns a number between 1 and the order, each as likely as the
// others: what does not lie there is drawn again, FIPS 186-5, A.2.2.
func (c *Curve) randomScalar() []byte {
	scalar := make([]byte, c.size)
	for {
		_, _ = rand.Read(scalar) // never fails
		if d, err := bigmod.NewNat().SetBytes(scalar, c.n); err == nil && d.IsZero() == 0 {
			return scalar
		}
	}
}

// Public returns the public key, a *PublicKey.
func (k *PrivateKey) Public() crypto.PublicKey { return &k.public }

// PublicKey returns the public key.
func (k *PrivateKey) PublicKey() *PublicKey { return &k.public }

// Bytes returns a copy of the scalar, big-endian and of the curve's size.
func (k *PrivateKey) Bytes() []byte { return bytes.Clone(k.scalar) }

// Equal reports whether other is the same key.
func (k *PrivateKey) Equal(other crypto.PrivateKey) bool {
	o, ok := other.(*PrivateKey)
	return ok && k.public.curve == o.public.curve && subtle.ConstantTimeCompare(k.scalar, o.scalar) == 1
}

// Wipe overwrites the scalar. A key that was wiped agrees on nothing and signs
// nothing.
func (k *PrivateKey) Wipe() {
	clear(k.scalar)
	k.scalar = nil
}

// ECDH returns the shared secret with the other side's key: the first coordinate
// of the product, of the curve's size (BSI TR-03111, clause 4.3.1). It fails with
// ErrCurve, or with ErrScalar for a key that was wiped.
func (k *PrivateKey) ECDH(remote *PublicKey) ([]byte, error) {
	c := k.public.curve
	if remote.curve != c {
		return nil, fmt.Errorf("%w: %s and %s", ErrCurve, c, remote.curve)
	}
	if k.scalar == nil {
		return nil, fmt.Errorf("%w %s: it has been wiped", ErrScalar, c.name)
	}
	x, _, ok := c.affine(c.combine(term{k.scalar, c.multiples(remote.point())}))
	if !ok {
		return nil, fmt.Errorf("%w %s: the product is infinity", ErrPoint, c.name)
	}
	return x, nil
}
