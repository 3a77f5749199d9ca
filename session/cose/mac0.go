package cose

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"kazashi/session/wire"
)

// Mac0 is an untagged COSE_Mac0 with HMAC 256/256, as it was received.
type Mac0 struct {
	// Payload is the attached payload, or nil when it is detached.
	Payload []byte

	headers headers
	tag     []byte
}

// ParseMac0 reads an untagged COSE_Mac0 with HMAC 256/256 and a tag of 32 bytes.
// It verifies nothing.
func ParseMac0(raw []byte) (*Mac0, error) {
	h, payload, tag, err := parse(raw, wire.HeaderLimits)
	if err != nil {
		return nil, err
	}
	if h.algorithm != HMAC256 {
		return nil, fmt.Errorf("%w: %v", ErrAlgorithm, h.algorithm)
	}
	if len(tag) != sha256.Size {
		return nil, fmt.Errorf("%w: mac of %d bytes", ErrMalformed, len(tag))
	}
	return &Mac0{Payload: payload, headers: h, tag: tag}, nil
}

// VerifyDetached checks the MAC over payload in constant time. A message that
// brings a payload of its own is refused, whatever it is.
func (m *Mac0) VerifyDetached(key, payload []byte) error {
	if m.Payload != nil {
		return fmt.Errorf("%w: attached", ErrPayload)
	}
	return m.verify(key, payload)
}

func (m *Mac0) verify(key, payload []byte) error {
	want, err := mac(key, m.headers.protected, payload)
	if err != nil {
		return err
	}
	if !hmac.Equal(want, m.tag) {
		return fmt.Errorf("%w: mac", ErrSignature)
	}
	return nil
}

// MacDetached makes a COSE_Mac0 over payload, whose payload is null.
func MacDetached(key, payload []byte) ([]byte, error) {
	protected, err := wire.Marshal(map[int64]int64{labelAlgorithm: int64(HMAC256)})
	if err != nil {
		return nil, err
	}
	tag, err := mac(key, protected, payload)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(message{Protected: protected, Unprotected: wire.Raw{0xa0}, Payload: wire.Raw{0xf6}, Tag: tag})
}

// mac computes HMAC-SHA-256 over the MAC_structure of RFC 9052, clause 6.3, with
// an empty external_aad.
func mac(key, protected, payload []byte) ([]byte, error) {
	structure, err := wire.Marshal([]any{"MAC0", protected, []byte{}, payload})
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key)
	h.Write(structure)
	return h.Sum(nil), nil
}
