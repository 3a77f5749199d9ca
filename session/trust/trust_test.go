package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"kazashi/reader/vectors"
	"kazashi/session/fault"
)

const docType = "org.iso.23220.1.jp.mnc"

var now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// authority is an IACA of these tests.
type authority struct {
	key  crypto.Signer
	cert *x509.Certificate
	der  []byte
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func create(t testing.TB, template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newIACA(t testing.TB, spoil func(*x509.Certificate)) authority {
	t.Helper()
	return newIACAWithKey(t, newKey(t), spoil)
}

func newIACAWithKey(t testing.TB, key crypto.Signer, spoil func(*x509.Certificate)) authority {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "Test IACA"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(9, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		ExtraExtensions: []pkix.Extension{{Id: issuerAltName, Value: []byte{0x30, 0x03, 0x86, 0x01, 'x'}}},
	}
	if spoil != nil {
		spoil(c)
	}
	der := create(t, c, c, key.Public(), key)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, der}
}

func leafTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "Test DS"},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{UsageMDLSigner},
	}
}

func newLeaf(t testing.TB, iaca authority, spoil func(*x509.Certificate)) []byte {
	t.Helper()
	c := leafTemplate()
	if spoil != nil {
		spoil(c)
	}
	return create(t, c, iaca.cert, newKey(t).Public(), iaca.key)
}

