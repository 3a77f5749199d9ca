package trust

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"kazashi/session/fault"
)

func TestReaderProfile(t *testing.T) {
	ca := newIACA(t, nil)
	extension := func(critical bool, id ...int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: []byte{0x30, 0}})
		}
	}
	usages := func(ids ...asn1.ObjectIdentifier) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.UnknownExtKeyUsage = ids }
	}
	for _, c := range []struct {
		name  string
		spoil func(*x509.Certificate)
		want  fault.Code
	}{
		{"sound", nil, fault.OK},
		{"the 23220 usage", usages(usageMDocReader), fault.OK},
		{"both usages", usages(usageMDocReader, usageReader), fault.OK},
		{"1187 days", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 1187) }, fault.OK},
		{"1188 days", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 1188) }, fault.CertificateTooLong},
		{"no usage", usages(), fault.CertificateEKU},
		{"usage of a document signer", usages(UsageMDLSigner), fault.CertificateEKU},
		{"usage of a document signer too", usages(usageReader, UsageMDLSigner), fault.CertificateEKUExcess},
		{"usage of a client too", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, fault.CertificateEKUExcess},
		{"no key usage", func(c *x509.Certificate) { c.KeyUsage = 0 }, fault.CertificateUsageMissing},
		{"key agreement", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, fault.CertificateUsageExcess},
		{"key agreement too", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyAgreement }, fault.CertificateUsageExcess},
		{"may sign certificates", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }, fault.CertificateUsageExcess},
		{"a ca", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, fault.CertificateIsCA},
		{"freshest crl", extension(false, 2, 5, 29, 46), fault.CertificateExtension},
		{"unknown critical extension", extension(true, 1, 2, 3), fault.CertificateCriticalExtension},
		{"unknown extension", extension(false, 1, 2, 3), fault.OK},
	} {
		template := leafTemplate()
		template.UnknownExtKeyUsage = []asn1.ObjectIdentifier{usageReader}
		if c.spoil != nil {
			c.spoil(template)
		}
		certificate, err := x509.ParseCertificate(create(t, template, ca.cert, newKey(t).Public(), ca.key))
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckReader(certificate); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}
