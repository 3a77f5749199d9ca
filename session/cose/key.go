package cose

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"

	"github.com/cloudflare/circl/sign/ed448"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
	"kazashi/session/wire"
)

// The key types and curves of ISO/IEC 18013-5, table 22, by their numbers in the
// IANA registry of COSE.
const (
	keyTypeOKP = 1
	keyTypeEC2 = 2

	curveP256            = 1
	curveP384            = 2
	curveP521            = 3
	curveX25519          = 4
	curveX448            = 5
	curveEd25519         = 6
	curveEd448           = 7
	curveBrainpoolP256r1 = 256
	curveBrainpoolP320r1 = 257
	curveBrainpoolP384r1 = 258
	curveBrainpoolP512r1 = 259
)

// coseKey is COSE_Key as far as ISO/IEC 18013-5 uses it; other labels are ignored.
type coseKey struct {
	Type  int64    `cbor:"1,keyasint"`
	Curve int64    `cbor:"-1,keyasint"`
	X     []byte   `cbor:"-2,keyasint"`
	Y     wire.Raw `cbor:"-3,keyasint,omitzero"`
	D     wire.Raw `cbor:"-4,keyasint,omitzero"`
}

// ParseKey reads a public COSE_Key. It becomes, by its curve,
//
//   - P-256, P-384 and P-521: *ecdsa.PublicKey,
//   - the brainpool curves: *brainpool.PublicKey,
//   - X25519: *ecdh.PublicKey, and X448: *x448.PublicKey, which sign nothing,
//   - Ed25519: ed25519.PublicKey, and Ed448: ed448.PublicKey of circl, which agree
//     on nothing.
//
// A point with x and y lies on its curve and is not the point at infinity; its
// coordinates have their full length and are below the prime; y may be compressed
// to a sign bit. Of the other keys the length is checked: whether an X25519 or X448
// key is of low order shows when a secret is agreed on, and whether an Ed25519 or
// Ed448 key is a point when a signature is checked. A key that brings its private
// part is refused.
func ParseKey(raw []byte) (crypto.PublicKey, error) {
	var k coseKey
	if err := wire.Unmarshal(raw, &k, wire.KeyLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if k.D != nil {
		return nil, fmt.Errorf("%w: with its private part", ErrKey)
	}
	switch k.Type {
	case keyTypeEC2:
		return parseEC2(k)
	case keyTypeOKP:
		return parseOKP(k)
	}
	return nil, fmt.Errorf("%w: key type %d", ErrKeyUnsupported, k.Type)
}

func parseOKP(k coseKey) (crypto.PublicKey, error) {
	size, ok := map[int64]int{
		curveX25519: 32, curveX448: x448.Size, curveEd25519: ed25519.PublicKeySize, curveEd448: ed448.PublicKeySize,
	}[k.Curve]
	if !ok {
		return nil, fmt.Errorf("%w: curve %d", ErrKeyUnsupported, k.Curve)
	}
	if len(k.X) != size {
		return nil, fmt.Errorf("%w: %d bytes", ErrKey, len(k.X))
	}
	var pub crypto.PublicKey
	var err error
	switch k.Curve {
	case curveX25519:
		pub, err = ecdh.X25519().NewPublicKey(k.X)
	case curveX448:
		pub, err = x448.NewPublicKey(k.X)
	case curveEd25519:
		pub = ed25519.PublicKey(k.X)
	case curveEd448:
		pub = ed448.PublicKey(k.X)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pub, nil
}

func parseEC2(k coseKey) (crypto.PublicKey, error) {
	var pub crypto.PublicKey
	var err error
	y, compressed, odd := readY(k.Y)
	if y == nil && !compressed {
		return nil, fmt.Errorf("%w: y is no coordinate", ErrKey)
	}
	if curve, ok := ecdsaCurve(k.Curve); ok {
		pub, err = ecdsaKey(curve, k.X, y, odd)
	} else if curve, ok := brainpoolCurve(k.Curve); !ok {
		return nil, fmt.Errorf("%w: curve %d", ErrKeyUnsupported, k.Curve)
	} else if compressed {
		pub, err = curve.NewCompressedPublicKey(k.X, odd)
	} else {
		pub, err = curve.NewPublicKey(k.X, y)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err) // and no nil pointer inside an interface
	}
	return pub, nil
}

// readY returns a coordinate, or that it is compressed and to which sign; neither
// for what is no y.
func readY(raw wire.Raw) (y []byte, compressed, odd bool) {
	h, rest, err := wire.ReadHead(raw)
	if err != nil {
		return nil, false, false
	}
	if sign, ok := h.Bool(); ok {
		return nil, true, sign
	}
	if h.Major != wire.Bytes {
		return nil, false, false
	}
	return rest, false, false
}

// ecdsaKey takes a point whose y, when nil, follows from its sign.
func ecdsaKey(curve elliptic.Curve, x, y []byte, odd bool) (*ecdsa.PublicKey, error) {
	size := (curve.Params().BitSize + 7) / 8
	if len(x) != size {
		return nil, fmt.Errorf("x of %d bytes", len(x))
	}
	if y == nil {
		form := byte(2)
		if odd {
			form = 3
		}
		px, py := elliptic.UnmarshalCompressed(curve, append([]byte{form}, x...))
		if px == nil {
			return nil, fmt.Errorf("not on its curve")
		}
		y = py.FillBytes(make([]byte, size))
	}
	if len(y) != size {
		return nil, fmt.Errorf("y of %d bytes", len(y))
	}
	return ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
}

func ecdsaCurve(id int64) (elliptic.Curve, bool) {
	switch id {
	case curveP256:
		return elliptic.P256(), true
	case curveP384:
		return elliptic.P384(), true
	case curveP521:
		return elliptic.P521(), true
	}
	return nil, false
}

func brainpoolCurve(id int64) (*brainpool.Curve, bool) {
	switch id {
	case curveBrainpoolP256r1:
		return brainpool.P256r1(), true
	case curveBrainpoolP320r1:
		return brainpool.P320r1(), true
	case curveBrainpoolP384r1:
		return brainpool.P384r1(), true
	case curveBrainpoolP512r1:
		return brainpool.P512r1(), true
	}
	return nil, false
}

// MarshalKey encodes a public key as COSE_Key, y uncompressed. It takes what
// ParseKey returns, and *ecdh.PublicKey on the P curves as well.
func MarshalKey(pub crypto.PublicKey) ([]byte, error) {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		for _, id := range []int64{curveP256, curveP384, curveP521} {
			if curve, _ := ecdsaCurve(id); curve == k.Curve {
				return marshalPoint(id, point)
			}
		}
	case *brainpool.PublicKey:
		for _, id := range []int64{curveBrainpoolP256r1, curveBrainpoolP320r1, curveBrainpoolP384r1, curveBrainpoolP512r1} {
			if curve, _ := brainpoolCurve(id); curve == k.Curve() {
				return marshalPoint(id, k.Bytes())
			}
		}
	case *ecdh.PublicKey:
		switch k.Curve() {
		case ecdh.X25519():
			return wire.Marshal(coseKey{Type: keyTypeOKP, Curve: curveX25519, X: k.Bytes()})
		case ecdh.P256():
			return marshalPoint(curveP256, k.Bytes())
		case ecdh.P384():
			return marshalPoint(curveP384, k.Bytes())
		case ecdh.P521():
			return marshalPoint(curveP521, k.Bytes())
		}
	case *x448.PublicKey:
		return wire.Marshal(coseKey{Type: keyTypeOKP, Curve: curveX448, X: k.Bytes()})
	case ed25519.PublicKey:
		return wire.Marshal(coseKey{Type: keyTypeOKP, Curve: curveEd25519, X: k})
	case ed448.PublicKey:
		return wire.Marshal(coseKey{Type: keyTypeOKP, Curve: curveEd448, X: k})
	}
	return nil, fmt.Errorf("%w: %T", ErrKeyUnsupported, pub)
}

// marshalPoint takes an uncompressed point, 04 and both coordinates.
func marshalPoint(id int64, point []byte) ([]byte, error) {
	half := len(point) / 2
	y, err := wire.Marshal(point[1+half:])
	if err != nil {
		return nil, err
	}
	return wire.Marshal(coseKey{Type: keyTypeEC2, Curve: id, X: point[1 : 1+half], Y: y})
}
