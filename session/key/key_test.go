package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
)

func write(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func specimenPKI(t *testing.T, at time.Time) (*specimen.PKI, string) {
	t.Helper()
	p, err := specimen.NewPKI(elliptic.P256(), at)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	return p, dir
}

func TestLoad(t *testing.T) {
	now := time.Now()
	p, dir := specimenPKI(t, now)
	_, pastDir := specimenPKI(t, now.AddDate(-4, 0, 0))
	_, futureDir := specimenPKI(t, now.AddDate(1, 0, 0))
	sec1, err := x509.MarshalECPrivateKey(p.Reader.Key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaDER, err := x509.MarshalPKCS8PrivateKey(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	empty := write(t, "empty.pem", "NOTHING", nil)
	in := func(d, name string) string { return filepath.Join(d, name) }
	for name, c := range map[string]struct {
		key, cert string
		want      fault.Code
	}{
		"PKCS #8":                      {in(dir, "reader.key.pem"), in(dir, "reader.cert.pem"), fault.OK},
		"SEC 1":                        {write(t, "k", "EC PRIVATE KEY", sec1), in(dir, "reader.cert.pem"), fault.OK},
		"no key file":                  {in(dir, "none"), in(dir, "reader.cert.pem"), fault.ReaderKeyUnreadable},
		"no certificate file":          {in(dir, "reader.key.pem"), in(dir, "none"), fault.ReaderKeyUnreadable},
		"no PEM":                       {empty, in(dir, "reader.cert.pem"), fault.ReaderKeyUnreadable},
		"certificate without PEM":      {in(dir, "reader.key.pem"), empty, fault.ReaderKeyUnreadable},
		"broken key":                   {write(t, "k", "PRIVATE KEY", []byte{1, 2}), in(dir, "reader.cert.pem"), fault.ReaderKeyUnreadable},
		"broken certificate":           {in(dir, "reader.key.pem"), write(t, "c", "CERTIFICATE", []byte{1}), fault.ReaderKeyUnreadable},
		"another key":                  {in(dir, "ds.key.pem"), in(dir, "reader.cert.pem"), fault.ReaderKeyMismatch},
		"RSA":                          {write(t, "k", "PRIVATE KEY", rsaDER), write(t, "c", "CERTIFICATE", selfSigned(t, rsaKey)), fault.ReaderCertificateProfile},
		"certificate of a DS":          {in(dir, "ds.key.pem"), in(dir, "ds.cert.pem"), fault.ReaderCertificateProfile},
		"certificate of the CA":        {in(dir, "reader-ca.key.pem"), in(dir, "reader-ca.cert.pem"), fault.ReaderCertificateProfile},
		"certificate that has expired": {in(pastDir, "reader.key.pem"), in(pastDir, "reader.cert.pem"), fault.ReaderCertificateExpired},
		"certificate not yet valid":    {in(futureDir, "reader.key.pem"), in(futureDir, "reader.cert.pem"), fault.ReaderCertificateExpired},
	} {
		r, err := Load(c.key, c.cert)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && len(r.Chain) != 1 {
			t.Errorf("%s: chain of %d", name, len(r.Chain))
		}
	}
}

func TestSignedRequestVerifies(t *testing.T) {
	p, _ := specimenPKI(t, time.Now())
	r, err := New(p.Reader.Key, p.Reader.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	items, err := mdoc.DocRequest{DocType: "a", Elements: []mdoc.ElementRequest{{Namespace: "b", Identifier: "c"}}}.ItemsRequestBytes()
	if err != nil {
		t.Fatal(err)
	}
	transcript := []byte{0x83, 0xf6, 0xf6, 0xf6}
	auth, err := r.Sign(transcript, items)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := mdoc.VerifyReaderAuth(auth, transcript, items)
	if err != nil || len(chain) != 1 || string(chain[0]) != string(p.Reader.Certificate.Raw) {
		t.Errorf("%d certificates, %v", len(chain), err)
	}
	if _, err := mdoc.VerifyReaderAuth(auth, []byte{0x83, 0xf6, 0xf6, 0xf5}, items); err == nil {
		t.Error("a signature of another session verifies")
	}
}

func selfSigned(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCurvesWithoutAlgorithm(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(selfSigned(t, key))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(key, certificate); fault.CodeOf(err) != fault.ReaderCertificateProfile {
		t.Errorf("got %v", err)
	}
}
