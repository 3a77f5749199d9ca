package cose

import (
	"crypto"
	"crypto/rand"
	_ "crypto/sha256" // go-cose takes its hashes from what is linked
	_ "crypto/sha512"
	"fmt"

	gocose "github.com/veraison/go-cose"

	"kazashi/session/wire"
)

// Sign1 is an untagged COSE_Sign1 as it was received.
type Sign1 struct {
	// Algorithm stands in the protected header; it is on the list of signatures.
	Algorithm Algorithm
	// Payload is the attached payload, aliasing the message, or nil when it is
	// detached.
	Payload []byte

	headers   headers
	signature []byte
}

type message struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected wire.Raw
	Payload     wire.Raw
	Tag         []byte // the signature, or the tag of a MAC
}

// parse reads the four members that COSE_Sign1 and COSE_Mac0 share.
func parse(raw []byte, l wire.Limits) (headers, []byte, []byte, error) {
	var m message
	if err := wire.Unmarshal(raw, &m, l); err != nil {
		return headers{}, nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	h, err := parseHeaders(m.Protected, m.Unprotected)
	if err != nil {
		return headers{}, nil, nil, err
	}
	payload, err := attached(m.Payload)
	return h, payload, m.Tag, err
}

// attached returns the bytes of a payload, nil for a detached one. A payload that
// is there but empty is refused: nothing in the standard signs no bytes.
func attached(raw wire.Raw) ([]byte, error) {
	h, rest, err := wire.ReadHead(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: payload: %w", ErrMalformed, err)
	case h.Null() && raw[0] == 0xf6:
		return nil, nil
	case h.Major != wire.Bytes:
		return nil, fmt.Errorf("%w: payload is a %v", ErrMalformed, h.Major)
	case len(rest) == 0:
		return nil, fmt.Errorf("%w: empty payload", ErrPayload)
	}
	return rest, nil
}

// ParseSign1 reads an untagged COSE_Sign1 whose algorithm is on the list. It
// verifies nothing.
func ParseSign1(raw []byte) (*Sign1, error) { return parseSign1(raw, wire.HeaderLimits) }

func parseSign1(raw []byte, l wire.Limits) (*Sign1, error) {
	h, payload, signature, err := parse(raw, l)
	if err != nil {
		return nil, err
	}
	switch h.algorithm {
	case ES256, ES384, ES512, EdDSA:
	default:
		return nil, fmt.Errorf("%w: %v", ErrAlgorithm, h.algorithm)
	}
	return &Sign1{Algorithm: h.algorithm, Payload: payload, headers: h, signature: signature}, nil
}

// Verify checks the signature over the attached payload.
func (s *Sign1) Verify(pub crypto.PublicKey) error {
	if s.Payload == nil {
		return fmt.Errorf("%w: detached", ErrPayload)
	}
	return s.verify(pub, s.Payload)
}

// VerifyDetached checks the signature over payload. A message that brings a
// payload of its own is refused, whatever it is.
func (s *Sign1) VerifyDetached(pub crypto.PublicKey, payload []byte) error {
	if s.Payload != nil {
		return fmt.Errorf("%w: attached", ErrPayload)
	}
	return s.verify(pub, payload)
}

func (s *Sign1) verify(pub crypto.PublicKey, payload []byte) error {
	want, err := signatureAlgorithm(pub)
	if err != nil {
		return err
	}
	if want != s.Algorithm {
		return fmt.Errorf("%w: %v with a key for %v", ErrAlgorithm, s.Algorithm, want)
	}
	verifier, err := newVerifier(s.Algorithm, pub)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrKey, err)
	}
	// go-cose gets the protected header as it was received, so that its bytes and
	// no re-encoding of them are verified, and of the rest only what it needs.
	protected, err := wire.Marshal(s.headers.protected)
	if err != nil {
		return err
	}
	m := gocose.UntaggedSign1Message{
		Headers: gocose.Headers{
			RawProtected: protected,
			Protected:    gocose.ProtectedHeader{gocose.HeaderLabelAlgorithm: gocose.Algorithm(s.Algorithm)},
		},
		Payload:   payload,
		Signature: s.signature,
	}
	if err := m.Verify(nil, verifier); err != nil {
		return fmt.Errorf("%w: %v signature", ErrSignature, s.Algorithm)
	}
	return nil
}

// SignAttached makes a COSE_Sign1 around payload. The key's curve decides the
// algorithm; the certificates in x5chain, DER, leaf first, go into the
// unprotected header.
func SignAttached(signer crypto.Signer, payload []byte, x5chain ...[]byte) ([]byte, error) {
	return sign(signer, payload, false, x5chain)
}

// SignDetached makes a COSE_Sign1 over payload whose payload is null.
func SignDetached(signer crypto.Signer, payload []byte, x5chain ...[]byte) ([]byte, error) {
	return sign(signer, payload, true, x5chain)
}

func sign(signer crypto.Signer, payload []byte, detached bool, x5chain [][]byte) ([]byte, error) {
	alg, err := signatureAlgorithm(signer.Public())
	if err != nil {
		return nil, err
	}
	s, err := newSigner(alg, signer)
	if err != nil {
		return nil, fmt.Errorf("signing with %v: %w", alg, err)
	}
	m := gocose.UntaggedSign1Message{
		Headers: gocose.Headers{
			Protected:   gocose.ProtectedHeader{gocose.HeaderLabelAlgorithm: gocose.Algorithm(alg)},
			Unprotected: gocose.UnprotectedHeader{},
		},
		Payload: payload,
	}
	switch len(x5chain) {
	case 0:
	case 1:
		m.Headers.Unprotected[int64(labelX5Chain)] = x5chain[0]
	default:
		m.Headers.Unprotected[int64(labelX5Chain)] = x5chain
	}
	if err := m.Sign(rand.Reader, nil, s); err != nil {
		return nil, fmt.Errorf("signing with %v: %w", alg, err)
	}
	if detached {
		m.Payload = nil
	}
	return m.MarshalCBOR()
}
