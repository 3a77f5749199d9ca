package seal

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
	"kazashi/session/fault"
)

// A Curve is a curve of cipher suite 1, by its number in the IANA registry of COSE.
type Curve int64

// The curves of cipher suite 1, ISO/IEC 18013-5, clause 9.1.5.2. Of the phones that
// are known, all use P-256.
const (
	P256            Curve = 1
	P384            Curve = 2
	P521            Curve = 3
	X25519          Curve = 4
	X448            Curve = 5
	BrainpoolP256r1 Curve = 256
	BrainpoolP320r1 Curve = 257
	BrainpoolP384r1 Curve = 258
	BrainpoolP512r1 Curve = 259
)

var curves = map[Curve]struct {
	name     string
	generate func() (crypto.PrivateKey, error)
}{
	P256:            {"P-256", func() (crypto.PrivateKey, error) { return ecdh.P256().GenerateKey(rand.Reader) }},
	P384:            {"P-384", func() (crypto.PrivateKey, error) { return ecdh.P384().GenerateKey(rand.Reader) }},
	P521:            {"P-521", func() (crypto.PrivateKey, error) { return ecdh.P521().GenerateKey(rand.Reader) }},
	X25519:          {"X25519", func() (crypto.PrivateKey, error) { return ecdh.X25519().GenerateKey(rand.Reader) }},
	X448:            {"X448", func() (crypto.PrivateKey, error) { return x448.GenerateKey() }},
	BrainpoolP256r1: {"brainpoolP256r1", func() (crypto.PrivateKey, error) { return brainpool.P256r1().GenerateKey() }},
	BrainpoolP320r1: {"brainpoolP320r1", func() (crypto.PrivateKey, error) { return brainpool.P320r1().GenerateKey() }},
	BrainpoolP384r1: {"brainpoolP384r1", func() (crypto.PrivateKey, error) { return brainpool.P384r1().GenerateKey() }},
	BrainpoolP512r1: {"brainpoolP512r1", func() (crypto.PrivateKey, error) { return brainpool.P512r1().GenerateKey() }},
}

// Curves returns all curves, by number.
func Curves() []Curve { return slices.Sorted(maps.Keys(curves)) }

// String returns the curve's name.
func (c Curve) String() string {
	if k, ok := curves[c]; ok {
		return k.name
	}
	return fmt.Sprintf("curve %d", int64(c))
}

// CurveOf returns the curve of a public key, and KZ-208 for a key that no session
// can be keyed with.
func CurveOf(pub crypto.PublicKey) (Curve, error) {
	switch k := pub.(type) {
	case *ecdh.PublicKey:
		switch k.Curve() {
		case ecdh.P256():
			return P256, nil
		case ecdh.P384():
			return P384, nil
		case ecdh.P521():
			return P521, nil
		case ecdh.X25519():
			return X25519, nil
		}
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return P256, nil
		case elliptic.P384():
			return P384, nil
		case elliptic.P521():
			return P521, nil
		}
	case *x448.PublicKey:
		return X448, nil
	case *brainpool.PublicKey:
		switch k.Curve() {
		case brainpool.P256r1():
			return BrainpoolP256r1, nil
		case brainpool.P320r1():
			return BrainpoolP320r1, nil
		case brainpool.P384r1():
			return BrainpoolP384r1, nil
		case brainpool.P512r1():
			return BrainpoolP512r1, nil
		}
	}
	return 0, fault.New(fault.InvalidDeviceKey, "no key agreement with %T", pub)
}
