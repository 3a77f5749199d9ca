package cose

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
)

type equal interface{ Equal(crypto.PublicKey) bool }

func TestKey_RoundTrip(t *testing.T) {
	montgomery, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	goldilocks, err := x448.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	keys := []crypto.PublicKey{montgomery.PublicKey(), goldilocks.PublicKey()}
	for _, s := range suites(t) {
		keys = append(keys, s.key.Public())
	}
	for _, pub := range keys {
		raw, err := MarshalKey(pub)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseKey(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !back.(equal).Equal(pub) {
			t.Errorf("%T came back as another key", pub)
		}
		for n := range raw {
			if _, err := ParseKey(raw[:n]); !errors.Is(err, ErrKey) {
				t.Errorf("%T cut at %d: %v", pub, n, err)
			}
		}
	}
	if _, err := MarshalKey(ecKey(t, elliptic.P224()).Public()); !errors.Is(err, ErrKeyUnsupported) {
		t.Errorf("P-224: %v", err)
	}
}

func TestKey_ECDHForm(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key := ecKey(t, curve)
		agreeing, err := key.PublicKey.ECDH()
		if err != nil {
			t.Fatal(err)
		}
		want, err := MarshalKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := MarshalKey(agreeing); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v", curve.Params().Name, got, err)
		}
	}
}

func TestKey_CompressedPoint(t *testing.T) {
	for id, generate := range map[int]func() crypto.PublicKey{
		1:   func() crypto.PublicKey { return ecKey(t, elliptic.P256()).Public() },
		2:   func() crypto.PublicKey { return ecKey(t, elliptic.P384()).Public() },
		3:   func() crypto.PublicKey { return ecKey(t, elliptic.P521()).Public() },
		256: func() crypto.PublicKey { return brainpoolTestKey(t, brainpool.P256r1()).Public() },
		257: func() crypto.PublicKey { return brainpoolTestKey(t, brainpool.P320r1()).Public() },
		258: func() crypto.PublicKey { return brainpoolTestKey(t, brainpool.P384r1()).Public() },
		259: func() crypto.PublicKey { return brainpoolTestKey(t, brainpool.P512r1()).Public() },
	} {
		seen := map[bool]bool{}
		for len(seen) < 2 { // both signs come up within a few keys
			pub := generate()
			x, y := coordinates(t, pub)
			sign := y[len(y)-1]&1 == 1
			seen[sign] = true
			got, err := ParseKey(encode(t, map[int]any{1: 2, -1: id, -2: x, -3: sign}))
			if err != nil || !got.(equal).Equal(pub) {
				t.Fatalf("curve %d, sign %v: %v", id, sign, err)
			}
			if got, err = ParseKey(encode(t, map[int]any{1: 2, -1: id, -2: x, -3: !sign})); err != nil || got.(equal).Equal(pub) {
				t.Fatalf("curve %d, the other sign: %v", id, err)
			}
		}
	}
}

func coordinates(t testing.TB, pub crypto.PublicKey) (x, y []byte) {
	t.Helper()
	var point []byte
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		var err error
		if point, err = k.Bytes(); err != nil {
			t.Fatal(err)
		}
	case *brainpool.PublicKey:
		point = k.Bytes()
	}
	return point[1 : 1+len(point)/2], point[1+len(point)/2:]
}

