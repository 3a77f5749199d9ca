package cose

import "crypto"

// VerifyBare verifies a signature that stands in no COSE structure, in the form that
// COSE gives it: for ECDSA r and s, each as long as the order, over the message hashed
// as the curve's algorithm says. It is for known answers; what phones and issuers
// sign goes through [Sign1].
func VerifyBare(pub crypto.PublicKey, message, signature []byte) error {
	alg, err := signatureAlgorithm(pub)
	if err != nil {
		return err
	}
	v, err := newVerifier(alg, pub)
	if err != nil {
		return err
	}
	return v.Verify(message, signature)
}
