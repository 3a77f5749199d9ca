package trust

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kazashi/session/fault"
)

// soundLeaf is a document signer that departs in nothing.
func soundLeaf(spoil func(*x509.Certificate)) *x509.Certificate {
	c := leafTemplate()
	c.SubjectKeyId, c.CRLDistributionPoints = []byte{2}, []string{"https://example.invalid/crl"}
	c.UnknownExtKeyUsage = nil
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{UsageMDLSigner})
	if err != nil {
		panic(err)
	}
	c.ExtraExtensions = []pkix.Extension{
		{Id: oidExtendedKeyUsage, Critical: true, Value: usage},
		{Id: issuerAltName, Value: []byte{0x30, 0x03, 0x86, 0x01, 'x'}},
	}
	if spoil != nil {
		spoil(c)
	}
	return c
}

// uncritical replaces an extension that crypto/x509 would write critical.
func uncritical(id asn1.ObjectIdentifier, value ...byte) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = slices.DeleteFunc(c.ExtraExtensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Value: value})
	}
}

func without(id asn1.ObjectIdentifier) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = slices.DeleteFunc(c.ExtraExtensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
	}
}

// What is tolerated of a document signer: the path stands, and says it.
func TestDepartures_DocumentSigner(t *testing.T) {
	iaca := newIACA(t, nil)
	store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{UsageMDLSigner})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want  string
		spoil func(*x509.Certificate)
	}{
		{"", nil},
		{"key usage is not critical", uncritical(oidKeyUsage, 3, 2, 7, 0x80)},
		{"extended key usage is not critical", uncritical(oidExtendedKeyUsage, usage...)},
		{"subject key identifier is missing", func(c *x509.Certificate) { c.SubjectKeyId = nil }},
		{"crl distribution points is missing", func(c *x509.Certificate) { c.CRLDistributionPoints = nil }},
		{"issuer alternative name is missing", without(issuerAltName)},
		{"issuer alternative name is empty", uncritical(issuerAltName, 0x30, 0)},
		{"common name is missing", func(c *x509.Certificate) { c.Subject.CommonName = "" }},
		{"", func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 158) }},
		{"serial number is longer than 20 octets", func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 159) }},
	} {
		leaf := create(t, soundLeaf(c.spoil), iaca.cert, newKey(t).Public(), iaca.key)
		path, err := store.Path([][]byte{leaf}, docType, now)
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		if c.want == "" && path.Departures != nil || c.want != "" && !slices.Equal(path.Departures, []string{c.want}) {
			t.Errorf("got %q, want %q", path.Departures, c.want)
		}
	}
	mute := *iaca.cert
	mute.SubjectKeyId = nil // so that the leaf gets no authority key identifier
	leaf := create(t, soundLeaf(nil), &mute, newKey(t).Public(), iaca.key)
	path, err := store.Path([][]byte{leaf}, docType, now)
	if err != nil || !slices.Equal(path.Departures, []string{"authority key identifier is missing"}) {
		t.Errorf("%+v, %v", path, err)
	}
}

func TestDepartures_IACA(t *testing.T) {
	for _, c := range []struct {
		want  string
		spoil func(*x509.Certificate)
	}{
		{"", nil},
		{"path length is not limited", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = -1, false }},
		{"iaca has the key usage digitalSignature", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature }},
		{"key usage is not critical", uncritical(oidKeyUsage, 3, 2, 1, 0x06)},
		{"issuer alternative name is missing", without(issuerAltName)},
		{"common name is missing", func(c *x509.Certificate) { c.Subject.CommonName = "" }},
		{"serial number is longer than 20 octets", func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 190) }},
		{"basic constraints is not critical", uncritical(oidBasicConstraints, 0x30, 6, 1, 1, 0xff, 2, 1, 0)},
	} {
		iaca := newIACA(t, c.spoil)
		if err := CheckAnchor(iaca.cert); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
		got := Departures(iaca.cert)
		if c.want == "" && got != nil || c.want != "" && !slices.Equal(got, []string{c.want}) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Every certificate is of version 3; crypto/x509 makes no other.
func TestF33_CertificateVersion(t *testing.T) {
	iaca := newIACA(t, nil)
	old := *iaca.cert
	old.Version = 1
	if err := CheckAnchor(&old); fault.CodeOf(err) != fault.CertificateVersion {
		t.Errorf("iaca of version 1: %v", err)
	}
	leaf, err := x509.ParseCertificate(newLeaf(t, iaca, nil))
	if err != nil {
		t.Fatal(err)
	}
	leaf.Version = 1
	if err := checkLeaf(leaf); fault.CodeOf(err) != fault.CertificateVersion {
		t.Errorf("document signer of version 1: %v", err)
	}
	if err := checkAuthority(&old, "test", 0, now); fault.CodeOf(err) != fault.CertificateVersion {
		t.Errorf("ca of version 1: %v", err)
	}
	signer, err := x509.ParseCertificate(newVICALSigner(t, iaca, newKey(t), nil))
	if err != nil {
		t.Fatal(err)
	}
	signer.Version = 1
	if err := vicalSigner.check(signer, now); fault.CodeOf(err) != fault.CertificateVersion {
		t.Errorf("vical signer of version 1: %v", err)
	}
}

// An IACA signs with ECDSA and the hash that fits its curve.
func TestF34_KeyOfTheIACA(t *testing.T) {
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckAnchor(newIACAWithKey(t, edwards, nil).cert); fault.CodeOf(err) != fault.CertificateProfile {
		t.Errorf("Ed25519: %v", err)
	}
	short, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckAnchor(newIACAWithKey(t, short, nil).cert); fault.CodeOf(err) != fault.CertificateProfile {
		t.Errorf("P-224: %v", err)
	}
	iaca := newIACA(t, nil)
	twin := newIACA(t, nil)
	leaf := newLeaf(t, iaca, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA384 })
	store := NewStore([]Anchor{{Certificate: iaca.cert}, {Certificate: twin.cert}}, Options{})
	if _, err := store.Path([][]byte{leaf}, docType, now); fault.CodeOf(err) != fault.CertificateAlgorithm {
		t.Errorf("SHA-384 with P-256: %v", err)
	}
	// Where one of the name could have signed and did not, that is what is wrong.
	long, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	store = NewStore([]Anchor{{Certificate: iaca.cert}, {Certificate: newIACAWithKey(t, long, nil).cert}}, Options{})
	if _, err := store.Path([][]byte{leaf}, docType, now); fault.CodeOf(err) != fault.CertificateSignature {
		t.Errorf("beside one with P-384: %v", err)
	}
}

// A pinned IACA that departs from its profile counts, and its file is told of.
func TestDepartures_PinnedIACA(t *testing.T) {
	iaca := newIACA(t, func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = -1, false })
	file := filepath.Join(t.TempDir(), "iaca.pem")
	if err := os.WriteFile(file, asPEM("CERTIFICATE", iaca.der), 0o600); err != nil {
		t.Fatal(err)
	}
	set := Load(Sources{Anchors: []Pin{{Path: file}}}, nil, now)
	found := set.Findings(now)
	if len(set.Anchors) != 1 || len(found) != 1 || found[0].File != file || !found[0].Warning || fault.CodeOf(found[0].Err) != fault.CertificateDeparture {
		t.Errorf("%d anchors, findings %+v", len(set.Anchors), found)
	}
}
