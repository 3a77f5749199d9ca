package seal

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"errors"
	"fmt"

	"kazashi/session/cose"
	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
	"kazashi/session/fault"
	"kazashi/session/secret"
)

var errWiped = errors.New("ephemeral key has been wiped")

// A Private is one side's ephemeral key: EReaderKey or EDeviceKey. It serves one tap,
// so that nobody gets a second try at measuring what it does; all of its curves are
// calculated in constant time besides.
type Private struct {
	curve  Curve
	public crypto.PublicKey
	cose   []byte
	agree  func(peer crypto.PublicKey) ([]byte, error) // nil once wiped
	wipe   func()                                      // nil where the key cannot be overwritten
}

// Generate makes a fresh key. It costs some ten microseconds on P-256, some
// milliseconds on a brainpool curve, and may be done before the tap.
func Generate(c Curve) (p *Private, err error) {
	secret.Do(func() { p, err = generate(c) })
	return p, err
}

func generate(c Curve) (*Private, error) {
	k, ok := curves[c]
	if !ok {
		return nil, fault.New(fault.InvalidDeviceKey, "no keys on %s", c)
	}
	key, err := k.generate()
	if err != nil {
		return nil, fmt.Errorf("generating a key on %s: %w", c, err)
	}
	return FromKey(key)
}

// FromECDH is FromKey for the keys of the standard library.
func FromECDH(key *ecdh.PrivateKey) (*Private, error) { return FromKey(key) }

// FromKey takes a key that was made elsewhere: to repeat a session from a recording,
// for a self-test, or for the EMacKey of a phone. It is an *ecdh.PrivateKey, an
// *ecdsa.PrivateKey, an *x448.PrivateKey or a *brainpool.PrivateKey. The latter two
// are overwritten by Wipe.
func FromKey(key crypto.PrivateKey) (*Private, error) {
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		agreeing, err := k.ECDH()
		if err != nil {
			return nil, fault.Wrap(fault.InvalidDeviceKey, err, "ephemeral key")
		}
		key = agreeing
	}
	p := new(Private)
	switch k := key.(type) {
	case *ecdh.PrivateKey:
		p.public, p.agree = k.PublicKey(), agreement(k.ECDH)
	case *x448.PrivateKey:
		p.public, p.agree, p.wipe = k.PublicKey(), agreement(k.ECDH), k.Wipe
	case *brainpool.PrivateKey:
		p.public, p.agree, p.wipe = k.PublicKey(), agreement(k.ECDH), k.Wipe
	default:
		return nil, fault.New(fault.InvalidDeviceKey, "no key agreement with %T", key)
	}
	var err error
	if p.curve, err = CurveOf(p.public); err != nil {
		return nil, err
	}
	if p.cose, err = cose.MarshalKey(p.public); err != nil {
		return nil, err
	}
	return p, nil
}

// agreement adapts the key agreement of one kind of key.
func agreement[P crypto.PublicKey](ecdh func(P) ([]byte, error)) func(crypto.PublicKey) ([]byte, error) {
	return func(peer crypto.PublicKey) ([]byte, error) {
		remote, ok := peer.(P)
		if !ok {
			return nil, fmt.Errorf("no key agreement with %T", peer)
		}
		return ecdh(remote)
	}
}

// Curve returns the key's curve.
func (p *Private) Curve() Curve { return p.curve }

// Public returns the public key: an *ecdh.PublicKey, an *x448.PublicKey or a
// *brainpool.PublicKey.
func (p *Private) Public() crypto.PublicKey { return p.public }

// COSE returns the public key as encoded COSE_Key. It is not to be changed.
func (p *Private) COSE() []byte { return p.cose }

// Agree returns the shared secret Z with the other side's public key, which has to
// lie on the same curve: what [ParsePublic] returns, or an *ecdh.PublicKey. Z is as
// long as a coordinate of the curve, and never all zero. The caller overwrites it.
func (p *Private) Agree(peer crypto.PublicKey) ([]byte, error) {
	if p == nil || p.agree == nil {
		return nil, errWiped
	}
	curve, err := CurveOf(peer)
	if err != nil {
		return nil, err
	}
	if curve != p.curve {
		return nil, fault.New(fault.InvalidDeviceKey, "key on %s, ours is on %s", curve, p.curve)
	}
	if k, ok := peer.(*ecdsa.PublicKey); ok {
		if peer, err = k.ECDH(); err != nil {
			return nil, fault.Wrap(fault.InvalidDeviceKey, err, "not on %s", curve)
		}
	}
	// For X25519 and X448 the zero secret is refused by what computes it; on the other
	// curves no point that is on its curve gives it.
	var z []byte
	secret.Do(func() { z, err = p.agree(peer) })
	if err != nil {
		return nil, fault.Wrap(fault.InvalidDeviceKey, err, "key agreement")
	}
	if allZero(z) {
		return nil, fault.New(fault.InvalidDeviceKey, "key agreement gives zero")
	}
	return z, nil
}

// MACKey returns EMacKey, 32 bytes, for the device key of an MSO. It exists only
// when that key lies on the curve of this one. The caller overwrites it.
func (p *Private) MACKey(peer crypto.PublicKey, transcript []byte) (key []byte, err error) {
	secret.Do(func() {
		var z []byte
		if z, err = p.Agree(peer); err == nil {
			defer clear(z)
			key, err = derive(z, transcript, infoMAC)
		}
	})
	return key, err
}

// Wipe overwrites the key where that can be done, on X448 and the brainpool curves,
// and drops it where it lies inside the standard library. Calls after the first do
// nothing, nor do those on nil.
func (p *Private) Wipe() {
	if p == nil {
		return
	}
	if p.wipe != nil {
		p.wipe()
	}
	p.agree, p.wipe = nil, nil
}

// ParsePublic reads the COSE_Key of an ephemeral key: an *ecdsa.PublicKey on one of
// the P curves, an *ecdh.PublicKey on X25519, an *x448.PublicKey, or a
// *brainpool.PublicKey. Every other key is KZ-208, and so is one that is no point of
// its curve.
func ParsePublic(raw []byte) (crypto.PublicKey, error) {
	pub, err := cose.ParseKey(raw)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidDeviceKey, err, "ephemeral key")
	}
	if _, err := CurveOf(pub); err != nil {
		return nil, err
	}
	return pub, nil
}

// allZero looks at every byte, whatever the first ones are.
func allZero(b []byte) bool {
	var any byte
	for _, x := range b {
		any |= x
	}
	return any == 0
}
