package cose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"

	"kazashi/session/wire"
)

// The key types and curves of the IANA registry of COSE that are known here.
// Brainpool (256 to 259), X25519 (4), X448 (5) and Ed448 (7) belong here too
// when there is a library for them: curves, signatureAlgorithm in algorithm.go
// and the two functions below are all that knows kinds of keys.
const (
	keyTypeOKP = 1
	keyTypeEC2 = 2

	curveEd25519 = 6
)

var curves = map[int64]elliptic.Curve{1: elliptic.P256(), 2: elliptic.P384(), 3: elliptic.P521()}

// coseKey is COSE_Key as far as ISO/IEC 18013-5 uses it; other labels are ignored.
type coseKey struct {
	Type  int64    `cbor:"1,keyasint"`
	Curve int64    `cbor:"-1,keyasint"`
	X     []byte   `cbor:"-2,keyasint"`
	Y     wire.Raw `cbor:"-3,keyasint,omitzero"`
	D     wire.Raw `cbor:"-4,keyasint,omitzero"`
}

// ParseKey reads a public COSE_Key: *ecdsa.PublicKey on P-256, P-384 or P-521,
// or ed25519.PublicKey. The point lies on its curve and is not the point at
// infinity; coordinates have their full length; y may be compressed to a sign
// bit. A key that brings its private part is refused.
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
		curve, ok := curves[k.Curve]
		if !ok {
			return nil, fmt.Errorf("%w: curve %d", ErrKeyUnsupported, k.Curve)
		}
		pub, err := parsePoint(curve, k.X, k.Y)
		if err != nil {
			return nil, err // and no nil pointer inside an interface
		}
		return pub, nil
	case keyTypeOKP:
		if k.Curve != curveEd25519 {
			return nil, fmt.Errorf("%w: curve %d", ErrKeyUnsupported, k.Curve)
		}
		if len(k.X) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("%w: %d bytes", ErrKey, len(k.X))
		}
		return ed25519.PublicKey(k.X), nil
	}
	return nil, fmt.Errorf("%w: key type %d", ErrKeyUnsupported, k.Type)
}

func parsePoint(curve elliptic.Curve, x []byte, rawY wire.Raw) (*ecdsa.PublicKey, error) {
	size := (curve.Params().BitSize + 7) / 8
	if len(x) != size {
		return nil, fmt.Errorf("%w: x of %d bytes", ErrKey, len(x))
	}
	h, y, err := wire.ReadHead(rawY)
	if err != nil {
		return nil, fmt.Errorf("%w: no y", ErrKey)
	}
	if sign, ok := h.Bool(); ok {
		form := byte(2)
		if sign {
			form = 3
		}
		px, py := elliptic.UnmarshalCompressed(curve, append([]byte{form}, x...))
		if px == nil {
			return nil, fmt.Errorf("%w: not on its curve", ErrKey)
		}
		y = py.FillBytes(make([]byte, size))
	} else if h.Major != wire.Bytes || len(y) != size {
		return nil, fmt.Errorf("%w: y is no coordinate", ErrKey)
	}
	point := append(append([]byte{4}, x...), y...)
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, fmt.Errorf("%w: not on its curve", ErrKey)
	}
	return pub, nil
}

// MarshalKey encodes a public key as COSE_Key, y uncompressed.
func MarshalKey(pub crypto.PublicKey) ([]byte, error) {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		for id, curve := range curves {
			if curve == k.Curve {
				x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
				rawY, err := wire.Marshal(y)
				if err != nil {
					return nil, err
				}
				return wire.Marshal(coseKey{Type: keyTypeEC2, Curve: id, X: x, Y: rawY})
			}
		}
	case ed25519.PublicKey:
		return wire.Marshal(coseKey{Type: keyTypeOKP, Curve: curveEd25519, X: k})
	}
	return nil, fmt.Errorf("%w: %T", ErrKeyUnsupported, pub)
}
