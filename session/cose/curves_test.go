package cose

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
)

// A suite is a curve that signs, with the algorithm that belongs to it.
type suite struct {
	name      string
	key       crypto.Signer
	algorithm Algorithm
}

func suites(t testing.TB) []suite {
	t.Helper()
	_, goldilocks, err := ed448.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return []suite{
		{"P-256", ecKey(t, elliptic.P256()), ES256},
		{"P-384", ecKey(t, elliptic.P384()), ES384},
		{"P-521", ecKey(t, elliptic.P521()), ES512},
		{"brainpoolP256r1", brainpoolTestKey(t, brainpool.P256r1()), ES256},
		{"brainpoolP320r1", brainpoolTestKey(t, brainpool.P320r1()), ES384},
		{"brainpoolP384r1", brainpoolTestKey(t, brainpool.P384r1()), ES384},
		{"brainpoolP512r1", brainpoolTestKey(t, brainpool.P512r1()), ES512},
		{"Ed25519", edKey(t), EdDSA},
		{"Ed448", goldilocks, EdDSA},
	}
}

func brainpoolTestKey(t testing.TB, c *brainpool.Curve) *brainpool.PrivateKey {
	t.Helper()
	k, err := c.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Every signature with every other key, and under every other algorithm.
func TestF34_EveryCurveAgainstEveryAlgorithm(t *testing.T) {
	all := suites(t)
	for _, signer := range all {
		raw, err := SignAttached(signer.key, []byte("payload"))
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range all {
			s, err := ParseSign1(raw)
			if err != nil {
				t.Fatal(err)
			}
			want := ErrSignature
			switch {
			case other.name == signer.name:
				want = nil
			case other.algorithm != signer.algorithm:
				want = ErrAlgorithm
			}
			if err := s.Verify(other.key.Public()); !errors.Is(err, want) {
				t.Errorf("%s with a key on %s: %v, want %v", signer.name, other.name, err, want)
			}
			s.Algorithm = other.algorithm // as if its header had said so
			if err := s.Verify(signer.key.Public()); (err == nil) != (other.algorithm == signer.algorithm) {
				t.Errorf("%s as %v: %v", signer.name, other.algorithm, err)
			}
		}
	}
	for _, agreeing := range []crypto.PublicKey{&x448.PublicKey{}, &ecdh.PublicKey{}} {
		if _, err := signatureAlgorithm(agreeing); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%T signs: %v", agreeing, err)
		}
	}
}

// The length of a signature is that of its curve, and no other.
func TestF39_SignatureLengths(t *testing.T) {
	want := map[string]int{
		"P-256": 64, "P-384": 96, "P-521": 132, "Ed25519": 64, "Ed448": 114,
		"brainpoolP256r1": 64, "brainpoolP320r1": 80, "brainpoolP384r1": 96, "brainpoolP512r1": 128,
	}
	for _, suite := range suites(t) {
		raw, err := SignAttached(suite.key, []byte("payload"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseSign1(raw)
		if err != nil {
			t.Fatal(err)
		}
		whole := s.signature
		if len(whole) != want[suite.name] {
			t.Errorf("%s: %d bytes", suite.name, len(whole))
		}
		for _, bad := range [][]byte{nil, whole[1:], whole[:len(whole)-1], append(bytes.Clone(whole), 0), append([]byte{0}, whole...), make([]byte, len(whole)), allOnes(len(whole))} {
			s.signature = bad
			if err := s.Verify(suite.key.Public()); !errors.Is(err, ErrSignature) {
				t.Errorf("%s, %d bytes: %v", suite.name, len(bad), err)
			}
		}
	}
}

// The first test of RFC 8032, clause 7.4.
func TestEd448_RFC8032(t *testing.T) {
	bin := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key := ed448.NewKeyFromSeed(bin("6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b"))
	want := bin("533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600")
	if public := key.Public().(ed448.PublicKey); !bytes.Equal(public, bin("5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180")) {
		t.Errorf("public key %x", public)
	}
	signer, err := newSigner(EdDSA, key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := signer.Sign(nil, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("signature %x, %v", got, err)
	}
	verifier, err := newVerifier(EdDSA, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(nil, want); err != nil {
		t.Error(err)
	}
	want[113] ^= 0x80
	if verifier.Verify(nil, want) == nil {
		t.Error("the last byte may be another")
	}
}

// BenchmarkVerify is one signature over 1 kB on every curve. What it takes on the P
// curves and Ed25519 is what the standard library takes.
func BenchmarkVerify(b *testing.B) {
	for _, suite := range suites(b) {
		b.Run(suite.name, func(b *testing.B) {
			raw, err := SignAttached(suite.key, make([]byte, 1000))
			if err != nil {
				b.Fatal(err)
			}
			s, err := ParseSign1(raw)
			if err != nil {
				b.Fatal(err)
			}
			public := suite.key.Public()
			for b.Loop() {
				if err := s.Verify(public); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
