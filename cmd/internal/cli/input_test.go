package cli

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kazashi/session/certificate"
	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
	"kazashi/session/fault"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

func write(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestReadFileIsBounded(t *testing.T) {
	name := write(t, make([]byte, 11))
	if data, err := readFile(name, 11); err != nil || len(data) != 11 {
		t.Errorf("at the limit: %d bytes, %v", len(data), err)
	}
	if _, err := readFile(name, 10); fault.CodeOf(err) != fault.InputUnreadable {
		t.Errorf("over the limit: %v", err)
	}
	if _, err := readFile(t.TempDir(), 10); fault.CodeOf(err) != fault.InputUnreadable {
		t.Errorf("a directory: %v", err)
	}
}

func TestReadTranscriptTakesBothForms(t *testing.T) {
	array, err := wire.Marshal([]any{nil, nil, []byte("handover")})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"array": array, "tag 24": wire.Embed(array)} {
		got, err := readTranscript(write(t, data))
		if err != nil || !bytes.Equal(got, array) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for name, data := range map[string][]byte{
		"empty":           {},
		"two members":     {0x82, 0xf6, 0xf6},
		"a map":           {0xa0},
		"trailing byte":   append(slices.Clone(array), 0),
		"trailing in tag": wire.Embed(append(slices.Clone(array), 0)),
		"twice in a tag":  wire.Embed(wire.Embed(array)),
	} {
		if _, err := readTranscript(write(t, data)); fault.CodeOf(err) != fault.MalformedTranscript {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadReaderKeyTakesWhatOpenSSLWrites(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7})
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	want, err := readReaderKey(write(t, block("PRIVATE KEY", pkcs8)))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"SEC 1":                 block("EC PRIVATE KEY", sec1),
		"SEC 1 with parameters": append(block("EC PARAMETERS", curve), block("EC PRIVATE KEY", sec1)...),
	} {
		got, err := readReaderKey(write(t, data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.COSE(), want.COSE()) {
			t.Errorf("%s: another key", name)
		}
	}
}

func TestReadReaderKeyRefusesTheRest(t *testing.T) {
	_, signing, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	notEC, err := x509.MarshalPKCS8PrivateKey(signing)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"no PEM":        []byte("nonsense"),
		"empty":         {},
		"a certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{0}}),
		"bad PKCS #8":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{0}}),
		"bad SEC 1":     pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{0}}),
		"Ed25519":       pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: notEC}),
	} {
		if _, err := readReaderKey(write(t, data)); fault.CodeOf(err) != fault.InputUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// EReaderKey may lie on every curve of session encryption.
func TestReadReaderKey_EveryCurve(t *testing.T) {
	keys := map[string]func() (crypto.PrivateKey, error){
		"P-384":           func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		"P-521":           func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P521(), rand.Reader) },
		"X25519":          func() (crypto.PrivateKey, error) { return ecdh.X25519().GenerateKey(rand.Reader) },
		"X448":            func() (crypto.PrivateKey, error) { return x448.GenerateKey() },
		"brainpoolP256r1": func() (crypto.PrivateKey, error) { return brainpool.P256r1().GenerateKey() },
		"brainpoolP320r1": func() (crypto.PrivateKey, error) { return brainpool.P320r1().GenerateKey() },
		"brainpoolP384r1": func() (crypto.PrivateKey, error) { return brainpool.P384r1().GenerateKey() },
		"brainpoolP512r1": func() (crypto.PrivateKey, error) { return brainpool.P512r1().GenerateKey() },
	}
	for name, generate := range keys {
		key, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		want, err := seal.FromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		der, err := certificate.MarshalPKCS8(key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readReaderKey(write(t, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
		if err != nil || got.Curve().String() != name || !bytes.Equal(got.COSE(), want.COSE()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
