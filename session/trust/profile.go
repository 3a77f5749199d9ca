package trust

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"kazashi/session/certificate"
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

// How long certificates may be valid, Annex B.
const (
	yearsIACA       = 20
	daysDS          = 457
	daysVICALSigner = 1187
	daysReader      = 1187
)

// The key usages of an IACA and of a document signer: these and no others.
const (
	usageIACA = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	usageDS   = x509.KeyUsageDigitalSignature
)

// CheckAnchor returns why a certificate cannot be an IACA, Annex B.1: it is a
// version 3 certificate, of at most 20 years, of a CA that issues leaves only, may
// sign them and their CRLs and may do nothing else, and whose key lies on a curve of
// the Annex. Whether it is valid by now is not looked at. What is tolerated beyond
// that, [Departures] tells.
func CheckAnchor(c *x509.Certificate) error {
	const who = "iaca"
	switch {
	case c.Version != 3:
		return fault.New(fault.CertificateVersion, "%s is not of version 3", who)
	case !c.BasicConstraintsValid || !c.IsCA:
		return fault.New(fault.CertificateNoCA, "%s is no ca", who)
	case c.MaxPathLen > 0:
		return fault.New(fault.CertificatePathLength, "%s has a path length of %d", who, c.MaxPathLen)
	case c.KeyUsage&usageIACA != usageIACA:
		return fault.New(fault.CertificateUsageMissing, "%s may not sign certificates, or crls", who)
	// Some CAs sign OCSP answers with digitalSignature. It lets them sign no document: a
	// CA is no document signer.
	case c.KeyUsage&^(usageIACA|x509.KeyUsageDigitalSignature) != 0:
		return fault.New(fault.CertificateUsageExcess, "%s may do more than sign certificates and crls", who)
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0:
		return fault.New(fault.CertificateEKUExcess, "%s has an extended key usage", who)
	case c.NotAfter.After(c.NotBefore.AddDate(yearsIACA, 0, 0)):
		return fault.New(fault.CertificateTooLong, "%s is valid for over %d years", who, yearsIACA)
	}
	if err := checkCountry(c, who); err != nil {
		return err
	}
	_, edwards := c.PublicKey.(ed25519.PublicKey)
	if _, err := certificate.Algorithm(c.PublicKey); err != nil || edwards {
		return fault.New(fault.CertificateProfile, "%s has a key of no kind that an iaca may have", who)
	}
	return checkCritical(c, who)
}

// checkLeaf returns why a certificate cannot be a document signer, Annex B.3.
func checkLeaf(c *x509.Certificate) error {
	const who = "document signer"
	switch {
	case c.Version != 3:
		return fault.New(fault.CertificateVersion, "%s is not of version 3", who)
	case c.IsCA:
		return fault.New(fault.CertificateIsCA, "%s is a ca", who)
	case c.KeyUsage&usageDS == 0:
		return fault.New(fault.CertificateUsageMissing, "%s has no key usage digitalSignature", who)
	case c.KeyUsage&^usageDS != 0:
		return fault.New(fault.CertificateUsageExcess, "%s has a key usage beside digitalSignature", who)
	}
	return checkLength(c, who, daysDS)
}

// checkLength holds the validity of a leaf to its days.
func checkLength(c *x509.Certificate, who string, days int) error {
	if c.NotAfter.Sub(c.NotBefore) > time.Duration(days)*24*time.Hour {
		return fault.New(fault.CertificateTooLong, "%s is valid for over %d days", who, days)
	}
	return nil
}

func checkCritical(c *x509.Certificate, who string) error {
	for _, e := range c.Extensions {
		if slices.ContainsFunc(forbidden, e.Id.Equal) {
			return fault.New(fault.CertificateExtension, "%s has the extension %v", who, e.Id)
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

// checkUsage wants one of the accepted extended key usages by name, not
// anyExtendedKeyUsage and not the absence of them, and none beside the accepted
// ones: whoever may sign documents may not be a reader, a server or the signer of a
// list as well.
func checkUsage(c *x509.Certificate, accepted []asn1.ObjectIdentifier, who string) error {
	is := func(id asn1.ObjectIdentifier) bool { return slices.ContainsFunc(accepted, id.Equal) }
	if !slices.ContainsFunc(c.UnknownExtKeyUsage, is) {
		return fault.New(fault.CertificateEKU, "certificate is not one of a %s", who)
	}
	other := func(id asn1.ObjectIdentifier) bool { return !is(id) }
	if len(c.ExtKeyUsage) > 0 || slices.ContainsFunc(c.UnknownExtKeyUsage, other) {
		return fault.New(fault.CertificateEKUExcess, "certificate of a %s is for something else too", who)
	}
	return nil
}

// checkCountry wants one country in the subject.
func checkCountry(c *x509.Certificate, who string) error {
	switch len(c.Subject.Country) {
	case 0:
		return fault.New(fault.CertificateCountryMissing, "%s names no country", who)
	case 1:
		return nil
	}
	return fault.New(fault.CertificateCountrySeveral, "%s names %d countries", who, len(c.Subject.Country))
}

// checkNames holds the country, and the state where both name one, of leaf and
// anchor against each other, clause 9.3.3.
func checkNames(leaf, anchor *x509.Certificate) error {
	if err := checkCountry(leaf, "document signer"); err != nil {
		return err
	}
	if !slices.Equal(leaf.Subject.Country, anchor.Subject.Country) {
		return fault.New(fault.CertificateCountry, "country of the document signer is not that of its iaca")
	}
	ours, theirs := leaf.Subject.Province, anchor.Subject.Province
	if len(ours) > 0 && len(theirs) > 0 && !slices.Equal(ours, theirs) {
		return fault.New(fault.CertificateState, "state or province of the document signer is not that of its iaca")
	}
	return nil
}

// checkKeyIdentifier holds the leaf to the anchor it points to. The signature has
// proved more; a certificate that contradicts it was not made with care.
func checkKeyIdentifier(leaf, anchor *x509.Certificate) error {
	aki, ski := leaf.AuthorityKeyId, anchor.SubjectKeyId
	if len(aki) > 0 && len(ski) > 0 && !bytes.Equal(aki, ski) {
		return fault.New(fault.CertificateKeyIdentifier, "authority key identifier is not that of the iaca")
	}
	return nil
}
