package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/ed448"

	"kazashi/session/certificate"
	"kazashi/session/curve/brainpool"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// A reader's key may be on every curve that signs, and is read from a file.
func TestLoad_EveryCurve(t *testing.T) {
	keys := map[string]crypto.Signer{}
	add := func(name string, key crypto.Signer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
	}
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		add(c.Params().Name, key, err)
	}
	for _, c := range []*brainpool.Curve{brainpool.P256r1(), brainpool.P320r1(), brainpool.P384r1(), brainpool.P512r1()} {
		key, err := c.GenerateKey()
		add(c.String(), key, err)
	}
	_, short, err := ed25519.GenerateKey(rand.Reader)
	add("Ed25519", short, err)
	_, long, err := ed448.GenerateKey(rand.Reader)
	add("Ed448", long, err)
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	items, err := mdoc.DocRequest{DocType: "a", Elements: []mdoc.ElementRequest{{Namespace: "b", Identifier: "c"}}}.ItemsRequestBytes()
	if err != nil {
		t.Fatal(err)
	}
	transcript := []byte{0x83, 0xf6, 0xf6, 0xf6}
	for name, signer := range keys {
		t.Run(name, func(t *testing.T) {
			r, err := Load(write(t, "key", "PRIVATE KEY", encoded(t, signer)), write(t, "certificate", "CERTIFICATE", certified(t, signer.Public(), ca)))
			if err != nil {
				t.Fatal(err)
			}
			auth, err := r.Sign(transcript, items)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mdoc.VerifyReaderAuth(auth, transcript, items); err != nil {
				t.Error(err)
			}
			if _, err := mdoc.VerifyReaderAuth(auth, []byte{0x83, 0xf6, 0xf6, 0xf5}, items); err == nil {
				t.Error("a signature of another session verifies")
			}
		})
	}
	bp, ed := keys["brainpoolP256r1"], keys["Ed448"]
	_, err = Load(write(t, "key", "PRIVATE KEY", encoded(t, bp)), write(t, "certificate", "CERTIFICATE", certified(t, ed.Public(), ca)))
	if fault.CodeOf(err) != fault.ReaderKeyMismatch {
		t.Errorf("a key of another curve: %v", err)
	}
}

func encoded(t testing.TB, key crypto.PrivateKey) []byte {
	t.Helper()
	der, err := certificate.MarshalPKCS8(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func certified(t testing.TB, public crypto.PublicKey, ca crypto.Signer) []byte {
	t.Helper()
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 0, 23220, 4, 1, 6}},
	}
	der, err := certificate.Create(template, template, public, ca)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
