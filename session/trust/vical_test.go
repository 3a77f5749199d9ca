package trust

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// provider is a VICAL provider of these tests: a root, and a signer under it.
type provider struct {
	root   authority
	key    crypto.Signer
	signer []byte
}

func newProvider(t testing.TB, spoil func(*x509.Certificate)) provider {
	t.Helper()
	root := newIACA(t, func(c *x509.Certificate) {
		c.Subject.CommonName, c.MaxPathLen, c.MaxPathLenZero = "Test VICAL Root", 1, false
	})
	key := newKey(t)
	return provider{root, key, newVICALSigner(t, root, key, spoil)}
}

func newVICALSigner(t testing.TB, ca authority, key crypto.Signer, spoil func(*x509.Certificate)) []byte {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "Test VICAL Signer"},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageContentCommitment, UnknownExtKeyUsage: []asn1.ObjectIdentifier{usageVICALSigner},
	}
	if spoil != nil {
		spoil(c)
	}
	return create(t, c, ca.cert, key.Public(), ca.key)
}

func (p provider) roots() []Root { return []Root{{Certificate: p.root.cert}} }

// entryOf is a sound entry for a certificate.
func entryOf(t testing.TB, c *x509.Certificate, docTypes ...string) map[string]any {
	t.Helper()
	if docTypes == nil {
		docTypes = []string{}
	}
	return map[string]any{
		"certificate": c.Raw, "serialNumber": c.SerialNumber, "ski": append([]byte{}, c.SubjectKeyId...), "docType": docTypes,
		"issuingAuthority": "somebody", "CertificateProfile": []string{"unknown"},
	}
}

// vicalOf is the content of a sound VICAL.
func vicalOf(entries ...map[string]any) map[string]any {
	return map[string]any{
		"version": "1.0", "vicalProvider": "Test Provider", "vicalIssueID": 7,
		"date": wire.TDate(now.AddDate(0, 0, -1)), "nextUpdate": wire.TDate(now.AddDate(0, 0, 1)),
		"certificateInfos": entries,
	}
}

func (p provider) sign(t testing.TB, content map[string]any, more ...[]byte) []byte {
	t.Helper()
	payload, err := wire.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cose.SignAttached(p.key, payload, append([][]byte{p.signer}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The list of a real provider, in the hour in which it was fresh.
func TestParseVICAL_AAMVA(t *testing.T) {
	raw, roots := aamva(t)
	at := time.Date(2025, 11, 18, 19, 0, 0, 0, time.UTC)
	v, err := ParseVICAL(raw, roots[:1], at)
	if err != nil {
		t.Fatal(err)
	}
	if v.Provider != "AAMVA" || v.IssueID == nil || *v.IssueID != 227602 || len(v.Anchors)+len(v.Skipped) != 14 {
		t.Errorf("%+v", v)
	}
	for _, s := range v.Skipped {
		t.Errorf("skipped %d %s: %v", s.Entry, s.Name, s.Err)
	}
	for _, a := range v.Anchors {
		if !slices.Equal(a.DocTypes, []string{"org.iso.18013.5.1.mDL"}) || a.Source != "VICAL AAMVA" {
			t.Errorf("%s: %v from %s", a.Certificate.Subject.CommonName, a.DocTypes, a.Source)
		}
	}
	if err := v.Stale(at); err != nil {
		t.Error(err)
	}
	if err := v.Stale(at.AddDate(0, 0, 2)); fault.CodeOf(err) != fault.TrustStale {
		t.Errorf("two days later: %v", err)
	}
	// Pinning the CA in between is enough, pinning another root is not.
	if _, err := ParseVICAL(raw, roots[1:], at); err != nil {
		t.Errorf("pinned intermediate: %v", err)
	}
	if _, err := ParseVICAL(raw, newProvider(t, nil).roots(), at); fault.CodeOf(err) != fault.UnknownIssuer {
		t.Errorf("another root: %v", err)
	}
	if _, err := ParseVICAL(raw, roots, at.AddDate(5, 0, 0)); fault.CodeOf(err) != fault.CertificateExpired {
		t.Errorf("after its signer's end: %v", err)
	}
	for _, i := range []int{len(raw) - 1, len(raw) / 2, len(raw) - 200} {
		bad := slices.Clone(raw)
		bad[i] ^= 1
		if _, err := ParseVICAL(bad, roots, at); err == nil {
			t.Errorf("byte %d flipped: accepted", i)
		}
	}
}

// aamva returns a real VICAL with its root and the CA below that.
func aamva(t testing.TB) ([]byte, []Root) {
	t.Helper()
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		t.Skip("MDOC_VECTORS does not name the folder of mdoc test vectors")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "vical", "aamva-2025-11-18.cbor"))
	if err != nil {
		t.Fatal(err)
	}
	var roots []Root
	for _, name := range []string{"aamva_ca_root.crt", "aamva_ca_intermediate.crt"} {
		found, err := parseRoots(filepath.Join(dir, "vical", name))
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, Root{Certificate: found[0]})
	}
	return raw, roots
}

