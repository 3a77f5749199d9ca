package trust

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"kazashi/session/fault"
)

// newCRLIssuer is an IACA with a key identifier, as CRLs need it.
func newCRLIssuer(t testing.TB, spoil func(*x509.Certificate)) authority {
	t.Helper()
	return newIACA(t, func(c *x509.Certificate) {
		c.SubjectKeyId = []byte{1, 2, 3, 4}
		if spoil != nil {
			spoil(c)
		}
	})
}

// newCRL issues a CRL that revokes serial numbers.
func newCRL(t testing.TB, ca authority, spoil func(*x509.RevocationList), revoked ...int64) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(5), ThisUpdate: now.AddDate(0, 0, -1), NextUpdate: now.AddDate(0, 0, 30)}
	for _, serial := range revoked {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: now.AddDate(0, 0, -2)})
	}
	if spoil != nil {
		spoil(l)
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, ca.cert, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func certificatesOf(authorities ...authority) []*x509.Certificate {
	var all []*x509.Certificate
	for _, a := range authorities {
		all = append(all, a.cert)
	}
	return all
}

func extension(critical bool, id ...int) pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier(id), Critical: critical, Value: []byte{0x02, 0x01, 0x01}}
}

func TestF33_CRL(t *testing.T) {
	iaca := newCRLIssuer(t, nil)
	for _, c := range []struct {
		name  string
		spoil func(*x509.RevocationList)
		want  fault.Code
	}{
		{"sound", nil, fault.OK},
		{"unknown extension", func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{extension(false, 1, 2, 3)} }, fault.OK},
		{"unknown critical extension", func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{extension(true, 1, 2, 3)} }, fault.TrustFileInvalid},
		{"delta", func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{extension(true, 2, 5, 29, 27)} }, fault.TrustFileInvalid},
		{"delta that is not critical", func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{extension(false, 2, 5, 29, 27)} }, fault.TrustFileInvalid},
		{"indirect or partial", func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{extension(true, 2, 5, 29, 28)} }, fault.TrustFileInvalid},
		{"entry of another issuer", func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{extension(true, 2, 5, 29, 29)}
		}, fault.TrustFileInvalid},
		{"entry with an unknown critical extension", func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{extension(true, 1, 2, 3)}
		}, fault.TrustFileInvalid},
		{"entry that removes", func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].ReasonCode = reasonRemove }, fault.TrustFileInvalid},
		{"from the future", func(l *x509.RevocationList) { l.ThisUpdate = now.Add(time.Hour) }, fault.TrustFromFuture},
	} {
		t.Run(c.name, func(t *testing.T) {
			crl, err := ParseCRL(newCRL(t, iaca, c.spoil, 2), certificatesOf(iaca), now)
			if fault.CodeOf(err) != c.want || (err == nil) != (crl != nil) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	// crypto/x509 writes no CRL without its authority key identifier or its number.
	for name, id := range map[string][]byte{"authority key identifier": {0x55, 0x1d, 0x23}, "number": {0x55, 0x1d, 0x14}} {
		without := resigned(t, iaca, newCRL(t, iaca, nil, 2), id)
		if _, err := ParseCRL(without, certificatesOf(iaca), now); fault.CodeOf(err) != fault.TrustFileInvalid {
			t.Errorf("without its %s: %v", name, err)
		}
	}
	der := newCRL(t, iaca, nil, 2)
	for name, data := range map[string][]byte{
		"empty": nil, "certificate": iaca.der, "cut": der[:len(der)-5], "trailing byte": append(slices.Clone(der), 0),
		"pem of another kind": asPEM("CERTIFICATE", der), "two": append(asPEM("X509 CRL", der), asPEM("X509 CRL", der)...),
	} {
		if _, err := ParseCRL(data, certificatesOf(iaca), now); fault.CodeOf(err) != fault.TrustFileInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseCRL(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), certificatesOf(iaca), now); err != nil {
		t.Errorf("pem: %v", err)
	}
}

func TestF33_CRLWrongIssuer(t *testing.T) {
	iaca, twin := newCRLIssuer(t, nil), newCRLIssuer(t, nil) // the same name, another key
	foreign := newCRLIssuer(t, func(c *x509.Certificate) { c.Subject.CommonName = "Another IACA" })
	key := newKey(t)
	mute := newIACAWithKey(t, key, func(c *x509.Certificate) {
		c.SubjectKeyId, c.KeyUsage = []byte{1, 2, 3, 4}, x509.KeyUsageCertSign
	})
	able := newIACAWithKey(t, key, func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3, 4} })
	for _, c := range []struct {
		name    string
		signer  authority
		trusted []*x509.Certificate
		want    fault.Code
	}{
		{"its iaca", iaca, certificatesOf(iaca), fault.OK},
		{"its iaca among others", iaca, certificatesOf(foreign, twin, iaca), fault.OK},
		{"another of the same name", iaca, certificatesOf(twin), fault.TrustSignature},
		{"another name", iaca, certificatesOf(foreign), fault.UnknownIssuer},
		{"nobody", iaca, nil, fault.UnknownIssuer},
		{"one that may not sign crls", able, certificatesOf(mute), fault.TrustSignature},
	} {
		if _, err := ParseCRL(newCRL(t, c.signer, nil), c.trusted, now); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	moved := *iaca.cert
	moved.SubjectKeyId = []byte{9}
	der := newCRL(t, authority{iaca.key, &moved, iaca.der}, nil)
	if _, err := ParseCRL(der, certificatesOf(iaca), now); fault.CodeOf(err) != fault.TrustSignature {
		t.Errorf("another authority key identifier: %v", err)
	}
}

func TestF42_CRLRollback(t *testing.T) {
	old := &CRL{Number: big.NewInt(5), ThisUpdate: now}
	for _, c := range []struct {
		name   string
		number int64
		this   time.Time
		want   fault.Code
	}{
		{"the same", 5, now, fault.OK},
		{"newer", 6, now.Add(time.Hour), fault.OK},
		{"lower number", 4, now.Add(time.Hour), fault.TrustRollback},
		{"earlier", 6, now.Add(-time.Hour), fault.TrustRollback},
	} {
		if err := (&CRL{Number: big.NewInt(c.number), ThisUpdate: c.this}).Supersedes(old); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// Revoked, on hold, valid, stale, and no CRL at all.
func TestF33_RevokedSigner(t *testing.T) {
	iaca := newCRLIssuer(t, nil)
	anchors := []Anchor{{Certificate: iaca.cert}}
	leaf := newLeaf(t, iaca, nil) // its serial number is 2
	crl := func(data []byte) []*CRL {
		c, err := ParseCRL(data, certificatesOf(iaca), now)
		if err != nil {
			t.Fatal(err)
		}
		return []*CRL{c}
	}
	stale := func(l *x509.RevocationList) { l.NextUpdate = now.Add(-time.Minute) }
	other := newCRLIssuer(t, func(c *x509.Certificate) { c.Subject.CommonName = "Another IACA" })
	for _, c := range []struct {
		name   string
		lists  Revocations
		want   State
		listed bool
		code   fault.Code
	}{
		{"on it", Revocations{CRLs: crl(newCRL(t, iaca, nil, 1, 2))}, Revoked, true, fault.CertificateRevoked},
		{"on hold", Revocations{CRLs: crl(newCRL(t, iaca, func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].ReasonCode = 6 }, 2))}, Revoked, true, fault.CertificateRevoked},
		{"not on it", Revocations{CRLs: crl(newCRL(t, iaca, nil, 1, 3))}, Valid, true, fault.OK},
		{"empty", Revocations{CRLs: crl(newCRL(t, iaca, nil))}, Valid, true, fault.OK},
		{"stale", Revocations{CRLs: crl(newCRL(t, iaca, stale))}, Undetermined, true, fault.RevocationUndetermined},
		{"on a stale one", Revocations{CRLs: crl(newCRL(t, iaca, stale, 2))}, Revoked, true, fault.CertificateRevoked},
		{"no crl", Revocations{}, Undetermined, false, fault.RevocationUndetermined},
		{"a file that cannot be read", Revocations{Damaged: []string{"x"}}, Undetermined, true, fault.RevocationUndetermined},
		{"its own file cannot be read", Revocations{Damaged: []string{crlName(iaca.cert)}}, Undetermined, true, fault.RevocationUndetermined},
		{"another's file cannot be read", Revocations{Damaged: []string{crlName(other.cert)}}, Undetermined, false, fault.RevocationUndetermined},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := NewStore(append(anchors, Anchor{Certificate: other.cert}), Options{Revocations: c.lists})
			path, err := store.Path([][]byte{leaf}, docType, now)
			if err != nil {
				t.Fatal(err)
			}
			got := store.Revocation(path, nil, now)
			if got.State != c.want || got.Listed != c.listed || fault.CodeOf(got.Err) != c.code {
				t.Errorf("got %v, listed %v, %v", got.State, got.Listed, got.Err)
			}
		})
	}
}

