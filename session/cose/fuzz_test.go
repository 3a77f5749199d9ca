package cose

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"errors"
	"testing"

	"kazashi/reader/vectors"
	"kazashi/session/curve/brainpool"
)

func FuzzParseKey(f *testing.F) {
	for _, pub := range []crypto.PublicKey{
		ecKey(f, elliptic.P256()).Public(), ecKey(f, elliptic.P384()).Public(), ecKey(f, elliptic.P521()).Public(), edKey(f).Public(),
		brainpoolTestKey(f, brainpool.P256r1()).Public(), brainpoolTestKey(f, brainpool.P320r1()).Public(),
		brainpoolTestKey(f, brainpool.P384r1()).Public(), brainpoolTestKey(f, brainpool.P512r1()).Public(),
	} {
		raw, err := MarshalKey(pub)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for curve, size := range map[int]int{4: 32, 5: 56, 7: 57} { // X25519, X448, Ed448
		f.Add(encode(f, map[int]any{1: 1, -1: curve, -2: bytes.Repeat([]byte{9}, size)}))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		pub, err := ParseKey(raw)
		if err != nil {
			return
		}
		again, err := MarshalKey(pub)
		if err != nil {
			t.Fatalf("read, and not to be written: %v", err)
		}
		if back, err := ParseKey(again); err != nil || !back.(equal).Equal(pub) {
			t.Errorf("written, and read as another: %v", err)
		}
	})
}

func FuzzParseMac0(f *testing.F) {
	key := make([]byte, 32)
	sound, err := MacDetached(key, []byte("payload"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	for _, raw := range append(vectors.Values(f, "iso-annex-d.json", "deviceAuth"), vectors.Files(f, "isomdl/cose_mac0_serialized.cbor.hex")...) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMac0(raw)
		if err != nil {
			return
		}
		if m.VerifyDetached(key, []byte("another payload")) == nil {
			t.Error("verified another payload")
		}
	})
}

func FuzzParseChain(f *testing.F) {
	f.Add([]byte{0x41, 0x30})
	f.Add([]byte{0x82, 0x41, 0x30, 0x41, 0x31})
	f.Add([]byte{0x80})
	f.Add([]byte{0x61, 0x30})
	f.Fuzz(func(t *testing.T, raw []byte) {
		chain, err := parseChain(raw)
		if err != nil {
			if !errors.Is(err, ErrChain) {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if len(chain) == 0 || len(chain) > maxCertificates {
			t.Errorf("chain of %d", len(chain))
		}
		for _, der := range chain {
			if len(der) == 0 || len(der) > maxCertificateBytes {
				t.Errorf("certificate of %d bytes", len(der))
			}
		}
	})
}
