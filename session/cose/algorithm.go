package cose

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"

	"github.com/cloudflare/circl/sign/ed448"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
)

// Algorithm is a number of the IANA registry of COSE algorithms.
type Algorithm int64

// The algorithms of ISO/IEC 18013-5, clauses 9.1.2.4 and 9.1.3.
const (
	ES256   Algorithm = -7
	ES384   Algorithm = -35
	ES512   Algorithm = -36
	EdDSA   Algorithm = -8
	HMAC256 Algorithm = 5
)

func (a Algorithm) String() string {
	switch a {
	case ES256:
		return "ES256"
	case ES384:
		return "ES384"
	case ES512:
		return "ES512"
	case EdDSA:
		return "EdDSA"
	case HMAC256:
		return "HMAC 256/256"
	}
	return fmt.Sprintf("algorithm %d", int64(a))
}

// Signs reports whether there is a signature algorithm of the standard for a public key:
// whether it lies on a P curve but P-224, on a brainpool curve, or is Ed25519 or Ed448.
func Signs(pub crypto.PublicKey) bool {
	_, err := signatureAlgorithm(pub)
	return err == nil
}

// signatureAlgorithm returns the one algorithm that a public key signs with. The
// standard pairs each curve with one algorithm; go-cose does not insist on that.
func signatureAlgorithm(pub crypto.PublicKey) (Algorithm, error) {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return ES256, nil
		case elliptic.P384():
			return ES384, nil
		case elliptic.P521():
			return ES512, nil
		}
		return 0, fmt.Errorf("%w: ecdsa on another curve", ErrKeyUnsupported)
	case *brainpool.PublicKey:
		switch k.Curve() {
		case brainpool.P256r1():
			return ES256, nil
		case brainpool.P320r1(), brainpool.P384r1():
			return ES384, nil
		case brainpool.P512r1():
			return ES512, nil
		}
	case ed25519.PublicKey, ed448.PublicKey:
		return EdDSA, nil
	case *ecdh.PublicKey, *x448.PublicKey:
		return 0, fmt.Errorf("%w: none signs with %T", ErrAlgorithm, pub)
	}
	return 0, fmt.Errorf("%w: %T", ErrKeyUnsupported, pub)
}
