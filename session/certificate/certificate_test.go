package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/ed448"

	"kazashi/reader/vectors"
	"kazashi/session/curve/brainpool"
)

// made returns a certificate of testdata, DER.
func made(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s is no PEM", name)
	}
	return block.Bytes
}

func parse(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	c, err := Parse(made(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

func check(c, by *x509.Certificate) error {
	return CheckSignature(by, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}

func TestBrainpool(t *testing.T) {
	for curve, want := range map[*brainpool.Curve]x509.SignatureAlgorithm{
		brainpool.P256r1(): x509.ECDSAWithSHA256, brainpool.P320r1(): x509.ECDSAWithSHA384,
		brainpool.P384r1(): x509.ECDSAWithSHA384, brainpool.P512r1(): x509.ECDSAWithSHA512,
	} {
		t.Run(curve.String(), func(t *testing.T) {
			der := made(t, "iaca-"+curve.String())
			if _, err := x509.ParseCertificate(der); err == nil {
				t.Log("the standard library reads brainpool keys now: this package may go")
			}
			c := parse(t, "iaca-"+curve.String())
			key, ok := c.PublicKey.(*brainpool.PublicKey)
			if !ok || key.Curve() != curve || c.PublicKeyAlgorithm != x509.ECDSA {
				t.Fatalf("key %T, %v", c.PublicKey, c.PublicKeyAlgorithm)
			}
			if !bytes.Equal(c.Raw, der) || !bytes.Contains(der, c.RawTBSCertificate) || !bytes.Contains(c.RawTBSCertificate, c.RawSubjectPublicKeyInfo) {
				t.Error("raw parts are not those that were received")
			}
			if !bytes.Contains(c.RawSubjectPublicKeyInfo, key.Bytes()) || c.SignatureAlgorithm != want {
				t.Errorf("%v over %x", c.SignatureAlgorithm, c.RawSubjectPublicKeyInfo)
			}
			if !c.IsCA || !c.MaxPathLenZero || c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign || c.Version != 3 ||
				len(c.SubjectKeyId) != 20 || c.Subject.CommonName != "Specimen IACA "+curve.String() || len(c.Subject.Country) != 1 {
				t.Errorf("the rest is not what OpenSSL wrote: %+v", c)
			}
			if err := check(c, c); err != nil {
				t.Error(err)
			}
			c.RawTBSCertificate[len(c.RawTBSCertificate)-1] ^= 1
			if err := check(c, c); !errors.Is(err, ErrSignature) {
				t.Errorf("with another bit: %v", err)
			}
			if der[len(der)-1] != c.Raw[len(c.Raw)-1] || &der[0] == &c.Raw[0] {
				t.Error("the certificate keeps the caller's memory")
			}
		})
	}
}

func TestEd448(t *testing.T) {
	c, by := parse(t, "ds-ed448"), parse(t, "iaca-brainpoolP320r1")
	key, ok := c.PublicKey.(ed448.PublicKey)
	if !ok || !bytes.HasSuffix(c.RawSubjectPublicKeyInfo, key) {
		t.Fatalf("key %T", c.PublicKey)
	}
	if err := check(c, by); err != nil {
		t.Error(err)
	}
	if err := check(c, parse(t, "iaca-brainpoolP384r1")); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if err := check(c, parse(t, "iaca-brainpoolP256r1")); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("a key of another size: %v", err)
	}
	if err := check(c, c); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("a certificate signed with Ed448: %v", err)
	}
}

func TestRefused(t *testing.T) {
	sound := made(t, "iaca-brainpoolP256r1")
	c := parse(t, "iaca-brainpoolP256r1")
	point := c.PublicKey.(*brainpool.PublicKey).Bytes()
	change := func(old, now []byte) []byte {
		out := bytes.Replace(sound, old, now, 1)
		if bytes.Equal(out, sound) {
			t.Fatal("nothing was changed")
		}
		return out
	}
	off := bytes.Clone(point)
	off[64] ^= 1
	for name, der := range map[string][]byte{
		"explicit parameters":    made(t, "explicit-parameters"),
		"compressed point":       made(t, "compressed-point"),
		"off its curve":          change(point, off),
		"zero point":             change(point[1:], make([]byte, 64)),
		"another curve's name":   change([]byte{8, 1, 1, 7}, []byte{8, 1, 1, 9}),
		"a curve nobody has":     change([]byte{8, 1, 1, 7}, []byte{8, 1, 1, 3}),
		"trailing byte":          append(bytes.Clone(sound), 0),
		"a date that is none":    change([]byte("261123"), []byte("261399")),
		"cut":                    sound[:len(sound)-1],
		"nothing":                nil,
		"Ed448 of other bytes":   bytes.Replace(made(t, "ds-ed448"), []byte{0x2b, 0x65, 0x71, 0x03, 0x3a, 0}, []byte{0x2b, 0x65, 0x71, 0x03, 0x3a, 1}, 1),
		"no certificate but key": c.RawSubjectPublicKeyInfo,
	} {
		if c, err := Parse(der); err == nil || c != nil {
			t.Errorf("%s: it is read", name)
		}
	}
	for n := range sound {
		if _, err := Parse(sound[:n]); err == nil {
			t.Errorf("cut at %d: it is read", n)
		}
	}
}

func TestF34_HashAgainstCurve(t *testing.T) {
	if c := parse(t, "sha512-brainpoolP256r1"); !errors.Is(check(c, c), ErrAlgorithm) {
		t.Errorf("SHA-512 with brainpoolP256r1: %v", check(c, c))
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		fits, err := Algorithm(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		for _, algorithm := range []x509.SignatureAlgorithm{x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512} {
			template := &x509.Certificate{
				SerialNumber: big.NewInt(1), SignatureAlgorithm: algorithm,
				Subject: pkix.Name{CommonName: "Specimen"}, NotAfter: time.Unix(1<<31, 0),
			}
			der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			var want error
			if algorithm != fits {
				want = ErrAlgorithm
			}
			if err := check(c, c); !errors.Is(err, want) {
				t.Errorf("%v with %s: %v", algorithm, curve.Params().Name, err)
			}
		}
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<31, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := check(c, c); err != nil {
		t.Errorf("Ed25519: %v", err)
	}
	c.Signature[0] ^= 1
	if err := check(c, c); !errors.Is(err, ErrSignature) {
		t.Errorf("Ed25519 with another bit: %v", err)
	}
}

// FuzzParse holds Parse to crypto/x509 where that reads a certificate, and to the
// received bytes where it does not.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"iaca-brainpoolP256r1", "iaca-brainpoolP320r1", "iaca-brainpoolP384r1", "iaca-brainpoolP512r1", "ds-ed448", "explicit-parameters", "compressed-point"} {
		f.Add(made(f, name))
	}
	for _, der := range slices.Concat(vectors.Files(f, "iaca/*"), vectors.Files(f, "vical/*.crt"), vectors.Values(f, "iso-annex-d.json", "iacaCert", "readerRootCert")) {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := Parse(der)
		if err != nil {
			if c != nil {
				t.Error("a certificate beside an error")
			}
			return
		}
		if !bytes.Equal(c.Raw, der) || !bytes.Contains(der, c.RawTBSCertificate) || !bytes.Contains(c.RawTBSCertificate, c.RawSubjectPublicKeyInfo) {
			t.Error("raw parts are not those that were received")
		}
		if theirs, err := x509.ParseCertificate(der); err == nil {
			if theirs.PublicKey == nil {
				theirs.PublicKey = c.PublicKey
			}
			if !theirs.Equal(c) || theirs.PublicKeyAlgorithm != c.PublicKeyAlgorithm {
				t.Error("crypto/x509 reads another certificate")
			}
		} else if _, ok := c.PublicKey.(*brainpool.PublicKey); !ok {
			t.Errorf("crypto/x509 refuses what has a %T: %v", c.PublicKey, err)
		}
	})
}
