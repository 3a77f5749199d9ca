package x448

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func bin(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func private(t testing.TB, raw []byte) *PrivateKey {
	t.Helper()
	k, err := NewPrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The key agreement of RFC 7748, clause 6.2.
func TestRFC7748(t *testing.T) {
	alice := private(t, bin(t, "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b"))
	bob := private(t, bin(t, "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d"))
	for _, c := range []struct {
		key    *PrivateKey
		public string
	}{
		{alice, "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0"},
		{bob, "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609"},
	} {
		if got := c.key.PublicKey().Bytes(); !bytes.Equal(got, bin(t, c.public)) {
			t.Errorf("public key %x", got)
		}
	}
	want := bin(t, "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d")
	for _, pair := range [][2]*PrivateKey{{alice, bob}, {bob, alice}} {
		got, err := pair[0].ECDH(pair[1].PublicKey())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("shared secret %x, %v", got, err)
		}
	}
}

// The points of low order of Curve448, also in their second form over the prime
// p = 2^448 - 2^224 - 1.
func TestF21_LowOrder(t *testing.T) {
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	over := func(n byte) []byte { // p - 1 + n, little-endian
		b := bytes.Repeat([]byte{0xff}, Size)
		b[0], b[28] = 0xfe, 0xfe
		for i := 0; n > 0; i++ {
			sum := int(b[i]) + int(n)
			b[i], n = byte(sum), byte(sum>>8)
		}
		return b
	}
	for name, u := range map[string][]byte{
		"0": make([]byte, Size), "1": append([]byte{1}, make([]byte, Size-1)...), "p-1": over(0), "p": over(1), "p+1": over(2),
	} {
		remote, err := NewPublicKey(u)
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := key.ECDH(remote); !errors.Is(err, ErrLowOrder) || secret != nil {
			t.Errorf("u = %s: %x, %v", name, secret, err)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, n := range []int{0, 32, 55, 57} {
		if _, err := NewPublicKey(make([]byte, n)); !errors.Is(err, ErrLength) {
			t.Errorf("public key of %d bytes: %v", n, err)
		}
		if _, err := NewPrivateKey(make([]byte, n)); !errors.Is(err, ErrLength) {
			t.Errorf("private key of %d bytes: %v", n, err)
		}
	}
	a, b := private(t, bytes.Repeat([]byte{1}, Size)), private(t, bytes.Repeat([]byte{2}, Size))
	if !a.Equal(private(t, bytes.Repeat([]byte{1}, Size))) || a.Equal(b) || a.Equal(nil) {
		t.Error("private keys compare wrongly")
	}
	if !a.PublicKey().Equal(a.Public()) || a.PublicKey().Equal(b.Public()) || a.PublicKey().Equal(nil) {
		t.Error("public keys compare wrongly")
	}
	a.Wipe()
	if _, err := a.ECDH(b.PublicKey()); !errors.Is(err, ErrWiped) {
		t.Errorf("a wiped key: %v", err)
	}
	if a.secret != [Size]byte{} {
		t.Error("the secret is still there")
	}
}
