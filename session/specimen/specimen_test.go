package specimen

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/mdoc"
)

var at = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func freshPKI(t *testing.T, curve elliptic.Curve) *PKI {
	t.Helper()
	p, err := NewPKI(curve, at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPortraitIsAPicture(t *testing.T) {
	b := Portrait()
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != portraitWidth || size.Y != portraitHeight {
		t.Errorf("size %v", size)
	}
	// What issuers put into their documents is of this size.
	if len(b) < 20_000 || len(b) > 25_000 {
		t.Errorf("%d bytes", len(b))
	}
	b[0] = 0
	if !bytes.Equal(Portrait()[:2], []byte{0xFF, 0xD8}) {
		t.Error("a caller can change the portrait of the others")
	}
}

func TestCertificatesKeepTheProfiles(t *testing.T) {
	p := freshPKI(t, elliptic.P256())
	for name, c := range p.files() {
		cert := c.Certificate
		if !slices.Equal(cert.Subject.Organization, []string{Organization}) || !slices.Equal(cert.Subject.Country, []string{Country}) {
			t.Errorf("%s: subject %s", name, cert.Subject)
		}
		ca := name == "iaca" || name == "reader-ca"
		if cert.IsCA != ca || ca && (cert.MaxPathLen != 0 || !cert.MaxPathLenZero) {
			t.Errorf("%s: CA %t, path length %d", name, cert.IsCA, cert.MaxPathLen)
		}
		if len(cert.SubjectKeyId) != 20 || !ca && len(cert.AuthorityKeyId) != 20 || cert.SerialNumber.BitLen() < 63 || cert.Version != 3 {
			t.Errorf("%s: identifiers of %d and %d bytes, serial of %d bits", name, len(cert.SubjectKeyId), len(cert.AuthorityKeyId), cert.SerialNumber.BitLen())
		}
		days := cert.NotAfter.Sub(cert.NotBefore).Hours() / 24
		if limit := map[string]float64{"ds": 457, "reader": 1187}[name]; limit > 0 && days > limit || days > 20*366 {
			t.Errorf("%s: valid for %.0f days", name, days)
		}
		if !ca && (len(cert.UnknownExtKeyUsage) != 1 || len(cert.CRLDistributionPoints) != 1) {
			t.Errorf("%s: usage %v, revocation list at %v", name, cert.UnknownExtKeyUsage, cert.CRLDistributionPoints)
		}
	}
	if err := p.DS.Certificate.CheckSignatureFrom(p.IACA.Certificate); err != nil {
		t.Error(err)
	}
	if err := p.Reader.Certificate.CheckSignatureFrom(p.ReaderCA.Certificate); err != nil {
		t.Error(err)
	}
}

func TestPKIInADirectory(t *testing.T) {
	p, dir := freshPKI(t, elliptic.P384()), filepath.Join(t.TempDir(), "pki")
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	back, err := ReadPKI(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range back.files() {
		if want := p.files()[name]; !c.Certificate.Equal(want.Certificate) || !c.Key.(*ecdsa.PrivateKey).Equal(want.Key) {
			t.Errorf("%s came back changed", name)
		}
		info, err := os.Stat(filepath.Join(dir, name+".key.pem"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: key file %v, %v", name, info.Mode(), err)
		}
	}
	if err := freshPKI(t, elliptic.P256()).IACA.swapInto(dir, "iaca.key.pem"); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPKI(dir); err == nil {
		t.Error("a key that is not the certificate's was taken")
	}
	if _, err := ReadPKI(t.TempDir()); err == nil {
		t.Error("an empty directory was taken for a PKI")
	}
}

// swapInto writes c's key over a key file of another PKI.
func (c Certified) swapInto(dir, name string) error {
	other := &PKI{IACA: c, DS: c, ReaderCA: c, Reader: c}
	from := filepath.Join(dir, "other")
	if err := other.Write(from); err != nil {
		return err
	}
	return os.Rename(filepath.Join(from, name), filepath.Join(dir, name))
}

func TestIssuedDocuments(t *testing.T) {
	for _, hash := range []crypto.Hash{0, crypto.SHA384, crypto.SHA512} {
		for _, d := range []Document{MyNumberCard(at), DrivingLicence(at)} {
			p := freshPKI(t, elliptic.P256())
			c, err := p.Issue(d, Issuing{At: at, Digest: hash})
			if err != nil {
				t.Fatal(err)
			}
			sign1, err := cose.ParseSign1(c.IssuerAuth)
			if err != nil {
				t.Fatal(err)
			}
			if err := sign1.Verify(p.DS.Certificate.PublicKey); err != nil {
				t.Fatal(err)
			}
			mso, err := mdoc.ParseMSO(sign1.Payload)
			if err != nil {
				t.Fatal(err)
			}
			used, count := mustHash(t, mso), 0
			for ns, items := range c.Items {
				for _, item := range items {
					count++
					if !bytes.Equal(mdoc.NewDigester(used).Digest(item.Bytes), mso.ValueDigests[ns][item.DigestID]) {
						t.Errorf("%s: digest of %s", d.DocType, item.ElementIdentifier)
					}
				}
			}
			if count != len(d.Elements) || mso.DocType != d.DocType {
				t.Errorf("%s: %d of %d elements", mso.DocType, count, len(d.Elements))
			}
		}
	}
}

func mustHash(t *testing.T, mso *mdoc.MobileSecurityObject) crypto.Hash {
	t.Helper()
	h, err := mso.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAge(t *testing.T) {
	for day, want := range map[string]int{"2026-03-30": 36, "2026-03-31": 37, "2026-11-23": 37} {
		noon, err := time.Parse(time.RFC3339, day+"T03:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		if got := Age(noon); got != want {
			t.Errorf("%s: %d", day, got)
		}
	}
	if got := Age(time.Date(2026, 3, 30, 15, 0, 0, 0, time.UTC)); got != 37 {
		t.Errorf("the day has begun in Japan: %d", got)
	}
}

func TestIndividualNumberIsNoNumber(t *testing.T) {
	plain := MyNumberCard(at)
	for _, e := range plain.Elements {
		if e.Identifier == mdoc.IndividualNumber {
			t.Error("the document holds an individual number")
		}
	}
	d := plain.WithIndividualNumber()
	if len(d.Elements) != len(plain.Elements)+1 {
		t.Fatal("the scenario has no individual number")
	}
	digits := d.Elements[len(d.Elements)-1].Value.(string)
	sum := 0
	for n := 1; n <= 11; n++ {
		weight := n + 1
		if n > 6 {
			weight = n - 5
		}
		sum += int(digits[11-n]-'0') * weight
	}
	check := 0
	if r := sum % 11; r > 1 {
		check = 11 - r
	}
	if int(digits[11]-'0') == check {
		t.Error("the number would pass for a real one")
	}
}
