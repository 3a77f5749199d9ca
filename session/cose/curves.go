package cose

import (
	"crypto"
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/sign/ed448"
	gocose "github.com/veraison/go-cose"

	"kazashi/session/curve/brainpool"
)

// go-cose knows the curves of the standard library; for the others it takes
// signers and verifiers of ours.

var errSignature = errors.New("signature does not verify")

// newVerifier returns what verifies with a key. That algorithm and key fit together
// has been checked.
func newVerifier(alg Algorithm, pub crypto.PublicKey) (gocose.Verifier, error) {
	switch k := pub.(type) {
	case *brainpool.PublicKey:
		return brainpoolKey{algorithm: alg, public: k}, nil
	case ed448.PublicKey:
		return ed448Key{public: k}, nil
	}
	return gocose.NewVerifier(gocose.Algorithm(alg), pub)
}

// newSigner returns what signs with a key, which may be anywhere.
func newSigner(alg Algorithm, signer crypto.Signer) (gocose.Signer, error) {
	switch k := signer.Public().(type) {
	case *brainpool.PublicKey:
		return brainpoolKey{algorithm: alg, public: k, signer: signer}, nil
	case ed448.PublicKey:
		return ed448Key{public: k, signer: signer}, nil
	}
	return gocose.NewSigner(gocose.Algorithm(alg), signer)
}

// A brainpoolKey is ECDSA of RFC 9053, clause 2.1: a signature is r and s, each as
// long as the order.
type brainpoolKey struct {
	algorithm Algorithm
	public    *brainpool.PublicKey
	signer    crypto.Signer // nil where it verifies
}

func (k brainpoolKey) Algorithm() gocose.Algorithm { return gocose.Algorithm(k.algorithm) }

func (k brainpoolKey) hash(content []byte) (crypto.Hash, []byte) {
	hash := crypto.SHA256
	switch k.algorithm {
	case ES384:
		hash = crypto.SHA384
	case ES512:
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(content)
	return hash, h.Sum(nil)
}

func (k brainpoolKey) Verify(content, signature []byte) error {
	if _, digest := k.hash(content); !k.public.Verify(digest, signature) {
		return errSignature
	}
	return nil
}

func (k brainpoolKey) Sign(rand io.Reader, content []byte) ([]byte, error) {
	hash, digest := k.hash(content)
	signature, err := k.signer.Sign(rand, digest, hash)
	if err != nil {
		return nil, err
	}
	raw, err := k.public.Curve().ParseSignature(signature)
	if err != nil {
		return nil, fmt.Errorf("signature of the key: %w", err)
	}
	return raw, nil
}

// An ed448Key is Ed448 of RFC 8032 with an empty context, RFC 9053, clause 2.2.
type ed448Key struct {
	public ed448.PublicKey
	signer crypto.Signer // nil where it verifies
}

func (k ed448Key) Algorithm() gocose.Algorithm { return gocose.AlgorithmEdDSA }

func (k ed448Key) Verify(content, signature []byte) error {
	if !ed448.Verify(k.public, content, signature, "") {
		return errSignature
	}
	return nil
}

func (k ed448Key) Sign(rand io.Reader, content []byte) ([]byte, error) {
	return k.signer.Sign(rand, content, crypto.Hash(0))
}
