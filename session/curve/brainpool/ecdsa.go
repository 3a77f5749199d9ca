package brainpool

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"filippo.io/bigmod"
)

var (
	errHash      = errors.New("digest is not that of the hash named")
	errSignature = errors.New("no signature of this curve")
)

// Verify reports whether signature is that of a digest: r and s, big-endian, each
// of the curve's size. A digest longer than the curve is cut on its right, as SEC 1,
// clause 4.1.4, has it.
func (k *PublicKey) Verify(digest, signature []byte) bool {
	c := k.curve
	if len(signature) != 2*c.size {
		return false
	}
	r, errR := bigmod.NewNat().SetBytes(signature[:c.size], c.n)
	s, errS := bigmod.NewNat().SetBytes(signature[c.size:], c.n)
	if errR != nil || errS != nil || r.IsZero() == 1 || s.IsZero() == 1 {
		return false
	}
	inverse := bigmod.NewNat().Exp(s, c.invertN, c.n)
	u1 := c.number(digest).Mul(inverse, c.n)
	u2 := inverse.Mul(r, c.n)
	x, _, ok := c.affine(c.combine(term{u1.Bytes(c.n), c.base}, term{u2.Bytes(c.n), c.multiples(k.point())}))
	return ok && c.modOrder(x).Equal(r) == 1
}

// VerifyASN1 is Verify for the form of certificates: a DER sequence of two
// integers, and nothing after it.
func (k *PublicKey) VerifyASN1(digest, signature []byte) bool {
	raw, err := k.curve.ParseSignature(signature)
	return err == nil && k.Verify(digest, raw)
}

// SignRaw signs a digest and returns r and s, big-endian, each of the curve's size.
// The number used once comes from crypto/rand. It fails with ErrScalar for a key
// that was wiped.
func (k *PrivateKey) SignRaw(digest []byte) ([]byte, error) {
	c := k.public.curve
	if k.scalar == nil {
		return nil, fmt.Errorf("%w %s: it has been wiped", ErrScalar, c.name)
	}
	d, err := bigmod.NewNat().SetBytes(k.scalar, c.n)
	if err != nil {
		return nil, fmt.Errorf("%w %s", ErrScalar, c.name)
	}
	for {
		once := c.randomScalar()
		x, _, _ := c.affine(c.combine(term{once, c.base}))
		r := c.modOrder(x)
		nonce, err := bigmod.NewNat().SetBytes(once, c.n)
		clear(once)
		if err != nil || r.IsZero() == 1 {
			continue
		}
		// s = (digest + rd) / nonce
		s := bigmod.NewNat().Exp(nonce, c.invertN, c.n)
		s.Mul(c.modOrder(r.Bytes(c.n)).Mul(d, c.n).Add(c.number(digest), c.n), c.n)
		if s.IsZero() == 0 {
			return append(r.Bytes(c.n), s.Bytes(c.n)...), nil
		}
	}
}

// Sign implements [crypto.Signer] with signatures in DER. opts names the hash that
// made the digest, or none; random is not used, the numbers come from crypto/rand.
func (k *PrivateKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts != nil && opts.HashFunc() != 0 && opts.HashFunc().Size() != len(digest) {
		return nil, errHash
	}
	raw, err := k.SignRaw(digest)
	if err != nil {
		return nil, err
	}
	half := len(raw) / 2
	return asn1.Marshal(pair{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
}

// number returns a digest as a number modulo the order. All orders here have a
// whole number of bytes, so that cutting bits is cutting bytes.
func (c *Curve) number(digest []byte) *bigmod.Nat {
	return c.modOrder(digest[:min(len(digest), c.size)])
}

// modOrder reduces a number of at most the curve's size.
func (c *Curve) modOrder(b []byte) *bigmod.Nat {
	e, err := bigmod.NewNat().SetOverflowingBytes(b, c.n)
	if err != nil {
		panic("brainpool: a number that is longer than the order")
	}
	return e
}

// A pair is Ecdsa-Sig-Value of RFC 3279.
type pair struct{ R, S *big.Int }

// ParseSignature turns a signature in DER into the form of Verify. Anything but a
// sequence of two positive integers of at most the curve's size is an error.
func (c *Curve) ParseSignature(signature []byte) ([]byte, error) {
	var p pair
	if _, err := asn1.Unmarshal(signature, &p); err != nil {
		return nil, err
	}
	if p.R.Sign() <= 0 || p.S.Sign() <= 0 || p.R.BitLen() > 8*c.size || p.S.BitLen() > 8*c.size {
		return nil, errSignature
	}
	// encoding/asn1 passes over what else stands in the sequence or after it.
	if again, err := asn1.Marshal(p); err != nil || !bytes.Equal(again, signature) {
		return nil, errSignature
	}
	raw := make([]byte, 2*c.size)
	p.R.FillBytes(raw[:c.size])
	p.S.FillBytes(raw[c.size:])
	return raw, nil
}