func TestF33_Chain(t *testing.T) {
	iaca := newIACA(t, nil)
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	oid := func(n ...int) pkix.Extension {
		return pkix.Extension{Id: n, Critical: true, Value: []byte{0x30, 0x00}}
	}
	// One that crypto/x509 does not read, and that is not critical.
	plain := func(n ...int) pkix.Extension { return pkix.Extension{Id: n, Value: []byte{0x30, 0x00}} }
	for _, c := range []struct {
		name  string
		spoil func(*x509.Certificate)
		want  fault.Code
	}{
		{"sound", nil, fault.OK},
		{"the 23220 usage", func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{UsageMDocSigner} }, fault.OK},
		{"both usages", func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{UsageMDocSigner, UsageMDLSigner}
		}, fault.OK},
		{"usage among others", func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = append([]asn1.ObjectIdentifier{{1, 2, 3}}, UsageMDLSigner)
		}, fault.CertificateEKUExcess},
		{"usage of a reader too", func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6})
		}, fault.CertificateEKUExcess},
		{"usage of a server too", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}, fault.CertificateEKUExcess},
		{"critical issuerAltName", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{oid(2, 5, 29, 18)} }, fault.OK},
		{"valid until now", func(c *x509.Certificate) { c.NotAfter = now }, fault.OK},
		{"expired a second ago", func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }, fault.CertificateExpired},
		{"valid in a second", func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }, fault.CertificateNotYetValid},
		{"no usage", func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil }, fault.CertificateEKU},
		{"usage of a reader", func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 6}} }, fault.CertificateEKU},
		{"any usage", func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = nil
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}, fault.CertificateEKU},
		{"a ca", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, fault.CertificateIsCA},
		{"no key usage", func(c *x509.Certificate) { c.KeyUsage = 0 }, fault.CertificateUsageMissing},
		{"key agreement", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, fault.CertificateUsageMissing},
		{"may sign certificates", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }, fault.CertificateUsageExcess},
		{"may sign crls", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCRLSign }, fault.CertificateUsageExcess},
		{"key agreement too", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyAgreement }, fault.CertificateUsageExcess},
		{"non-repudiation too, as a vical signer", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageContentCommitment }, fault.CertificateUsageExcess},
		{"457 days", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 457) }, fault.OK},
		{"458 days", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 458) }, fault.CertificateTooLong},
		{"name constraints", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"example.com"} }, fault.CertificateExtension},
		{"policy mappings", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{plain(2, 5, 29, 33)} }, fault.CertificateExtension},
		{"freshest crl", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{plain(2, 5, 29, 46)} }, fault.CertificateExtension},
		{"inhibit any policy", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 54}, Value: []byte{2, 1, 0}}}
		}, fault.CertificateExtension},
		{"policy constraints", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{oid(2, 5, 29, 36)} }, fault.CertificateExtension},
		{"unknown critical extension", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{oid(1, 2, 3, 4)} }, fault.CertificateCriticalExtension},
		{"another country", func(c *x509.Certificate) { c.Subject.Country = []string{"UT"} }, fault.CertificateCountry},
		{"no country", func(c *x509.Certificate) { c.Subject.Country = nil }, fault.CertificateCountryMissing},
		{"country in lower case", func(c *x509.Certificate) { c.Subject.Country = []string{"jp"} }, fault.CertificateCountry},
		{"two countries", func(c *x509.Certificate) { c.Subject.Country = []string{"JP", "UT"} }, fault.CertificateCountrySeveral},
		{"state that the iaca does not name", func(c *x509.Certificate) { c.Subject.Province = []string{"JP-13"} }, fault.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			leaf := newLeaf(t, iaca, c.spoil)
			path, err := store.Path([][]byte{leaf}, docType, now)
			if got := fault.CodeOf(err); got != c.want || (err == nil) != (path != nil) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestF33_Anchors(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*x509.Certificate)
		want  fault.Code
	}{
		{"expired", func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }, fault.CertificateExpired},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }, fault.CertificateNotYetValid},
		{"no ca", func(c *x509.Certificate) { c.IsCA, c.MaxPathLenZero = false, false }, fault.CertificateNoCA},
		{"path length 1", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 1, false }, fault.CertificatePathLength},
		{"may not sign certificates", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, fault.CertificateUsageMissing},
		{"may not sign crls", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }, fault.CertificateUsageMissing},
		{"may agree on keys", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyAgreement }, fault.CertificateUsageExcess},
		{"may sign ocsp answers", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature }, fault.OK},
		{"path length not limited", func(c *x509.Certificate) { c.MaxPathLen = -1; c.MaxPathLenZero = false }, fault.OK},
		{"extended key usage", func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{UsageMDLSigner} }, fault.CertificateEKUExcess},
		{"extended key usage of a server", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, fault.CertificateEKUExcess},
		{"20 years", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(20, 0, 0) }, fault.OK},
		{"20 years and a day", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(20, 0, 1) }, fault.CertificateTooLong},
		{"no country", func(c *x509.Certificate) { c.Subject.Country = nil }, fault.CertificateCountryMissing},
		{"two countries", func(c *x509.Certificate) { c.Subject.Country = []string{"JP", "UT"} }, fault.CertificateCountrySeveral},
		{"freshest crl", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 46}, Value: []byte{0x30, 0}}}
		}, fault.CertificateExtension},
		{"unknown critical extension", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}, fault.CertificateCriticalExtension},
	} {
		t.Run(c.name, func(t *testing.T) {
			iaca := newIACA(t, c.spoil)
			store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
			if _, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now); fault.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestF33_StateOrProvince(t *testing.T) {
	iaca := newIACA(t, func(c *x509.Certificate) { c.Subject.Province = []string{"JP-13"} })
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	for state, want := range map[string]fault.Code{"": fault.OK, "JP-13": fault.OK, "JP-27": fault.CertificateState} {
		leaf := newLeaf(t, iaca, func(c *x509.Certificate) {
			if state != "" {
				c.Subject.Province = []string{state}
			}
		})
		if _, err := store.Path([][]byte{leaf}, docType, now); fault.CodeOf(err) != want {
			t.Errorf("%q: got %v, want %s", state, err, want)
		}
	}
}

func TestF33_WhoSigned(t *testing.T) {
	iaca, twin := newIACA(t, nil), newIACA(t, nil) // same name, another key
	foreign := newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Another IACA" })
	leaf := newLeaf(t, iaca, nil)
	anchors := func(a ...Anchor) []Anchor { return a }
	for _, c := range []struct {
		name    string
		anchors []Anchor
		options Options
		want    fault.Code
	}{
		{"its iaca", anchors(Anchor{Certificate: iaca.cert}), Options{}, fault.OK},
		{"its iaca beside one of the same name", anchors(Anchor{Certificate: twin.cert}, Anchor{Certificate: iaca.cert}), Options{}, fault.OK},
		{"no anchor", nil, Options{}, fault.NoAnchor},
		{"another iaca", anchors(Anchor{Certificate: foreign.cert}), Options{}, fault.UnknownIssuer},
		{"another iaca of the same name", anchors(Anchor{Certificate: twin.cert}), Options{}, fault.CertificateSignature},
		{"bound to this document", anchors(Anchor{Certificate: iaca.cert, DocTypes: []string{"x", docType}}), Options{}, fault.OK},
		{"bound to another document", anchors(Anchor{Certificate: iaca.cert, DocTypes: []string{"x"}}), Options{}, fault.NoAnchor},
		{"bound to another document, beside one for this", anchors(Anchor{Certificate: iaca.cert, DocTypes: []string{"x"}}, Anchor{Certificate: foreign.cert}), Options{}, fault.UnknownIssuer},
		{"specimen", anchors(Anchor{Certificate: iaca.cert, Specimen: true}), Options{}, fault.SpecimenAnchor},
		{"specimen in specimen mode", anchors(Anchor{Certificate: iaca.cert, Specimen: true}), Options{AcceptSpecimen: true}, fault.OK},
		{"a specimen anchor that is not its own", anchors(Anchor{Certificate: foreign.cert, Specimen: true}), Options{}, fault.NoAnchor},
		{"usage of another document", anchors(Anchor{Certificate: iaca.cert}), Options{SignerUsages: map[string][]asn1.ObjectIdentifier{docType: {{1, 2, 3}}}}, fault.CertificateEKU},
		{"no usage accepted", anchors(Anchor{Certificate: iaca.cert}), Options{SignerUsages: map[string][]asn1.ObjectIdentifier{docType: {}}}, fault.CertificateEKU},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, err := NewStore(c.anchors, c.options).Path([][]byte{leaf}, docType, now)
			if fault.CodeOf(err) != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if err == nil && !path.Anchor.Certificate.Equal(iaca.cert) {
				t.Error("another anchor")
			}
		})
	}
}