func FuzzCRL(f *testing.F) {
	iaca := newCRLIssuer(f, nil)
	der := newCRL(f, iaca, nil, 2, 3)
	f.Add(der)
	f.Add(asPEM("X509 CRL", der))
	f.Add(newCRL(f, iaca, func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{extension(true, 2, 5, 29, 27)} }))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseCRL(data)
		if err == nil && (list.Number == nil || list.NextUpdate.IsZero()) {
			t.Error("a crl without number or next update")
		}
		if c, err := ParseCRL(data, certificatesOf(iaca), now); err == nil && !c.by(iaca.cert) {
			t.Error("accepted from another issuer")
		}
	})
}

// resigned renames an extension of a CRL, by the bytes of its identifier, to one that
// nobody knows, and signs it again.
func resigned(t testing.TB, ca authority, der, id []byte) []byte {
	t.Helper()
	var list struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &list); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(list.TBS.FullBytes, append([]byte{6, 3}, id...))
	if at < 0 {
		t.Fatal("no such extension")
	}
	list.TBS.FullBytes = slices.Clone(list.TBS.FullBytes)
	list.TBS.FullBytes[at+4] = 0x7f
	digest := sha256.Sum256(list.TBS.FullBytes)
	signature, err := ca.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	list.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	out, err := asn1.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
