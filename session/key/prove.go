package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	_ "crypto/sha256" // the digests of the curves
	_ "crypto/sha512"

	"kazashi/session/fault"
)

// prove has a signer sign something that is of no use elsewhere, and fails with KZ-706
// when the signature is not by the key that it says to be.
func prove(signer crypto.Signer) error {
	challenge := append([]byte("Kazashi: does this key belong to its certificate? "), rand.Text()...)
	var digest crypto.Hash
	switch public := signer.Public().(type) {
	case *ecdsa.PublicKey:
		digest = crypto.SHA256
		if bits := public.Curve.Params().BitSize; bits > 384 {
			digest = crypto.SHA512
		} else if bits > 256 {
			digest = crypto.SHA384
		}
		h := digest.New()
		_, _ = h.Write(challenge)
		challenge = h.Sum(nil)
	case ed25519.PublicKey:
	default:
		return fault.New(fault.ReaderKeyUnreadable, "a token with a %T", public)
	}
	signature, err := signer.Sign(rand.Reader, challenge, digest)
	if err != nil {
		return err
	}
	verified := false
	switch public := signer.Public().(type) {
	case *ecdsa.PublicKey:
		verified = ecdsa.VerifyASN1(public, challenge, signature)
	case ed25519.PublicKey:
		verified = ed25519.Verify(public, challenge, signature)
	}
	if !verified {
		return fault.New(fault.ReaderKeyMismatch, "the certificate is for another key than the token's")
	}
	return nil
}
