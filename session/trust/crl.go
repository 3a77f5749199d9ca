package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"time"

	"kazashi/session/fault"
)

// A CRL is a full certificate revocation list of one IACA, ISO/IEC 18013-5, Annex
// B.1.9 and RFC 5280, clause 5: its form is checked and its signature too.
type CRL struct {
	Issuer                 *x509.Certificate
	Number                 *big.Int // CRLNumber, which grows
	ThisUpdate, NextUpdate time.Time

	revoked map[string]bool // serial numbers, big-endian
}

// Extensions of CRLs and of their entries.
var (
	oidDeltaCRL          = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingPoint      = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidCertificateIssuer = asn1.ObjectIdentifier{2, 5, 29, 29}
	oidAuthorityKey      = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidCRLNumber         = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidReasonCode        = asn1.ObjectIdentifier{2, 5, 29, 21}
)

// reasonRemove un-revokes a certificate, which only a delta CRL may do.
const reasonRemove = 8

// maxCRL bounds a CRL in bytes: some twenty-five thousand entries, where an IACA has a
// few dozen document signers a year. crypto/x509 makes some fifty bytes of each one
// before anybody can look at the signature.
const maxCRL = 1 << 20

// ParseCRL reads a CRL, DER or one PEM block, that one of the issuers signed, as
// of a time. A certificate on it counts as revoked whatever the reason,
// certificateHold included. Delta CRLs, CRLs of a part or of other issuers'
// certificates, and unknown critical extensions are refused.
//
// Whether the CRL is still fresh is not judged here, see [CRL.Stale]. Errors are
// KZ-513 for what is no such CRL, KZ-502 when no issuer bears its name, KZ-516
// when none of those signed it, and KZ-532 for a CRL from the future.
func ParseCRL(data []byte, issuers []*x509.Certificate, at time.Time) (*CRL, error) {
	list, err := parseCRL(data)
	if err != nil {
		return nil, err
	}
	issuer, err := crlIssuer(list, issuers)
	if err != nil {
		return nil, err
	}
	if list.ThisUpdate.After(at) {
		return nil, fault.New(fault.TrustFromFuture, "crl is of %s", list.ThisUpdate.Format(time.RFC3339))
	}
	c := &CRL{
		Issuer: issuer, Number: list.Number, ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate,
		revoked: make(map[string]bool, len(list.RevokedCertificateEntries)),
	}
	for _, entry := range list.RevokedCertificateEntries {
		if err := checkCRLEntry(entry); err != nil {
			return nil, err
		}
		c.revoked[string(entry.SerialNumber.Bytes())] = true
	}
	return c, nil
}

// parseCRL reads the list and holds it to its profile.
func parseCRL(data []byte) (*x509.RevocationList, error) {
	if block, rest := pem.Decode(data); block != nil {
		if block.Type != "X509 CRL" || len(bytes.TrimSpace(rest)) > 0 {
			return nil, fault.New(fault.TrustFileInvalid, "crl: not one pem block X509 CRL")
		}
		data = block.Bytes
	}
	if len(data) > maxCRL {
		return nil, fault.New(fault.TrustFileInvalid, "crl: %d bytes, at most %d", len(data), maxCRL)
	}
	list, err := x509.ParseRevocationList(data)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "crl")
	}
	if len(list.Raw) != len(data) {
		return nil, fault.New(fault.TrustFileInvalid, "crl: bytes behind it")
	}
	for _, e := range list.Extensions {
		switch {
		case e.Id.Equal(oidDeltaCRL):
			return nil, fault.New(fault.TrustFileInvalid, "crl: a delta crl")
		case e.Id.Equal(oidIssuingPoint):
			return nil, fault.New(fault.TrustFileInvalid, "crl: covers a part of the certificates, or those of other issuers")
		case e.Critical && !e.Id.Equal(oidAuthorityKey) && !e.Id.Equal(oidCRLNumber):
			return nil, fault.New(fault.TrustFileInvalid, "crl: unknown critical extension %v", e.Id)
		}
	}
	switch {
	case list.Number == nil:
		return nil, fault.New(fault.TrustFileInvalid, "crl: without its number")
	case len(list.AuthorityKeyId) == 0:
		return nil, fault.New(fault.TrustFileInvalid, "crl: without its authority key identifier")
	case list.NextUpdate.IsZero() || list.NextUpdate.Before(list.ThisUpdate):
		return nil, fault.New(fault.TrustFileInvalid, "crl: without a next update")
	}
	return list, nil
}

