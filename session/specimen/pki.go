package specimen

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"kazashi/session/certificate"
)

// A Certified is a certificate with its private key.
type Certified struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// A PKI is what an issuer and a terminal's operator need: IACA is the anchor of
// document signers, DS signs documents, ReaderCA stands over Reader, with whose key
// a terminal signs its requests. The profiles are those of ISO/IEC 18013-5, Annex B.
type PKI struct {
	IACA, DS         Certified
	ReaderCA, Reader Certified
}

// How long the certificates count, around the time they are made. The standard
// allows a document signer 457 days and a reader 1187.
const (
	daysBefore = 60
	daysCA     = 9 * 365
	daysDS     = 390
	daysReader = 1000
)

// Curves are those of the keys of a PKI. A CA, which is the IACA and the one over the
// reader, has one on which ECDSA is made; the others may have Ed25519 or Ed448 too.
type Curves struct{ CA, DS, Reader Curve }

// NewPKI makes a PKI with fresh keys, all on one curve of the NIST, valid around a
// time.
func NewPKI(curve elliptic.Curve, at time.Time) (*PKI, error) {
	for _, c := range []Curve{P256, P384, P521} {
		if c.String() == curve.Params().Name {
			return NewPKIOf(Curves{CA: c, DS: c, Reader: c}, at)
		}
	}
	return nil, fmt.Errorf("no specimens on %s", curve.Params().Name)
}

// NewPKIOf makes a PKI with fresh keys on any curves, valid around a time.
func NewPKIOf(c Curves, at time.Time) (*PKI, error) { return newPKI("KAZASHI SPECIMEN", c, at) }

// NewForeignPKI makes a PKI on P-256 whose names are other than those of NewPKI: that
// of an issuer whom nobody here knows.
func NewForeignPKI(at time.Time) (*PKI, error) {
	return newPKI("KAZASHI SPECIMEN Foreign", Curves{}, at)
}

func newPKI(prefix string, c Curves, at time.Time) (*PKI, error) {
	p := new(PKI)
	steps := []struct {
		made   *Certified
		issuer *Certified // nil for itself
		curve  Curve
		name   string
		days   int
		eku    asn1.ObjectIdentifier // nil for a CA
	}{
		{&p.IACA, nil, c.CA, prefix + " IACA 見本", daysCA, nil},
		{&p.DS, &p.IACA, c.DS, prefix + " Document Signer 見本", daysDS, ekuDocumentSigner},
		{&p.ReaderCA, nil, c.CA, prefix + " Reader CA 見本", daysCA, nil},
		{&p.Reader, &p.ReaderCA, c.Reader, prefix + " Terminal 見本", daysReader, ekuReader},
	}
	for _, s := range steps {
		var err error
		if *s.made, err = certify(s.curve, s.issuer, s.name, at, s.days, s.eku); err != nil {
			return nil, fmt.Errorf("making %s: %w", s.name, err)
		}
	}
	return p, nil
}

// The extended key usages of ISO/IEC 18013-5, Annex B, and the extensions that
// the standard library does not write as the Annex wants them.
var (
	ekuDocumentSigner = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
	ekuReader         = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}

	oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidIssuerAltName    = asn1.ObjectIdentifier{2, 5, 29, 18}
)

// site is the address in issuerAltName and in the revocation list's place. No such
// host can exist.
const site = "https://specimen.invalid/"

func certify(curve Curve, issuer *Certified, name string, at time.Time, days int, eku asn1.ObjectIdentifier) (Certified, error) {
	key, err := curve.signer()
	if err != nil {
		return Certified{}, err
	}
	serial := make([]byte, 16)
	if _, err := rand.Read(serial); err != nil {
		return Certified{}, err
	}
	serial[0] = serial[0]&0x7f | 0x40 // positive, and never short
	identifier, err := certificate.KeyIdentifier(key.Public())
	if err != nil {
		return Certified{}, err
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{Country: []string{Country}, Organization: []string{Organization}, CommonName: name},
		NotBefore:    at.AddDate(0, 0, -daysBefore).UTC().Truncate(time.Second),
		NotAfter:     at.AddDate(0, 0, days).UTC().Truncate(time.Second),
		SubjectKeyId: identifier,
	}
	alt, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(site)}})
	if err != nil {
		return Certified{}, err
	}
	template.ExtraExtensions = []pkix.Extension{{Id: oidIssuerAltName, Value: alt}}
	if eku == nil {
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		template.BasicConstraintsValid, template.IsCA, template.MaxPathLenZero = true, true, true
	} else {
		usage, err := asn1.Marshal([]asn1.ObjectIdentifier{eku})
		if err != nil {
			return Certified{}, err
		}
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.CRLDistributionPoints = []string{site + "crl"}
		template.ExtraExtensions = append(template.ExtraExtensions,
			pkix.Extension{Id: oidExtendedKeyUsage, Critical: true, Value: usage})
	}
	parent := Certified{Certificate: template, Key: key}
	if issuer != nil {
		parent = *issuer
		template.AuthorityKeyId = issuer.Certificate.SubjectKeyId
	}
	der, err := certificate.Create(template, parent.Certificate, key.Public(), parent.Key)
	if err != nil {
		return Certified{}, err
	}
	made, err := certificate.Parse(der)
	return Certified{Certificate: made, Key: key}, err
}
