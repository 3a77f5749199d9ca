package seal

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// A Curve is a curve of cipher suite 1, by its number in the IANA registry of COSE.
type Curve int64

// The curves that this build has. The suite also names X448 (5) and the
// brainpool curves (256 to 259): an entry in curves, and a type of key that
// [ParsePublic] and Agree take, is all that another one needs.
const (
	P256   Curve = 1
	P384   Curve = 2
	P521   Curve = 3
	X25519 Curve = 4
)

// String returns the curve's name.
func (c Curve) String() string {
	if k, ok := curves[c]; ok {
		return k.name
	}
	return fmt.Sprintf("curve %d", int64(c))
}

var curves = map[Curve]struct {
	name  string
	ecdh  ecdh.Curve
	ecdsa elliptic.Curve // nil for X25519
}{
	P256:   {"P-256", ecdh.P256(), elliptic.P256()},
	P384:   {"P-384", ecdh.P384(), elliptic.P384()},
	P521:   {"P-521", ecdh.P521(), elliptic.P521()},
	X25519: {"X25519", ecdh.X25519(), nil},
}

var errWiped = errors.New("ephemeral key has been wiped")

// A Private is one side's ephemeral key: EReaderKey or EDeviceKey. It serves one tap.
type Private struct {
	key   *ecdh.PrivateKey
	curve Curve
	cose  []byte
}

// Generate makes a fresh key. It costs some ten microseconds on P-256, and may be
// done before the tap.
func Generate(c Curve) (*Private, error) {
	k, ok := curves[c]
	if !ok {
		return nil, fault.New(fault.InvalidDeviceKey, "no keys on %s", c)
	}
	key, err := k.ecdh.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a key on %s: %w", c, err)
	}
	return FromECDH(key)
}

// FromECDH takes a key that was made elsewhere: to repeat a session from a
// recording, or for a self-test.
func FromECDH(key *ecdh.PrivateKey) (*Private, error) {
	curve, err := CurveOf(key.PublicKey())
	if err != nil {
		return nil, err
	}
	p := &Private{key: key, curve: curve}
	p.cose, err = marshalPublic(key.PublicKey(), curve)
	return p, err
}

// Curve returns the key's curve.
func (p *Private) Curve() Curve { return p.curve }

// COSE returns the public key as encoded COSE_Key. It is not to be changed.
func (p *Private) COSE() []byte { return p.cose }

// Agree returns the shared secret Z with the other side's public key, which has
// to lie on the same curve: an *ecdsa.PublicKey or an *ecdh.PublicKey. The caller
// overwrites Z.
func (p *Private) Agree(peer crypto.PublicKey) ([]byte, error) {
	if p == nil || p.key == nil {
		return nil, errWiped
	}
	curve, err := CurveOf(peer)
	if err != nil {
		return nil, err
	}
	if curve != p.curve {
		return nil, fault.New(fault.InvalidDeviceKey, "key on %s, ours is on %s", curve, p.curve)
	}
	remote, ok := peer.(*ecdh.PublicKey)
	if k, isECDSA := peer.(*ecdsa.PublicKey); isECDSA {
		if remote, err = k.ECDH(); err != nil {
			return nil, fault.Wrap(fault.InvalidDeviceKey, err, "not on %s", curve)
		}
	} else if !ok {
		return nil, fault.New(fault.InvalidDeviceKey, "no key agreement with %T", peer)
	}
	// For X25519 the standard library refuses the all-zero secret, for the other
	// curves there is none from a point that is on its curve.
	secret, err := p.key.ECDH(remote)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidDeviceKey, err, "key agreement")
	}
	if allZero(secret) {
		return nil, fault.New(fault.InvalidDeviceKey, "key agreement gives zero")
	}
	return secret, nil
}

// MACKey returns EMacKey, 32 bytes, for the device key of an MSO. It exists only
// when that key lies on the curve of this one. The caller overwrites it.
func (p *Private) MACKey(peer crypto.PublicKey, transcript []byte) ([]byte, error) {
	secret, err := p.Agree(peer)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return derive(secret, transcript, infoMAC)
}

// Wipe drops the key. Calls after the first do nothing, nor do those on nil.
func (p *Private) Wipe() {
	if p != nil {
		p.key = nil
	}
}

// CurveOf returns the curve of a public key, and KZ-208 for a key that no session
// can be keyed with.
func CurveOf(pub crypto.PublicKey) (Curve, error) {
	for c, k := range curves {
		switch pub := pub.(type) {
		case *ecdh.PublicKey:
			if pub.Curve() == k.ecdh {
				return c, nil
			}
		case *ecdsa.PublicKey:
			if k.ecdsa != nil && pub.Curve == k.ecdsa {
				return c, nil
			}
		}
	}
	return 0, fault.New(fault.InvalidDeviceKey, "no key agreement with %T", pub)
}

// An okp is the COSE_Key of an X25519 key.
type okp struct {
	Type  int64  `cbor:"1,keyasint"`
	Curve int64  `cbor:"-1,keyasint"`
	X     []byte `cbor:"-2,keyasint"`
}

// keyTypeOKP is the key type of X25519 in COSE.
const keyTypeOKP = 1

// ParsePublic reads the COSE_Key of an ephemeral key: an *ecdsa.PublicKey on one
// of the P curves or an *ecdh.PublicKey on X25519. Every other key is KZ-208.
func ParsePublic(raw []byte) (crypto.PublicKey, error) {
	pub, err := cose.ParseKey(raw)
	if errors.Is(err, cose.ErrKeyUnsupported) {
		var k okp
		if wire.Unmarshal(raw, &k, wire.KeyLimits) == nil && k.Type == keyTypeOKP && Curve(k.Curve) == X25519 {
			key, err := ecdh.X25519().NewPublicKey(k.X)
			if err != nil {
				return nil, fault.Wrap(fault.InvalidDeviceKey, err, "x of %d bytes", len(k.X))
			}
			return key, nil
		}
	}
	if err != nil {
		return nil, fault.Wrap(fault.InvalidDeviceKey, err, "ephemeral key")
	}
	if _, err := CurveOf(pub); err != nil {
		return nil, err
	}
	return pub, nil
}

func marshalPublic(pub *ecdh.PublicKey, c Curve) ([]byte, error) {
	if c == X25519 {
		return wire.Marshal(okp{Type: keyTypeOKP, Curve: int64(X25519), X: pub.Bytes()})
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curves[c].ecdsa, pub.Bytes())
	if err != nil {
		return nil, err
	}
	return cose.MarshalKey(key)
}

// allZero looks at every byte, whatever the first ones are.
func allZero(b []byte) bool {
	var any byte
	for _, x := range b {
		any |= x
	}
	return any == 0
}
