package cose

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"math/big"
	"testing"

	gocose "github.com/veraison/go-cose"

	"kazashi/reader/vectors"
	"kazashi/session/wire"
)

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func edKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// forge signs like nobody should: any algorithm number, any headers.
func forge(t testing.TB, key *ecdsa.PrivateKey, alg gocose.Algorithm, protected, unprotected map[any]any, payload any) []byte {
	t.Helper()
	signed := []byte("payload")
	if p, ok := payload.([]byte); ok {
		signed = p
	}
	head := encode(t, protected)
	if len(protected) == 0 {
		head = []byte{}
	}
	structure := encode(t, []any{"Signature1", head, []byte{}, signed})
	signer, err := gocose.NewSigner(alg, key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := signer.Sign(rand.Reader, structure)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, []any{head, unprotected, payload, sig})
}

func TestSign1_RoundTrip(t *testing.T) {
	for _, suite := range suites(t) {
		alg, key := suite.algorithm, suite.key
		t.Run(suite.name, func(t *testing.T) {
			raw, err := SignAttached(key, []byte("payload"), []byte{0x30})
			if err != nil {
				t.Fatal(err)
			}
			s, err := ParseSign1(raw)
			if err != nil {
				t.Fatal(err)
			}
			if s.Algorithm != alg || string(s.Payload) != "payload" {
				t.Errorf("got %v with %q", s.Algorithm, s.Payload)
			}
			if err := s.Verify(key.Public()); err != nil {
				t.Error(err)
			}
			chain, err := s.X5Chain()
			if err != nil || len(chain) != 1 || !bytes.Equal(chain[0], []byte{0x30}) {
				t.Errorf("x5chain %x, %v", chain, err)
			}
			if err := s.VerifyDetached(key.Public(), []byte("payload")); !errors.Is(err, ErrPayload) {
				t.Errorf("attached payload taken for a detached one: %v", err)
			}
			raw[len(raw)-1] ^= 1
			if s, err = ParseSign1(raw); err == nil {
				err = s.Verify(key.Public())
			}
			if !errors.Is(err, ErrSignature) {
				t.Errorf("flipped signature: %v", err)
			}

			raw, err = SignDetached(key, []byte("payload"))
			if err != nil {
				t.Fatal(err)
			}
			if s, err = ParseSign1(raw); err != nil {
				t.Fatal(err)
			}
			if err := s.VerifyDetached(key.Public(), []byte("payload")); err != nil {
				t.Error(err)
			}
			if err := s.VerifyDetached(key.Public(), []byte("another")); !errors.Is(err, ErrSignature) {
				t.Errorf("another payload: %v", err)
			}
			if err := s.Verify(key.Public()); !errors.Is(err, ErrPayload) {
				t.Errorf("detached payload taken for an attached one: %v", err)
			}
			if _, err := s.X5Chain(); !errors.Is(err, ErrChainMissing) {
				t.Errorf("x5chain: %v", err)
			}
		})
	}
}

