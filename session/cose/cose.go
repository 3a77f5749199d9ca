// Package cose is the fence around COSE (RFC 9052): COSE_Sign1, COSE_Mac0 and
// COSE_Key as narrowly as ISO/IEC 18013-5 uses them, and no wider.
//
// Messages are untagged. The algorithm stands in the protected header, is one of
// [Algorithm]'s constants and fits the curve of the key. `crit` is refused. Of
// the unprotected header, which nothing protects, only x5chain is read, and all
// other labels are skipped unread; so a kid that is undefined (f7), as one
// widespread issuer library writes it against RFC 9052, does no harm here.
package cose

import (
	"errors"
	"fmt"

	"kazashi/session/wire"
)

// What can be wrong. Every error of this package is one of these, or one of
// package wire under ErrMalformed.
var (
	// ErrMalformed means that the bytes are no such COSE structure.
	ErrMalformed = errors.New("malformed cose")
	// ErrAlgorithm means that the algorithm is missing from the protected header,
	// not on the list, or does not fit the key.
	ErrAlgorithm = errors.New("algorithm not allowed")
	// ErrPayload means that a payload is attached where it must be detached, or
	// the other way round.
	ErrPayload = errors.New("payload in the wrong place")
	// ErrSignature means that a signature or a MAC is not right.
	ErrSignature = errors.New("authentication failed")
	// ErrChainMissing means that there is no x5chain.
	ErrChainMissing = errors.New("x5chain missing")
	// ErrChain means that x5chain is not a byte string or an array of one to four
	// of them, or stands in both headers.
	ErrChain = errors.New("x5chain malformed")
	// ErrKey means that a COSE_Key is malformed or no point of its curve.
	ErrKey = errors.New("invalid cose key")
	// ErrKeyUnsupported means that a COSE_Key is of a kind that this build does
	// not know.
	ErrKeyUnsupported = errors.New("unsupported cose key")
)

// The header labels that are read.
const (
	labelAlgorithm = 1
	labelType      = 16
	labelX5Chain   = 33
)

// headers is what was read of a message's two header buckets.
type headers struct {
	protected []byte // content of the protected byte string, as received
	algorithm Algorithm
	chain     wire.Raw // x5chain, nil when there is none
	twice     bool     // x5chain in both buckets
	typ       wire.Raw // typ (RFC 9596) of the protected header, nil when there is none
}

type protectedHeader struct {
	Algorithm wire.Raw `cbor:"1,keyasint,omitzero"`
	Critical  wire.Raw `cbor:"2,keyasint,omitzero"`
	Type      wire.Raw `cbor:"16,keyasint,omitzero"`
	X5Chain   wire.Raw `cbor:"33,keyasint,omitzero"`
}

type unprotectedHeader struct {
	X5Chain wire.Raw `cbor:"33,keyasint,omitzero"`
}

func parseHeaders(protected []byte, unprotected wire.Raw) (headers, error) {
	h := headers{protected: protected}
	if len(protected) == 0 {
		return h, fmt.Errorf("%w: empty protected header", ErrAlgorithm)
	}
	var p protectedHeader
	if err := wire.Unmarshal(protected, &p, wire.HeaderLimits); err != nil {
		return h, fmt.Errorf("%w: protected header: %w", ErrMalformed, err)
	}
	var u unprotectedHeader
	if err := wire.Unmarshal(unprotected, &u, wire.HeaderLimits); err != nil {
		return h, fmt.Errorf("%w: unprotected header: %w", ErrMalformed, err)
	}
	if p.Critical != nil {
		return h, fmt.Errorf("%w: critical header labels", ErrMalformed)
	}
	if p.Algorithm == nil {
		return h, fmt.Errorf("%w: none in the protected header", ErrAlgorithm)
	}
	var number int64
	if err := wire.Unmarshal(p.Algorithm, &number, wire.KeyLimits); err != nil {
		return h, fmt.Errorf("%w: not a number", ErrAlgorithm)
	}
	h.algorithm, h.typ = Algorithm(number), p.Type
	h.chain, h.twice = u.X5Chain, u.X5Chain != nil && p.X5Chain != nil
	if h.chain == nil {
		h.chain = p.X5Chain
	}
	return h, nil
}
