package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"kazashi/session/fault"
)

// Extensions that a certificate of ISO/IEC 18013-5, Annex B, does not have: a
// path that is no longer than one step has no use for them.
var forbidden = []asn1.ObjectIdentifier{
	{2, 5, 29, 30}, // nameConstraints
	{2, 5, 29, 33}, // policyMappings
	{2, 5, 29, 36}, // policyConstraints
	{2, 5, 29, 46}, // freshestCRL
	{2, 5, 29, 54}, // inhibitAnyPolicy
}

// issuerAltName says how to reach the issuer; crypto/x509 does not read it, and a
// reader that may not trust it any more for that needs not either.
var issuerAltName = asn1.ObjectIdentifier{2, 5, 29, 18}

// CheckAnchor returns why a certificate cannot be an IACA, Annex B.1: it is a
// version 3 certificate of a CA that issues leaves only, and may sign them. Its
// dates are not looked at.
func CheckAnchor(c *x509.Certificate) error {
	switch {
	case c.Version != 3:
		return fault.New(fault.CertificateProfile, "iaca is not of version 3")
	case !c.BasicConstraintsValid || !c.IsCA:
		return fault.New(fault.CertificateProfile, "iaca is no ca")
	case c.MaxPathLen > 0:
		return fault.New(fault.CertificateProfile, "iaca has a path length of %d", c.MaxPathLen)
	case c.KeyUsage&x509.KeyUsageCertSign == 0:
		return fault.New(fault.CertificateProfile, "iaca may not sign certificates")
	case len(c.Subject.Country) != 1:
		return fault.New(fault.CertificateCountry, "iaca does not name one country")
	}
	return checkCritical(c, "iaca")
}

// checkLeaf returns why a certificate cannot be a document signer, Annex B.3.
func checkLeaf(c *x509.Certificate) error {
	switch {
	case c.Version != 3:
		return fault.New(fault.CertificateProfile, "document signer is not of version 3")
	case c.IsCA:
		return fault.New(fault.CertificateProfile, "document signer is a ca")
	case c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return fault.New(fault.CertificateProfile, "document signer has no key usage digitalSignature")
	case c.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0:
		return fault.New(fault.CertificateProfile, "document signer may sign certificates")
	}
	return nil
}

func checkCritical(c *x509.Certificate, who string) error {
	for _, e := range c.Extensions {
		if slices.ContainsFunc(forbidden, e.Id.Equal) {
			return fault.New(fault.CertificateProfile, "%s has the extension %v", who, e.Id)
		}
	}
	for _, id := range c.UnhandledCriticalExtensions {
		if !id.Equal(issuerAltName) {
			return fault.New(fault.CertificateCriticalExtension, "%s has the unknown critical extension %v", who, id)
		}
	}
	return nil
}

func checkValidity(c *x509.Certificate, who string, at time.Time) error {
	if at.Before(c.NotBefore) {
		return fault.New(fault.CertificateNotYetValid, "%s is valid from %s", who, c.NotBefore.Format(time.RFC3339))
	}
	if at.After(c.NotAfter) {
		return fault.New(fault.CertificateExpired, "%s was valid until %s", who, c.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// checkUsage wants one of the accepted extended key usages by name: not
// anyExtendedKeyUsage, and not the absence of them.
func checkUsage(c *x509.Certificate, accepted []asn1.ObjectIdentifier, who string) error {
	for _, id := range c.UnknownExtKeyUsage {
		if slices.ContainsFunc(accepted, id.Equal) {
			return nil
		}
	}
	return fault.New(fault.CertificateEKU, "certificate is not one of a %s", who)
}

// checkNames holds the country, and the state where both name one, of leaf and
// anchor against each other, clause 9.3.3.
func checkNames(leaf, anchor *x509.Certificate) error {
	if !slices.Equal(leaf.Subject.Country, anchor.Subject.Country) {
		return fault.New(fault.CertificateCountry, "country of the document signer is not that of its iaca")
	}
	ours, theirs := leaf.Subject.Province, anchor.Subject.Province
	if len(ours) > 0 && len(theirs) > 0 && !slices.Equal(ours, theirs) {
		return fault.New(fault.CertificateCountry, "state or province of the document signer is not that of its iaca")
	}
	return nil
}

// checkKeyIdentifier holds the leaf to the anchor it points to. The signature has
// proved more; a certificate that contradicts it was not made with care.
func checkKeyIdentifier(leaf, anchor *x509.Certificate) error {
	aki, ski := leaf.AuthorityKeyId, anchor.SubjectKeyId
	if len(aki) > 0 && len(ski) > 0 && !bytes.Equal(aki, ski) {
		return fault.New(fault.CertificateProfile, "authority key identifier is not that of the iaca")
	}
	return nil
}