func TestF21_HostileKeys(t *testing.T) {
	x, y := coordinates(t, &ecKey(t, elliptic.P256()).PublicKey)
	off := append([]byte{}, y...)
	off[31] ^= 1
	zero := make([]byte, 32)
	// No point of P-256 has x = 1: x^3 - 3x + b is no square there.
	none := append(make([]byte, 31), 1)
	bx, by := coordinates(t, brainpoolTestKey(t, brainpool.P256r1()).Public())
	wide, _ := coordinates(t, &ecKey(t, elliptic.P384()).PublicKey)
	for _, c := range []struct {
		name string
		key  map[int]any
		want error
	}{
		{"sound", map[int]any{1: 2, -1: 1, -2: x, -3: y}, nil},
		{"sound with other labels", map[int]any{1: 2, -1: 1, -2: x, -3: y, 2: []byte{1}, 3: -7, 4: []any{1}, -70: "x"}, nil},
		{"not on the curve", map[int]any{1: 2, -1: 1, -2: x, -3: off}, ErrKey},
		{"zero point", map[int]any{1: 2, -1: 1, -2: zero, -3: zero}, ErrKey},
		{"compressed, not on the curve", map[int]any{1: 2, -1: 1, -2: none, -3: true}, ErrKey},
		{"empty coordinates", map[int]any{1: 2, -1: 1, -2: []byte{}, -3: []byte{}}, ErrKey},
		{"x over the field", map[int]any{1: 2, -1: 1, -2: allOnes(32), -3: y}, ErrKey},
		{"x too short", map[int]any{1: 2, -1: 1, -2: x[1:], -3: y}, ErrKey},
		{"x of another curve", map[int]any{1: 2, -1: 1, -2: wide, -3: y}, ErrKey},
		{"curve of another size", map[int]any{1: 2, -1: 2, -2: x, -3: y}, ErrKey},
		{"no y", map[int]any{1: 2, -1: 1, -2: x}, ErrKey},
		{"y null", map[int]any{1: 2, -1: 1, -2: x, -3: nil}, ErrKey},
		{"y a number", map[int]any{1: 2, -1: 1, -2: x, -3: 1}, ErrKey},
		{"private", map[int]any{1: 2, -1: 1, -2: x, -3: y, -4: x}, ErrKey},
		{"no type", map[int]any{-1: 1, -2: x, -3: y}, ErrKey},
		{"OKP with an EC2 curve", map[int]any{1: 1, -1: 1, -2: x}, ErrKeyUnsupported},
		{"EC2 with an OKP curve", map[int]any{1: 2, -1: 6, -2: x, -3: y}, ErrKeyUnsupported},
		{"secp256k1", map[int]any{1: 2, -1: 8, -2: x, -3: y}, ErrKeyUnsupported},
		{"brainpoolP256r1 with a point of P-256", map[int]any{1: 2, -1: 256, -2: x, -3: y}, ErrKey},
		{"brainpoolP256r1, sound", map[int]any{1: 2, -1: 256, -2: bx, -3: by}, nil},
		{"brainpoolP256r1 as P-256", map[int]any{1: 2, -1: 1, -2: bx, -3: by}, ErrKey},
		{"brainpoolP320r1 with 32 bytes", map[int]any{1: 2, -1: 257, -2: bx, -3: by}, ErrKey},
		{"brainpoolP256r1, zero point", map[int]any{1: 2, -1: 256, -2: zero, -3: zero}, ErrKey},
		{"brainpoolP256r1, x over the field", map[int]any{1: 2, -1: 256, -2: allOnes(32), -3: by}, ErrKey},
		{"brainpoolP256r1, y over the field", map[int]any{1: 2, -1: 256, -2: bx, -3: allOnes(32)}, ErrKey},
		{"brainpoolP256r1, y empty", map[int]any{1: 2, -1: 256, -2: bx, -3: []byte{}}, ErrKey},
		{"brainpoolP256r1, compressed, x over the field", map[int]any{1: 2, -1: 256, -2: allOnes(32), -3: true}, ErrKey},
		{"brainpoolP256r1, private", map[int]any{1: 2, -1: 256, -2: bx, -3: by, -4: bx}, ErrKey},
		{"brainpoolP256r1 as OKP", map[int]any{1: 1, -1: 256, -2: bx}, ErrKeyUnsupported},
		{"X25519", map[int]any{1: 1, -1: 4, -2: x}, nil},
		{"X25519 as EC2", map[int]any{1: 2, -1: 4, -2: x, -3: y}, ErrKeyUnsupported},
		{"X25519 of 31 bytes", map[int]any{1: 1, -1: 4, -2: x[1:]}, ErrKey},
		{"X25519, private", map[int]any{1: 1, -1: 4, -2: x, -4: x}, ErrKey},
		{"X448", map[int]any{1: 1, -1: 5, -2: make([]byte, 56)}, nil},
		{"X448 of 57 bytes", map[int]any{1: 1, -1: 5, -2: make([]byte, 57)}, ErrKey},
		{"Ed448 of 56 bytes", map[int]any{1: 1, -1: 7, -2: make([]byte, 56)}, ErrKey},
		{"symmetric", map[int]any{1: 4, -1: 1, -2: x}, ErrKeyUnsupported},
		{"Ed25519 of 31 bytes", map[int]any{1: 1, -1: 6, -2: x[1:]}, ErrKey},
	} {
		pub, err := ParseKey(encode(t, c.key))
		if !errors.Is(err, c.want) || (err == nil) != (pub != nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	sound := encode(t, map[int]any{1: 2, -1: 1, -2: x, -3: y})
	for n := range sound {
		if _, err := ParseKey(sound[:n]); !errors.Is(err, ErrKey) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if _, err := ParseKey(append(sound, 0)); !errors.Is(err, ErrKey) {
		t.Errorf("trailing byte: %v", err)
	}
}

func allOnes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xff
	}
	return b
}

// ed25519.PublicKey has no method that a point on a curve would have; the size is
// all that can be checked before a signature is.
var _ equal = ed25519.PublicKey{}