func TestF34_AlgorithmConfusion(t *testing.T) {
	p256, p384 := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name                   string
		key                    *ecdsa.PrivateKey
		sign                   gocose.Algorithm
		protected, unprotected map[any]any
		pub                    crypto.PublicKey
		want                   error
	}{
		{"ES256 with a P-384 key", p384, gocose.AlgorithmES256, map[any]any{1: -7}, nil, p384.Public(), ErrAlgorithm},
		{"ES384 with a P-256 key", p256, gocose.AlgorithmES384, map[any]any{1: -35}, nil, p256.Public(), ErrAlgorithm},
		{"alg in the unprotected header only", p256, gocose.AlgorithmES256, map[any]any{}, map[any]any{1: -7}, p256.Public(), ErrAlgorithm},
		{"alg in the unprotected header beside another label", p256, gocose.AlgorithmES256, map[any]any{4: []byte{1}}, map[any]any{1: -7}, p256.Public(), ErrAlgorithm},
		{"alg absent", p256, gocose.AlgorithmES256, map[any]any{}, nil, p256.Public(), ErrAlgorithm},
		{"alg as text", p256, gocose.AlgorithmES256, map[any]any{1: "ES256"}, nil, p256.Public(), ErrAlgorithm},
		{"alg null", p256, gocose.AlgorithmES256, map[any]any{1: nil}, nil, p256.Public(), ErrAlgorithm},
		{"PS256", p256, gocose.AlgorithmES256, map[any]any{1: -37}, nil, rsaKey.Public(), ErrAlgorithm},
		{"ES256 with an RSA key", p256, gocose.AlgorithmES256, map[any]any{1: -7}, nil, rsaKey.Public(), ErrKeyUnsupported},
		{"ES256 with an Ed25519 key", p256, gocose.AlgorithmES256, map[any]any{1: -7}, nil, edKey(t).Public(), ErrAlgorithm},
		{"EdDSA with an ECDSA key", p256, gocose.AlgorithmES256, map[any]any{1: -8}, nil, p256.Public(), ErrAlgorithm},
		{"HMAC in a signature", p256, gocose.AlgorithmES256, map[any]any{1: 5}, nil, p256.Public(), ErrAlgorithm},
		{"crit", p256, gocose.AlgorithmES256, map[any]any{1: -7, 2: []any{99}, 99: 1}, nil, p256.Public(), ErrMalformed},
		{"crit with a known label", p256, gocose.AlgorithmES256, map[any]any{1: -7, 2: []any{1}}, nil, p256.Public(), ErrMalformed},
		{"differing alg in the unprotected header is not read", p256, gocose.AlgorithmES256, map[any]any{1: -7}, map[any]any{1: -35}, p256.Public(), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.unprotected == nil {
				c.unprotected = map[any]any{}
			}
			s, err := ParseSign1(forge(t, c.key, c.sign, c.protected, c.unprotected, []byte("payload")))
			if err == nil {
				err = s.Verify(c.pub)
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestF35_PayloadForms(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	alg := map[any]any{1: -7}
	cases := []struct {
		name    string
		payload any
		want    error
	}{
		{"null", nil, ErrPayload},
		{"empty", []byte{}, ErrPayload},
		{"text", "payload", ErrMalformed},
		{"undefined", wire.Raw{0xf7}, ErrMalformed},
		{"number", 1, ErrMalformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := ParseSign1(forge(t, key, gocose.AlgorithmES256, alg, map[any]any{}, c.payload))
			if err == nil {
				err = s.Verify(key.Public())
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	good := forge(t, key, gocose.AlgorithmES256, alg, map[any]any{}, []byte("payload"))
	for name, raw := range map[string][]byte{
		"tagged 18":      append([]byte{0xd2}, good...),
		"trailing byte":  append(bytes.Clone(good), 0),
		"three members":  encode(t, []any{[]byte{}, map[int]int{}, nil}),
		"five members":   encode(t, []any{[]byte{}, map[int]int{}, nil, []byte{}, nil}),
		"map":            encode(t, map[int]int{}),
		"headers no map": encode(t, []any{[]byte{0x80}, map[int]int{}, nil, []byte{}}),
		"empty":          {},
	} {
		if _, err := ParseSign1(raw); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestF39_SignatureValues(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	raw, err := SignAttached(key, []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSign1(raw)
	if err != nil {
		t.Fatal(err)
	}
	n := elliptic.P256().Params().N
	r, v := new(big.Int).SetBytes(s.signature[:32]), new(big.Int).SetBytes(s.signature[32:])
	pair := func(r, s *big.Int) []byte {
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	other := new(big.Int).Sub(n, v) // of the two valid values, one is high
	zero := new(big.Int)
	for _, c := range []struct {
		name string
		sig  []byte
		ok   bool
	}{
		{"as made", pair(r, v), true},
		{"the other s", pair(r, other), true},
		{"r zero", pair(zero, v), false},
		{"s zero", pair(r, zero), false},
		{"both zero", pair(zero, zero), false},
		{"r = n", pair(n, v), false},
		{"s = n", pair(r, n), false},
		{"63 bytes", pair(r, v)[:63], false},
		{"65 bytes", append(pair(r, v), 0), false},
		{"empty", nil, false},
	} {
		s.signature = c.sig
		err := s.Verify(key.Public())
		if c.ok && err != nil || !c.ok && !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzParseSign1(f *testing.F) {
	// Always the same key: a fuzzing worker is another process than the one that made
	// its seeds, and has to accept them.
	scalar := sha256.Sum256([]byte("fuzz"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		f.Fatal(err)
	}
	good, err := SignAttached(key, []byte("payload"), []byte{0x30}, []byte{0x30})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{0x84, 0x43, 0xa1, 0x01, 0x26, 0xa1, 0x18, 0x21, 0x80, 0xf6, 0x40})
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "readerAuth") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := ParseSign1(raw)
		if err != nil {
			return
		}
		if chain, err := s.X5Chain(); err == nil && (len(chain) == 0 || len(chain) > maxCertificates) {
			t.Errorf("chain of %d", len(chain))
		}
		// No mutation of a message may verify over bytes that were not signed.
		if s.Verify(key.Public()) == nil && string(s.Payload) != "payload" {
			t.Error("verified another payload")
		}
	})
}
