// Package certificate reads X.509 certificates whose keys crypto/x509 does not
// know: those on the brainpool curves, which stand in real VICALs and which it
// refuses to parse, and Ed448, which it parses without the key.
//
// What comes back is an [x509.Certificate], read by crypto/x509 but for its key, so
// that nothing else about a certificate is read in two ways. Its own methods that
// check signatures do not know these keys: [CheckSignature] does. [ParsePKCS8] and
// [ParseEC] read the private keys that belong to them, and those of X448.
package certificate

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"github.com/cloudflare/circl/sign/ed448"
	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"kazashi/session/curve/brainpool"
)

// ErrKey means that the key of a certificate is on a curve of this package and
// malformed, or no point of it.
var ErrKey = errors.New("malformed public key")

var (
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd448       = asn1.ObjectIdentifier{1, 3, 101, 113}

	// RFC 5639, clause 4.1.
	oidBrainpoolP256r1 = asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}
	oidBrainpoolP320r1 = asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 9}
	oidBrainpoolP384r1 = asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 11}
	oidBrainpoolP512r1 = asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 13}
)

// Parse reads one certificate in DER, with nothing behind it. It returns what
// [x509.ParseCertificate] does, with these differences: for a key on one of the
// four brainpool curves PublicKey is a *brainpool.PublicKey and PublicKeyAlgorithm
// is x509.ECDSA; for Ed448 PublicKey is an ed448.PublicKey of circl and
// PublicKeyAlgorithm stays unknown. A brainpool curve has to be named, not spelled
// out, and its point uncompressed, as in ISO/IEC 18013-5, Annex B. Errors are those
// of crypto/x509, or ErrKey. der is not kept.
func Parse(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err == nil {
		if c.PublicKey == nil {
			c.PublicKey, err = readEd448(c.RawSubjectPublicKeyInfo)
		}
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	parts, ok := split(der)
	if !ok {
		return nil, err
	}
	key, known, keyErr := readBrainpool(parts.spki)
	if !known {
		return nil, err
	}
	if keyErr != nil {
		return nil, keyErr
	}
	standIn, err := parts.withoutKey()
	if err != nil {
		return nil, err
	}
	if c, err = x509.ParseCertificate(standIn); err != nil {
		return nil, err
	}
	// What was signed is what was received.
	c.Raw = bytes.Clone(der)
	c.RawTBSCertificate = bytes.Clone(parts.tbs)
	c.RawSubjectPublicKeyInfo = bytes.Clone(parts.spki)
	c.PublicKey, c.PublicKeyAlgorithm = key, x509.ECDSA
	return c, nil
}

// keyInfo reads a SubjectPublicKeyInfo: the algorithm, its parameters as they are,
// and the bytes of the key, nil where they are malformed.
func keyInfo(spki cryptobyte.String) (algorithm asn1.ObjectIdentifier, parameters cryptobyte.String, key []byte) {
	var info, identifier cryptobyte.String
	if !spki.ReadASN1(&info, cryptobyteasn1.SEQUENCE) || !spki.Empty() ||
		!info.ReadASN1(&identifier, cryptobyteasn1.SEQUENCE) || !identifier.ReadASN1ObjectIdentifier(&algorithm) {
		return nil, nil, nil
	}
	if !info.ReadASN1BitStringAsBytes(&key) || !info.Empty() {
		key = nil
	}
	return algorithm, identifier, key
}

// readBrainpool returns the key on a named brainpool curve, and whether it is one.
func readBrainpool(spki []byte) (key *brainpool.PublicKey, known bool, err error) {
	algorithm, parameters, point := keyInfo(spki)
	var name asn1.ObjectIdentifier
	if !algorithm.Equal(oidECPublicKey) || !parameters.ReadASN1ObjectIdentifier(&name) || !parameters.Empty() {
		return nil, false, nil
	}
	for _, b := range brainpoolOIDs {
		if !b.id.Equal(name) {
			continue
		}
		if key, err = b.curve().ParsePublicKey(point); err != nil {
			return nil, true, errors.Join(ErrKey, err)
		}
		return key, true, nil
	}
	return nil, false, nil
}

// readEd448 returns the key of RFC 8410, or nil for one of another algorithm.
func readEd448(spki []byte) (crypto.PublicKey, error) {
	algorithm, parameters, key := keyInfo(spki)
	if !algorithm.Equal(oidEd448) {
		return nil, nil
	}
	if len(key) != ed448.PublicKeySize || !parameters.Empty() {
		return nil, ErrKey
	}
	return ed448.PublicKey(key), nil
}

// parts are those of a certificate, as they were received.
type parts struct {
	tbs    []byte // tbsCertificate with its header
	before []byte // what stands in it before subjectPublicKeyInfo
	spki   []byte // subjectPublicKeyInfo with its header
	after  []byte // what stands in it after that
	rest   []byte // signatureAlgorithm and signature
}

func split(der []byte) (parts, bool) {
	var p parts
	input := cryptobyte.String(der)
	var outer, tbs, content, spki cryptobyte.String
	if !input.ReadASN1(&outer, cryptobyteasn1.SEQUENCE) || !input.Empty() ||
		!outer.ReadASN1Element(&tbs, cryptobyteasn1.SEQUENCE) {
		return p, false
	}
	p.tbs, p.rest = tbs, outer
	if !tbs.ReadASN1(&content, cryptobyteasn1.SEQUENCE) {
		return p, false
	}
	start := content
	version := cryptobyteasn1.Tag(0).ContextSpecific().Constructed()
	if !content.SkipOptionalASN1(version) || !content.SkipASN1(cryptobyteasn1.INTEGER) {
		return p, false
	}
	for range 4 { // signature, issuer, validity, subject
		if !content.SkipASN1(cryptobyteasn1.SEQUENCE) {
			return p, false
		}
	}
	p.before = start[:len(start)-len(content)]
	if !content.ReadASN1Element(&spki, cryptobyteasn1.SEQUENCE) {
		return p, false
	}
	p.spki, p.after = spki, content
	return p, true
}

// withoutKey returns the certificate with a key of Ed448, whose bytes crypto/x509
// does not look at, in the place of its own.
func (p parts) withoutKey() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(p.before)
			b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidEd448) })
				b.AddASN1BitString(make([]byte, ed448.PublicKeySize))
			})
			b.AddBytes(p.after)
		})
		b.AddBytes(p.rest)
	})
	return b.Bytes()
}
