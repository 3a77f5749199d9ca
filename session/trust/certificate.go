package trust

import (
	"crypto/x509"
)

// parseCertificate and checkSignature are the only places of this package that
// read a certificate, and that check what a certificate's key has signed.

// parseCertificate reads one certificate, DER, nothing behind it.
func parseCertificate(der []byte) (*x509.Certificate, error) { return x509.ParseCertificate(der) }

// checkSignature reports whether the key of by made the signature over content,
// with an algorithm of Annex B.
func checkSignature(by *x509.Certificate, algorithm x509.SignatureAlgorithm, content, signature []byte) bool {
	switch algorithm {
	case x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
		return by.CheckSignature(algorithm, content, signature) == nil
	}
	return false
}

// signed reports whether parent's key signed c.
func signed(c, parent *x509.Certificate) bool {
	return checkSignature(parent, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}