func TestF32_X5ChainContents(t *testing.T) {
	iaca := newIACA(t, nil)
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	leaf, other := newLeaf(t, iaca, nil), newLeaf(t, iaca, nil)
	between := newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Between" })
	for _, c := range []struct {
		name  string
		chain [][]byte
		want  fault.Code
	}{
		{"leaf", [][]byte{leaf}, fault.OK},
		{"ends in the root", [][]byte{leaf, iaca.der}, fault.OK},
		{"nothing", nil, fault.X5ChainMissing},
		{"leaf not first", [][]byte{iaca.der, leaf}, fault.X5ChainMalformed},
		{"two leaves", [][]byte{leaf, other}, fault.X5ChainMalformed},
		{"only the anchor", [][]byte{iaca.der}, fault.CertificateIsCA},
		{"the anchor twice", [][]byte{iaca.der, iaca.der}, fault.CertificateIsCA},
		{"garbage", [][]byte{{0x30, 0x00}}, fault.CertificateMalformed},
		{"garbage behind the leaf", [][]byte{leaf, {0x30, 0x00}}, fault.CertificateMalformed},
		{"trailing byte", [][]byte{append(append([]byte{}, leaf...), 0)}, fault.CertificateMalformed},
		{"a ca between", [][]byte{newLeaf(t, between, nil), between.der}, fault.UnknownIssuer},
	} {
		if _, err := store.Path(c.chain, docType, now); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestF33_KeyIdentifier(t *testing.T) {
	iaca := newIACA(t, nil)
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	parent := *iaca.cert
	parent.SubjectKeyId = []byte{1, 2, 3} // what the leaf will point to
	leaf := create(t, leafTemplate(), &parent, newKey(t).Public(), iaca.key)
	if _, err := store.Path([][]byte{leaf}, docType, now); fault.CodeOf(err) != fault.CertificateKeyIdentifier {
		t.Errorf("got %v", err)
	}
}

// The standard signs certificates with ECDSA or EdDSA only.
func TestF34_RSACertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	iaca := newIACAWithKey(t, key, nil)
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	if _, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now); fault.CodeOf(err) != fault.CertificateAlgorithm {
		t.Errorf("got %v", err)
	}
}

func FuzzPath(f *testing.F) {
	// The keys are always the same: a fuzzing worker is another process than the one
	// that made its seeds, and has to accept them.
	scalar := sha256.Sum256([]byte("fuzz"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		f.Fatal(err)
	}
	iaca := newIACAWithKey(f, key, nil)
	leaf := create(f, leafTemplate(), iaca.cert, key.Public(), key)
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	signed, err := x509.ParseCertificate(leaf)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(leaf)
	for _, der := range vectors.Files(f, "iaca/*") {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		path, err := store.Path([][]byte{der}, docType, now)
		if err == nil && string(path.Leaf.RawTBSCertificate) != string(signed.RawTBSCertificate) {
			t.Error("a certificate passed that the iaca did not sign")
		}
	})
}