// One entry that cannot be used is told of, and takes nothing from the others.
func TestF42_VICALBadEntry(t *testing.T) {
	p, good := newProvider(t, nil), newIACA(t, nil)
	other := newIACA(t, nil)
	spoilt := func(key string, value any) map[string]any {
		e := entryOf(t, other.cert, docType)
		if value == nil {
			delete(e, key)
		} else {
			e[key] = value
		}
		return e
	}
	leaf, err := x509.ParseCertificate(newLeaf(t, good, nil))
	if err != nil {
		t.Fatal(err)
	}
	expired := newIACA(t, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) })
	for _, c := range []struct {
		name  string
		entry map[string]any
		want  fault.Code
	}{
		{"no certificate", spoilt("certificate", nil), fault.TrustFileInvalid},
		{"certificate that is text", spoilt("certificate", "text"), fault.TrustFileInvalid},
		{"certificate that is none", spoilt("certificate", []byte{0x30, 0x00}), fault.CertificateMalformed},
		{"no docType", spoilt("docType", []string{}), fault.TrustFileInvalid},
		{"docType missing", spoilt("docType", nil), fault.TrustFileInvalid},
		{"an empty docType", spoilt("docType", []string{""}), fault.TrustFileInvalid},
		{"an empty docType beside another", spoilt("docType", []string{docType, ""}), fault.TrustFileInvalid},
		{"docType that steers a terminal", spoilt("docType", []string{"a.b\x1b[2J"}), fault.TrustFileInvalid},
		{"another ski", spoilt("ski", []byte{1, 2, 3}), fault.TrustFileInvalid},
		{"another serial number", spoilt("serialNumber", 2), fault.TrustFileInvalid},
		{"serial number that is text", spoilt("serialNumber", "1"), fault.TrustFileInvalid},
		{"a document signer", entryOf(t, leaf, docType), fault.CertificateNoCA},
		{"expired", entryOf(t, expired.cert, docType), fault.CertificateExpired},
		{"the same again", entryOf(t, good.cert, docType), fault.TrustFileInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := p.sign(t, vicalOf(entryOf(t, good.cert, docType), c.entry))
			v, err := ParseVICAL(raw, p.roots(), now)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Anchors) != 1 || !v.Anchors[0].Certificate.Equal(good.cert) {
				t.Errorf("anchors %v", v.Anchors)
			}
			if len(v.Skipped) != 1 || v.Skipped[0].Entry != 1 || fault.CodeOf(v.Skipped[0].Err) != c.want {
				t.Errorf("skipped %v, want %s", v.Skipped, c.want)
			}
			for _, a := range v.Anchors {
				if len(a.DocTypes) == 0 {
					t.Error("an anchor for any docType")
				}
			}
		})
	}
	if _, err := ParseVICAL(p.sign(t, vicalOf(spoilt("docType", []string{}))), p.roots(), now); fault.CodeOf(err) != fault.TrustFileInvalid {
		t.Errorf("no usable entry at all: %v", err)
	}
}

// A provider speaks of the docTypes for which it is pinned, and of no other.
func TestVICALDocTypes(t *testing.T) {
	p, iaca := newProvider(t, nil), newIACA(t, nil)
	other := newIACA(t, nil)
	roots := []Root{{Certificate: p.root.cert, DocTypes: []string{"a.b"}}}
	raw := p.sign(t, vicalOf(entryOf(t, iaca.cert, "a.b", docType), entryOf(t, other.cert, docType)))
	v, err := ParseVICAL(raw, roots, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Anchors) != 1 || !slices.Equal(v.Anchors[0].DocTypes, []string{"a.b"}) {
		t.Errorf("anchors %v", v.Anchors)
	}
	if len(v.Skipped) != 1 || fault.CodeOf(v.Skipped[0].Err) != fault.NoAnchor {
		t.Errorf("skipped %v", v.Skipped)
	}
	store := NewStore(v.Anchors, Options{})
	if _, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, "a.b", now); err != nil {
		t.Error(err)
	}
	if _, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now); fault.CodeOf(err) != fault.NoAnchor {
		t.Errorf("docType that its provider may not speak of: %v", err)
	}
}

