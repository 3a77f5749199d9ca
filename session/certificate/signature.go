package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/sha256" // the hashes of the algorithms
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"

	"kazashi/session/curve/brainpool"
)

// What can be wrong with a signature.
var (
	// ErrAlgorithm means that the algorithm is none of those of Annex B, or does not
	// fit the key.
	ErrAlgorithm = errors.New("signature algorithm not allowed")
	// ErrSignature means that the key did not make the signature.
	ErrSignature = errors.New("signature does not verify")
)

// CheckSignature reports why the key of a certificate did not make the signature
// over content: ErrAlgorithm or ErrSignature. ECDSA is taken with the hash that fits
// the curve, which is what [Algorithm] returns, and Ed25519; no certificate or list
// of ISO/IEC 18013-5 is signed with Ed448. What a certificate may sign is not looked
// at.
func CheckSignature(by *x509.Certificate, algorithm x509.SignatureAlgorithm, content, signature []byte) error {
	want, err := Algorithm(by.PublicKey)
	if err != nil {
		return err
	}
	if algorithm != want {
		return fmt.Errorf("%w: %v with a key for %v", ErrAlgorithm, algorithm, want)
	}
	if key, ok := by.PublicKey.(*brainpool.PublicKey); ok {
		hash := hashes[algorithm].New()
		hash.Write(content)
		if !key.VerifyASN1(hash.Sum(nil), signature) {
			return ErrSignature
		}
		return nil
	}
	if err := by.CheckSignature(algorithm, content, signature); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

var hashes = map[x509.SignatureAlgorithm]crypto.Hash{
	x509.ECDSAWithSHA256: crypto.SHA256, x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
}

// Algorithm returns the one algorithm that a key signs certificates with, or
// ErrAlgorithm for a key that signs none.
func Algorithm(pub crypto.PublicKey) (x509.SignatureAlgorithm, error) {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return x509.ECDSAWithSHA256, nil
		case elliptic.P384():
			return x509.ECDSAWithSHA384, nil
		case elliptic.P521():
			return x509.ECDSAWithSHA512, nil
		}
	case *brainpool.PublicKey:
		switch k.Curve() {
		case brainpool.P256r1():
			return x509.ECDSAWithSHA256, nil
		case brainpool.P320r1(), brainpool.P384r1():
			return x509.ECDSAWithSHA384, nil
		case brainpool.P512r1():
			return x509.ECDSAWithSHA512, nil
		}
	case ed25519.PublicKey:
		return x509.PureEd25519, nil
	}
	return 0, fmt.Errorf("%w: no certificates are signed with %T", ErrAlgorithm, pub)
}
