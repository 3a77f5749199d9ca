package specimen

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"kazashi/session/certificate"
	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
)

// A Curve is one of ISO/IEC 18013-5, on which specimen keys lie.
type Curve int

// The curves. The last two sign nothing: a device key on one of them authenticates by
// a MAC, and no certificate is for one.
const (
	P256 Curve = iota
	P384
	P521
	BrainpoolP256r1
	BrainpoolP320r1
	BrainpoolP384r1
	BrainpoolP512r1
	Ed25519
	Ed448
	X25519
	X448
)

var curves = map[Curve]struct {
	name     string
	generate func() (crypto.PrivateKey, error)
}{
	P256:            {"P-256", func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }},
	P384:            {"P-384", func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) }},
	P521:            {"P-521", func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P521(), rand.Reader) }},
	BrainpoolP256r1: {"brainpoolP256r1", func() (crypto.PrivateKey, error) { return brainpool.P256r1().GenerateKey() }},
	BrainpoolP320r1: {"brainpoolP320r1", func() (crypto.PrivateKey, error) { return brainpool.P320r1().GenerateKey() }},
	BrainpoolP384r1: {"brainpoolP384r1", func() (crypto.PrivateKey, error) { return brainpool.P384r1().GenerateKey() }},
	BrainpoolP512r1: {"brainpoolP512r1", func() (crypto.PrivateKey, error) { return brainpool.P512r1().GenerateKey() }},
	Ed25519: {"Ed25519", func() (crypto.PrivateKey, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}},
	Ed448:  {"Ed448", func() (crypto.PrivateKey, error) { return certificate.GenerateEd448() }},
	X25519: {"X25519", func() (crypto.PrivateKey, error) { return ecdh.X25519().GenerateKey(rand.Reader) }},
	X448:   {"X448", func() (crypto.PrivateKey, error) { return x448.GenerateKey() }},
}

// String returns the curve's name.
func (c Curve) String() string {
	if k, ok := curves[c]; ok {
		return k.name
	}
	return fmt.Sprintf("curve %d", int(c))
}

// Generate makes a fresh key on the curve, which is a [crypto.Signer] where the curve
// signs: an *ecdsa.PrivateKey, *brainpool.PrivateKey, ed25519.PrivateKey,
// ed448.PrivateKey of circl, *ecdh.PrivateKey or *x448.PrivateKey.
func (c Curve) Generate() (crypto.PrivateKey, error) {
	k, ok := curves[c]
	if !ok {
		return nil, fmt.Errorf("no keys on %s", c)
	}
	return k.generate()
}

// signer makes a fresh key that signs.
func (c Curve) signer() (crypto.Signer, error) {
	key, err := c.Generate()
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("nothing is signed on %s", c)
	}
	return signer, nil
}

// public returns the public half.
func public(key crypto.PrivateKey) crypto.PublicKey {
	return key.(interface{ Public() crypto.PublicKey }).Public()
}
