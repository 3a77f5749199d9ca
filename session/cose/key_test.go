package cose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"testing"
)

type equal interface{ Equal(crypto.PublicKey) bool }

func TestKey_RoundTrip(t *testing.T) {
	for _, pub := range []crypto.PublicKey{
		ecKey(t, elliptic.P256()).Public(), ecKey(t, elliptic.P384()).Public(), ecKey(t, elliptic.P521()).Public(), edKey(t).Public(),
	} {
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
	}
	if _, err := MarshalKey(ecKey(t, elliptic.P224()).Public()); !errors.Is(err, ErrKeyUnsupported) {
		t.Errorf("P-224: %v", err)
	}
}

func TestKey_CompressedPoint(t *testing.T) {
	// Both signs come up within a few keys.
	seen := map[bool]bool{}
	for len(seen) < 2 {
		pub := &ecKey(t, elliptic.P256()).PublicKey
		x, y := coordinates(t, pub)
		sign := y[len(y)-1]&1 == 1
		seen[sign] = true
		got, err := ParseKey(encode(t, map[int]any{1: 2, -1: 1, -2: x, -3: sign}))
		if err != nil || !pub.Equal(got) {
			t.Fatalf("sign %v: %v", sign, err)
		}
	}
}

func coordinates(t testing.TB, pub *ecdsa.PublicKey) (x, y []byte) {
	t.Helper()
	point, err := pub.Bytes()
	if err != nil {
		t.Fatal(err)
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
		{"brainpoolP256r1", map[int]any{1: 2, -1: 256, -2: x, -3: y}, ErrKeyUnsupported},
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
