package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
)

// A signer says what the certificate has to be that signs a list.
type signer struct {
	who   string // for errors
	usage x509.KeyUsage
	// extended are the extended key usages of which it needs one; nil asks for none.
	extended []asn1.ObjectIdentifier
	// days is how long it may be valid; 0 sets no bound.
	days int
}

// Extended key usages of reader authentication, ISO/IEC 18013-5 and 23220-4.
var (
	usageReader     = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}
	usageMDocReader = asn1.ObjectIdentifier{1, 0, 23220, 4, 1, 6}
)

var reader = signer{"reader", x509.KeyUsageDigitalSignature, []asn1.ObjectIdentifier{usageReader, usageMDocReader}, daysReader}

// CheckReader returns why a certificate cannot be one of reader authentication, Annex
// B.1.7: digitalSignature and nothing else, for no more than 1187 days, for readers and
// nothing else, and with no extension that is forbidden, or critical and unknown.
// Whether it is valid by now is not looked at. Phones hold it to the same.
func CheckReader(c *x509.Certificate) error {
	if c.KeyUsage&^reader.usage != 0 {
		return fault.New(fault.CertificateUsageExcess, "%s has a key usage beside digitalSignature", reader.who)
	}
	return reader.profile(c)
}

// Extended key usages of VICAL signers.
var (
	usageVICALSigner = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 8}
	usageListSigner  = asn1.ObjectIdentifier{1, 0, 23220, 4, 1, 8}
)

var (
	vicalSigner = signer{"vical signer", x509.KeyUsageContentCommitment, []asn1.ObjectIdentifier{usageVICALSigner, usageListSigner}, daysVICALSigner}
	// Annex B of the second edition gives the signers of status lists 1187 days too. Theirs
	// are often certificates of a general authority, and a longer one opens nothing that
	// the list's own dates do not close.
	statusSigner = signer{"status list signer", x509.KeyUsageDigitalSignature, nil, 0}
)

// check returns why a certificate cannot be this signer's at a time.
func (s signer) check(c *x509.Certificate, at time.Time) error {
	if err := checkValidity(c, s.who, at); err != nil {
		return err
	}
	return s.profile(c)
}

// profile returns why a certificate cannot be this signer's at any time.
func (s signer) profile(c *x509.Certificate) error {
	switch {
	case c.Version != 3:
		return fault.New(fault.CertificateVersion, "%s is not of version 3", s.who)
	case c.IsCA:
		return fault.New(fault.CertificateIsCA, "%s is a ca", s.who)
	case c.KeyUsage&s.usage == 0:
		return fault.New(fault.CertificateUsageMissing, "%s has not its key usage", s.who)
	case c.KeyUsage&usageIACA != 0:
		return fault.New(fault.CertificateUsageExcess, "%s may sign certificates, or crls", s.who)
	}
	if err := checkCritical(c, s.who); err != nil {
		return err
	}
	if s.days > 0 {
		if err := checkLength(c, s.who, s.days); err != nil {
			return err
		}
	}
	if s.extended == nil {
		return nil
	}
	return checkUsage(c, s.extended, s.who)
}

// signerChain reads the certificates of a list, leaf first.
func signerChain(s *cose.Sign1, who string) ([]*x509.Certificate, error) {
	ders, err := s.X5Chain()
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "%s", who)
	}
	chain := make([]*x509.Certificate, 0, len(ders))
	for i, der := range ders {
		c, err := parseCertificate(der)
		if err != nil {
			return nil, fault.Wrap(fault.CertificateMalformed, err, "%s: certificate %d", who, i)
		}
		chain = append(chain, c)
	}
	return chain, nil
}

// lead follows a chain, leaf first, to one of the roots and returns it. Unlike
// document signers, the signers of lists may have CAs in between, which the chain
// brings along.
func (s signer) lead(chain, roots []*x509.Certificate, at time.Time) (*x509.Certificate, error) {
	if err := s.check(chain[0], at); err != nil {
		return nil, err
	}
	for below, c := range chain {
		if root := issuerAmong(c, roots); root != nil {
			return root, checkAuthority(root, s.who, below, at)
		}
		if below+1 == len(chain) {
			break
		}
		next := chain[below+1]
		if !bytes.Equal(c.RawIssuer, next.RawSubject) || !signed(c, next) {
			return nil, fault.New(fault.TrustSignature, "%s: certificate %d did not sign the one before it", s.who, below+1)
		}
		if err := checkAuthority(next, s.who, below, at); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.UnknownIssuer, "%s: its chain leads to no trusted root", s.who)
}

// issuerAmong returns the root that signed c, nil when none did.
func issuerAmong(c *x509.Certificate, roots []*x509.Certificate) *x509.Certificate {
	for _, root := range roots {
		if bytes.Equal(root.RawSubject, c.RawIssuer) && signed(c, root) {
			return root
		}
	}
	return nil
}

// checkAuthority returns why a certificate cannot be that of a CA with below CAs
// between it and the leaf.
func checkAuthority(c *x509.Certificate, who string, below int, at time.Time) error {
	who = "ca of the " + who
	if err := checkValidity(c, who, at); err != nil {
		return err
	}
	switch {
	case c.Version != 3:
		return fault.New(fault.CertificateVersion, "%s is not of version 3", who)
	case !c.BasicConstraintsValid || !c.IsCA:
		return fault.New(fault.CertificateNoCA, "%s is no ca", who)
	case (c.MaxPathLen > 0 || c.MaxPathLenZero) && c.MaxPathLen < below:
		return fault.New(fault.CertificatePathLength, "%s has a path length of %d", who, c.MaxPathLen)
	case c.KeyUsage&x509.KeyUsageCertSign == 0:
		return fault.New(fault.CertificateUsageMissing, "%s may not sign certificates", who)
	}
	return checkCritical(c, who)
}

// upTo returns the part of a chain that lies below its root, which the chain may
// hold too, with whatever follows.
func upTo(chain []*x509.Certificate, root *x509.Certificate) []*x509.Certificate {
	for i, c := range chain {
		if bytes.Equal(c.RawIssuer, root.RawSubject) && signed(c, root) {
			return chain[: i+1 : i+1]
		}
	}
	return chain
}