func checkCRLEntry(entry x509.RevocationListEntry) error {
	if entry.ReasonCode == reasonRemove {
		return fault.New(fault.TrustFileInvalid, "crl: entry that removes, as only a delta crl has it")
	}
	for _, e := range entry.Extensions {
		if e.Id.Equal(oidCertificateIssuer) || e.Critical && !e.Id.Equal(oidReasonCode) {
			return fault.New(fault.TrustFileInvalid, "crl: entry with the extension %v", e.Id)
		}
	}
	return nil
}

// crlIssuer finds the certificate whose key signed the list. Several may bear the
// same name.
func crlIssuer(list *x509.RevocationList, issuers []*x509.Certificate) (*x509.Certificate, error) {
	named := false
	for _, c := range issuers {
		if !bytes.Equal(list.RawIssuer, c.RawSubject) {
			continue
		}
		named = true
		if len(c.SubjectKeyId) > 0 && !bytes.Equal(c.SubjectKeyId, list.AuthorityKeyId) {
			continue
		}
		if c.KeyUsage&x509.KeyUsageCRLSign != 0 && checkSignature(c, list.SignatureAlgorithm, list.RawTBSRevocationList, list.Signature) {
			return c, nil
		}
	}
	if named {
		return nil, fault.New(fault.TrustSignature, "crl: not signed by the authority whose name it bears")
	}
	return nil, fault.New(fault.UnknownIssuer, "crl: no trusted authority bears the name of its issuer")
}

// Entries is the number of certificates that are revoked.
func (c *CRL) Entries() int { return len(c.revoked) }

// Stale returns KZ-515 when the CRL should have been replaced by now.
func (c *CRL) Stale(at time.Time) error {
	if at.After(c.NextUpdate) {
		return fault.New(fault.TrustStale, "crl of %s: next update was due %s", c.Issuer.Subject.CommonName, c.NextUpdate.Format(time.RFC3339))
	}
	return nil
}

// Supersedes returns KZ-514 when c is older than old, of the same issuer.
func (c *CRL) Supersedes(old *CRL) error {
	switch {
	case c.Number.Cmp(old.Number) < 0:
		return fault.New(fault.TrustRollback, "crl has number %v, the installed one %v", c.Number, old.Number)
	case c.ThisUpdate.Before(old.ThisUpdate):
		return fault.New(fault.TrustRollback, "crl is of %s, the installed one of %s", c.ThisUpdate.Format(time.RFC3339), old.ThisUpdate.Format(time.RFC3339))
	}
	return nil
}

// by reports whether a certificate has the name and the key of the CRL's issuer: a
// CRL holds for an IACA, however often its certificate was renewed with that key.
func (c *CRL) by(authority *x509.Certificate) bool {
	return authorityID(c.Issuer) == authorityID(authority)
}

// lists reports whether a certificate of the CRL's issuer is revoked.
func (c *CRL) lists(certificate *x509.Certificate) bool {
	return c.revoked[string(certificate.SerialNumber.Bytes())]
}

// authorityID tells authorities apart by name and key.
func authorityID(c *x509.Certificate) [sha256.Size]byte {
	name := sha256.Sum256(c.RawSubject)
	key := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return sha256.Sum256(append(name[:], key[:]...))
}
