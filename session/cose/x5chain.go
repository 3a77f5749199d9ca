package cose

import (
	"fmt"

	"kazashi/session/wire"
)

// Bounds of an x5chain. Document signer certificates of today are below 2 KiB.
const (
	maxCertificates     = 4
	maxCertificateBytes = 8 << 10
)

// X5Chain returns the certificates of header 33 (RFC 9360), DER, in the order in
// which they stand: one to four of them, each at most 8 KiB, from either header
// but not from both. Whether the leaf is first is for the certificates to say.
func (s *Sign1) X5Chain() ([][]byte, error) {
	if s.headers.chain == nil {
		return nil, ErrChainMissing
	}
	if s.headers.twice {
		return nil, fmt.Errorf("%w: in both headers", ErrChain)
	}
	return parseChain(s.headers.chain)
}

func parseChain(raw wire.Raw) ([][]byte, error) {
	h, rest, err := wire.ReadHead(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChain, err)
	}
	var chain [][]byte
	switch h.Major {
	case wire.Bytes:
		chain = [][]byte{rest}
	case wire.Array:
		if h.Arg == 0 || h.Arg > maxCertificates {
			return nil, fmt.Errorf("%w: %d certificates", ErrChain, h.Arg)
		}
		if err := wire.Unmarshal(raw, &chain, wire.HeaderLimits); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrChain, err)
		}
	default:
		return nil, fmt.Errorf("%w: a %v", ErrChain, h.Major)
	}
	for i, der := range chain {
		if len(der) == 0 || len(der) > maxCertificateBytes {
			return nil, fmt.Errorf("%w: certificate %d has %d bytes", ErrChain, i, len(der))
		}
	}
	return chain, nil
}
