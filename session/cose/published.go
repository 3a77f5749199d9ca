package cose

import (
	"crypto"
	"crypto/rand"
	"fmt"

	gocose "github.com/veraison/go-cose"

	"kazashi/session/wire"
)

// The tags that may stand around what an authority publishes, outermost first.
const (
	tagCWT   = 61
	tagSign1 = 18
)

// ParsePublished reads a COSE_Sign1 that an authority publishes as a file: a
// VICAL (ISO/IEC 18013-5, Annex C) or a status list (RFC 8392). It may be larger
// than what a phone sends, which l bounds, and may bear tag 18, or 61 around 18,
// or none. It verifies nothing.
func ParsePublished(raw []byte, l wire.Limits) (*Sign1, error) {
	for _, tag := range []uint64{tagCWT, tagSign1} {
		if h, rest, err := wire.ReadHead(raw); err == nil && h.Major == wire.Tag && h.Arg == tag {
			raw = rest
		}
	}
	return parseSign1(raw, l)
}

// Type returns typ of the protected header (RFC 9596, label 16) when it is text,
// else "".
func (s *Sign1) Type() string {
	var text string
	if s.headers.typ == nil || wire.Unmarshal(s.headers.typ, &text, wire.KeyLimits) != nil {
		return ""
	}
	return text
}

// SignPublished makes a COSE_Sign1 of tag 18 around payload, with typ and the
// certificates, DER, leaf first, in its protected header: the form of status
// lists.
func SignPublished(signer crypto.Signer, payload []byte, typ string, x5chain ...[]byte) ([]byte, error) {
	alg, err := signatureAlgorithm(signer.Public())
	if err != nil {
		return nil, err
	}
	s, err := newSigner(alg, signer)
	if err != nil {
		return nil, fmt.Errorf("signing with %v: %w", alg, err)
	}
	header := map[int64]any{labelAlgorithm: int64(alg)}
	if typ != "" {
		header[labelType] = typ
	}
	switch len(x5chain) {
	case 0:
	case 1:
		header[labelX5Chain] = x5chain[0]
	default:
		header[labelX5Chain] = x5chain
	}
	// go-cose would not write a typ without a slash, which is in use.
	content, err := wire.Marshal(header)
	if err != nil {
		return nil, err
	}
	protected, err := wire.Marshal(content)
	if err != nil {
		return nil, err
	}
	m := gocose.Sign1Message{Headers: gocose.Headers{
		RawProtected: protected,
		Protected:    gocose.ProtectedHeader{gocose.HeaderLabelAlgorithm: gocose.Algorithm(alg)},
	}, Payload: payload}
	if err := m.Sign(rand.Reader, nil, s); err != nil {
		return nil, fmt.Errorf("signing with %v: %w", alg, err)
	}
	return m.MarshalCBOR()
}