func TestF33_VICALSigner(t *testing.T) {
	iaca := newIACA(t, nil)
	for _, c := range []struct {
		name  string
		spoil func(*x509.Certificate)
		want  fault.Code
	}{
		{"sound", nil, fault.OK},
		{"the 23220 usage", func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{usageListSigner} }, fault.OK},
		{"usage of a document signer", func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{UsageMDLSigner} }, fault.CertificateEKU},
		{"no usage", func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil }, fault.CertificateEKU},
		{"key usage of a document signer", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, fault.CertificateUsageMissing},
		{"a ca", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, fault.CertificateIsCA},
		{"expired", func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }, fault.CertificateExpired},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }, fault.CertificateNotYetValid},
		{"may sign crls", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCRLSign }, fault.CertificateUsageExcess},
		{"usage of a document signer too", func(c *x509.Certificate) { c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, UsageMDLSigner) }, fault.CertificateEKUExcess},
		{"1187 days", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 1187) }, fault.OK},
		{"1188 days", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 1188) }, fault.CertificateTooLong},
		{"freshest crl", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{extension(false, 2, 5, 29, 46)} }, fault.CertificateExtension},
		{"unknown critical extension", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}, fault.CertificateCriticalExtension},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProvider(t, c.spoil)
			_, err := ParseVICAL(p.sign(t, vicalOf(entryOf(t, iaca.cert, docType))), p.roots(), now)
			if fault.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestF33_VICALChain(t *testing.T) {
	p, iaca := newProvider(t, nil), newIACA(t, nil)
	content := vicalOf(entryOf(t, iaca.cert, docType))
	between := func(spoil func(*x509.Certificate)) authority {
		key := newKey(t)
		c := &x509.Certificate{
			SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "Between"}, KeyUsage: x509.KeyUsageCertSign,
			NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
			BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		}
		if spoil != nil {
			spoil(c)
		}
		der := create(t, c, p.root.cert, key.Public(), p.root.key)
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return authority{key, cert, der}
	}
	for _, c := range []struct {
		name string
		ca   authority
		want fault.Code
	}{
		{"a ca in between", between(nil), fault.OK},
		{"no ca in between", between(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero = false, false, false }), fault.CertificateNoCA},
		{"one that may not sign certificates", between(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }), fault.CertificateUsageMissing},
		{"one that has expired", between(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }), fault.CertificateExpired},
		{"one not yet valid", between(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }), fault.CertificateNotYetValid},
		{"one with an unknown critical extension", between(func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{extension(true, 1, 2, 3)} }), fault.CertificateCriticalExtension},
		{"one with a forbidden extension", between(func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{extension(false, 2, 5, 29, 46)} }), fault.CertificateExtension},
		{"one of somebody else", newIACA(t, nil), fault.UnknownIssuer},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := provider{p.root, p.key, newVICALSigner(t, c.ca, p.key, nil)}
			if _, err := ParseVICAL(q.sign(t, content, c.ca.der), p.roots(), now); fault.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if _, err := ParseVICAL(q.sign(t, content), p.roots(), now); fault.CodeOf(err) != fault.UnknownIssuer {
				t.Errorf("without it: %v", err)
			}
		})
	}
	// A root for leaves only has no CA below it.
	narrow := newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Narrow Root" })
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "Below"}, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0), BasicConstraintsValid: true, IsCA: true,
	}
	below, err := x509.ParseCertificate(create(t, template, narrow.cert, key.Public(), narrow.key))
	if err != nil {
		t.Fatal(err)
	}
	q := provider{narrow, p.key, newVICALSigner(t, authority{key, below, below.Raw}, p.key, nil)}
	if _, err := ParseVICAL(q.sign(t, content, below.Raw), q.roots(), now); fault.CodeOf(err) != fault.CertificatePathLength {
		t.Errorf("a ca below a path length of 0: %v", err)
	}
	if _, err := ParseVICAL(p.sign(t, content, p.root.der), p.roots(), now); err != nil {
		t.Errorf("chain that ends in the root: %v", err)
	}
	other := provider{p.root, newKey(t), p.signer}
	if _, err := ParseVICAL(other.sign(t, content), p.roots(), now); fault.CodeOf(err) != fault.TrustSignature {
		t.Errorf("signed by another key: %v", err)
	}
}

func TestVICALForm(t *testing.T) {
	p, iaca := newProvider(t, nil), newIACA(t, nil)
	for _, c := range []struct {
		name  string
		key   string
		value any
		want  fault.Code
	}{
		{"version 2.0", "version", "2.0", fault.TrustFileInvalid},
		{"version 1.", "version", "1.", fault.TrustFileInvalid},
		{"version 1.0.0", "version", "1.0.0", fault.TrustFileInvalid},
		{"a later minor version", "version", "1.17", fault.OK},
		{"no provider", "vicalProvider", "", fault.TrustFileInvalid},
		{"from the future", "date", wire.TDate(now.Add(time.Hour)), fault.TrustFromFuture},
		{"entries that are a map", "certificateInfos", map[string]any{}, fault.TrustFileInvalid},
		{"an extension", "extensions", map[string]any{"x": 1}, fault.OK},
	} {
		content := vicalOf(entryOf(t, iaca.cert, docType))
		content[c.key] = c.value
		if _, err := ParseVICAL(p.sign(t, content), p.roots(), now); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	raw := p.sign(t, vicalOf(entryOf(t, iaca.cert, docType)))
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": raw[:len(raw)/2], "trailing byte": append(slices.Clone(raw), 0), "tagged": append([]byte{0xd2}, raw...),
		"pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: iaca.der}),
	} {
		if _, err := ParseVICAL(bad, p.roots(), now); fault.CodeOf(err) != fault.TrustFileInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
