package cose

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestF37_MacForms(t *testing.T) {
	key, payload := bytes.Repeat([]byte{7}, 32), []byte("payload")
	raw, err := MacDetached(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMac0(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.VerifyDetached(key, payload); err != nil {
		t.Error(err)
	}
	if err := m.VerifyDetached(key, []byte("another")); !errors.Is(err, ErrSignature) {
		t.Errorf("another payload: %v", err)
	}
	if err := m.VerifyDetached(bytes.Repeat([]byte{8}, 32), payload); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	alg := encode(t, map[int]int{1: 5})
	for _, c := range []struct {
		name      string
		protected []byte
		payload   any
		tag       []byte
		want      error
	}{
		{"tag of 16 bytes", alg, nil, m.tag[:16], ErrMalformed},
		{"tag of 8 bytes", alg, nil, m.tag[:8], ErrMalformed},
		{"no tag", alg, nil, []byte{}, ErrMalformed},
		{"HMAC 256/64", encode(t, map[int]int{1: 4}), nil, m.tag, ErrAlgorithm},
		{"HMAC 384/384", encode(t, map[int]int{1: 6}), nil, m.tag, ErrAlgorithm},
		{"ES256", encode(t, map[int]int{1: -7}), nil, m.tag, ErrAlgorithm},
		{"no alg", []byte{}, nil, m.tag, ErrAlgorithm},
		{"attached payload", alg, payload, m.tag, ErrPayload},
	} {
		m, err := ParseMac0(encode(t, []any{c.protected, map[int]int{}, c.payload, c.tag}))
		if err == nil {
			err = m.VerifyDetached(key, payload)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestMac0_IsomdlVector(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		dir := os.Getenv("MDOC_VECTORS")
		if dir == "" {
			t.Skip("MDOC_VECTORS does not name the folder of mdoc test vectors")
		}
		text, err := os.ReadFile(filepath.Join(dir, "isomdl", name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	m, err := ParseMac0(read("cose_mac0_serialized.cbor.hex"))
	if err != nil {
		t.Fatal(err)
	}
	key := read("cose_mac0_secret_key.hex")
	if err := m.verify(key, m.Payload); err != nil {
		t.Error(err)
	}
	if err := m.VerifyDetached(key, m.Payload); !errors.Is(err, ErrPayload) {
		t.Errorf("attached payload: %v", err)
	}
}
