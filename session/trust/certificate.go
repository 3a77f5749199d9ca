package trust

import (
	"crypto/x509"

	"kazashi/session/certificate"
)

// parseCertificate and checkSignature are the only places of this package that
// read a certificate, and that check what a certificate's key has signed.

// parseCertificate reads one certificate, DER, nothing behind it. Its key may be on
// a curve that crypto/x509 does not have.
func parseCertificate(der []byte) (*x509.Certificate, error) { return certificate.Parse(der) }

// checkSignature reports whether the key of by made the signature over content,
// with the algorithm of Annex B that fits its curve.
func checkSignature(by *x509.Certificate, algorithm x509.SignatureAlgorithm, content, signature []byte) bool {
	return certificate.CheckSignature(by, algorithm, content, signature) == nil
}

// misfits reports whether parent's key cannot have signed c at all, since the
// algorithm that c names is not the one of Annex B for that key.
func misfits(c, parent *x509.Certificate) bool {
	want, err := certificate.Algorithm(parent.PublicKey)
	return err != nil || c.SignatureAlgorithm != want
}

// signed reports whether parent's key signed c.
func signed(c, parent *x509.Certificate) bool {
	return checkSignature(parent, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}
