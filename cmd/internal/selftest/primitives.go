package selftest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"

	"kazashi/session/cose"
	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

var errAnswer = errors.New("another answer than the known one")

// primitives are the algorithms of cipher suite 1 and of the signatures that the
// standard allows, each with an answer that was published.
func primitives() []check {
	all := []check{
		{"sha-256", func(context.Context) (string, error) {
			sum := sha256.Sum256([]byte("abc"))
			return "", same(sum[:], sha256OfABC)
		}},
		{"sha-384", func(context.Context) (string, error) {
			sum := sha512.Sum384([]byte("abc"))
			return "", same(sum[:], sha384OfABC)
		}},
		{"sha-512", func(context.Context) (string, error) {
			sum := sha512.Sum512([]byte("abc"))
			return "", same(sum[:], sha512OfABC)
		}},
		{"hmac-sha-256", func(context.Context) (string, error) {
			mac := hmac.New(sha256.New, bytes.Repeat([]byte{0x0b}, 20))
			mac.Write([]byte("Hi There"))
			return "", same(mac.Sum(nil), hmacOfHiThere)
		}},
		{"hkdf-sha-256", func(context.Context) (string, error) {
			okm, err := hkdf.Key(sha256.New, bytes.Repeat([]byte{0x0b}, 22), unhex(hkdfSalt), string(unhex(hkdfInfo)), 42)
			return "", errors.Join(err, same(okm, hkdfOutput))
		}},
		{"aes-256-gcm", func(context.Context) (string, error) { return "", sealAndOpen() }},
	}
	for _, v := range agreements {
		all = append(all, check{"ecdh " + v.curve.String(), func(context.Context) (string, error) { return "", v.check() }})
	}
	for _, v := range signatures {
		all = append(all, check{"signature " + v.name, func(context.Context) (string, error) { return "", v.check() }})
	}
	return all
}

// unhex is for constants of this package, which its tests go through.
func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func same(got []byte, want string) error {
	if hex.EncodeToString(got) != want {
		return errAnswer
	}
	return nil
}

// sealAndOpen encrypts, decrypts, and refuses what was changed.
func sealAndOpen() error {
	block, err := aes.NewCipher(unhex(gcmKey))
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	nonce, aad := unhex(gcmNonce), unhex(gcmAAD)
	// Encrypting with a nonce of the caller's is what a FIPS module allows for a known
	// answer only when it is opened, so the answer is opened.
	sealed := unhex(gcmSealed)
	plain, err := aead.Open(nil, nonce, sealed, aad)
	if err != nil {
		return err
	}
	if err := same(plain, gcmPlain); err != nil {
		return err
	}
	sealed[0] ^= 1
	if _, err := aead.Open(nil, nonce, sealed, aad); err == nil {
		return errors.New("it opens although a bit was changed")
	}
	return nil
}

// An agreement is one known answer of ECDH.
type agreement struct {
	curve   seal.Curve
	private string
	x, y    string // of the other side; y is empty on Montgomery curves
	secret  string
}

func (v agreement) check() error {
	own, err := privateKey(v.curve, unhex(v.private))
	if err != nil {
		return err
	}
	key, err := seal.FromKey(own)
	if err != nil {
		return err
	}
	defer key.Wipe()
	peer, err := publicKey(int64(v.curve), v.x, v.y)
	if err != nil {
		return err
	}
	secret, err := key.Agree(peer)
	if err != nil {
		return err
	}
	defer clear(secret)
	return same(secret, v.secret)
}

func privateKey(c seal.Curve, scalar []byte) (crypto.PrivateKey, error) {
	switch c {
	case seal.P256:
		return ecdh.P256().NewPrivateKey(scalar)
	case seal.P384:
		return ecdh.P384().NewPrivateKey(scalar)
	case seal.P521:
		return ecdh.P521().NewPrivateKey(scalar)
	case seal.X25519:
		return ecdh.X25519().NewPrivateKey(scalar)
	case seal.X448:
		return x448.NewPrivateKey(scalar)
	case seal.BrainpoolP256r1:
		return brainpool.P256r1().NewPrivateKey(scalar)
	case seal.BrainpoolP320r1:
		return brainpool.P320r1().NewPrivateKey(scalar)
	case seal.BrainpoolP384r1:
		return brainpool.P384r1().NewPrivateKey(scalar)
	case seal.BrainpoolP512r1:
		return brainpool.P512r1().NewPrivateKey(scalar)
	}
	return nil, fmt.Errorf("no keys on %s", c)
}

// publicKey goes the way of every key that a phone or a document brings: it is a
// COSE_Key.
func publicKey(curve int64, x, y string) (crypto.PublicKey, error) {
	const okp, ec2 = 1, 2
	fields := map[int64]any{1: okp, -1: curve, -2: unhex(x)}
	if y != "" {
		fields[1], fields[-3] = ec2, unhex(y)
	}
	raw, err := wire.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return cose.ParseKey(raw)
}

// A signed is one known answer of a signature algorithm.
type signed struct {
	name      string
	curve     int64 // number in the IANA registry of COSE
	x, y      string
	message   string
	signature string // r and s for ECDSA
}

func (v signed) check() error {
	key, err := publicKey(v.curve, v.x, v.y)
	if err != nil {
		return err
	}
	message, signature := unhex(v.message), unhex(v.signature)
	if err := cose.VerifyBare(key, message, signature); err != nil {
		return err
	}
	if cose.VerifyBare(key, append(message, 0), signature) == nil {
		return errors.New("it verifies for another message")
	}
	return nil
}
