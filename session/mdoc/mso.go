package mdoc

import (
	"crypto"
	_ "crypto/sha256" // the digest algorithms of the standard
	_ "crypto/sha512"
	"slices"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// MobileSecurityObject is what the issuer signed, clause 9.1.2.4.
type MobileSecurityObject struct {
	Version         string                       `cbor:"version"`
	DigestAlgorithm string                       `cbor:"digestAlgorithm"`
	ValueDigests    map[string]map[uint32][]byte `cbor:"valueDigests"`
	DeviceKeyInfo   DeviceKeyInfo                `cbor:"deviceKeyInfo"`
	DocType         string                       `cbor:"docType"`
	ValidityInfo    ValidityInfo                 `cbor:"validityInfo"`
	// Status points to a revocation list in newer documents; nil without one.
	Status wire.Raw `cbor:"status,omitzero"`
}

// DeviceKeyInfo is the phone's key and what it may sign.
type DeviceKeyInfo struct {
	DeviceKey         wire.Raw           `cbor:"deviceKey"` // COSE_Key
	KeyAuthorizations *KeyAuthorizations `cbor:"keyAuthorizations,omitzero"`
	KeyInfo           wire.Raw           `cbor:"keyInfo,omitzero"`
}

// KeyAuthorizations lists what the phone's key may sign, whole namespaces or
// single elements. Without it, nothing.
type KeyAuthorizations struct {
	NameSpaces   []string            `cbor:"nameSpaces,omitempty"`
	DataElements map[string][]string `cbor:"dataElements,omitempty"`
}

// Allows reports whether the phone's key may sign an element.
func (k *KeyAuthorizations) Allows(namespace, identifier string) bool {
	if k == nil {
		return false
	}
	return slices.Contains(k.NameSpaces, namespace) || slices.Contains(k.DataElements[namespace], identifier)
}

// ValidityInfo holds the dates of the signature.
type ValidityInfo struct {
	Signed         wire.TDate  `cbor:"signed"`
	ValidFrom      wire.TDate  `cbor:"validFrom"`
	ValidUntil     wire.TDate  `cbor:"validUntil"`
	ExpectedUpdate *wire.TDate `cbor:"expectedUpdate,omitzero"`
}

// receivedMSO reads the dates apart from the rest, so that they have a code of
// their own.
type receivedMSO struct {
	Version         string                       `cbor:"version"`
	DigestAlgorithm string                       `cbor:"digestAlgorithm"`
	ValueDigests    map[string]map[uint32][]byte `cbor:"valueDigests"`
	DeviceKeyInfo   DeviceKeyInfo                `cbor:"deviceKeyInfo"`
	DocType         string                       `cbor:"docType"`
	ValidityInfo    wire.Raw                     `cbor:"validityInfo"`
	Status          wire.Raw                     `cbor:"status,omitzero"`
}

// ParseMSO reads MobileSecurityObjectBytes, the payload of IssuerAuth. Its errors
// are KZ-406 for what cannot be read, KZ-407 for a version other than 1.x, KZ-408
// for a digest algorithm other than SHA-256, SHA-384 and SHA-512, and KZ-435 for
// dates that cannot be read or contradict each other.
func ParseMSO(payload []byte) (*MobileSecurityObject, error) {
	var e wire.Embedded
	if err := wire.Unmarshal(payload, &e, wire.MSOLimits); err != nil {
		return nil, fault.Wrap(fault.MalformedMSO, err, "mobile security object")
	}
	var r receivedMSO
	if err := wire.Unmarshal(e.Content(), &r, wire.MSOLimits); err != nil {
		return nil, fault.Wrap(fault.MalformedMSO, err, "mobile security object")
	}
	if !IsVersion1(r.Version) {
		return nil, fault.New(fault.MSOVersion, "mobile security object is not of version 1.x")
	}
	m := &MobileSecurityObject{
		Version: r.Version, DigestAlgorithm: r.DigestAlgorithm, ValueDigests: r.ValueDigests,
		DeviceKeyInfo: r.DeviceKeyInfo, DocType: r.DocType, Status: r.Status,
	}
	if _, err := m.Hash(); err != nil {
		return nil, err
	}
	if err := wire.Unmarshal(r.ValidityInfo, &m.ValidityInfo, wire.MSOLimits); err != nil {
		return nil, fault.Wrap(fault.ValidityMalformed, err, "validity info")
	}
	v := m.ValidityInfo
	if v.ValidUntil.Time().Before(v.ValidFrom.Time()) {
		return nil, fault.New(fault.ValidityMalformed, "validUntil lies before validFrom")
	}
	return m, nil
}

// Bytes encodes MobileSecurityObjectBytes on the issuer's side.
func (m *MobileSecurityObject) Bytes() (wire.Embedded, error) {
	content, err := wire.Marshal(m)
	if err != nil {
		return nil, err
	}
	return wire.Embed(content), nil
}

// Hash returns the digest algorithm, or KZ-408 when it is none of the standard.
func (m *MobileSecurityObject) Hash() (crypto.Hash, error) {
	switch m.DigestAlgorithm {
	case "SHA-256":
		return crypto.SHA256, nil
	case "SHA-384":
		return crypto.SHA384, nil
	case "SHA-512":
		return crypto.SHA512, nil
	}
	return 0, fault.New(fault.DigestAlgorithm, "digest algorithm is not SHA-256, SHA-384 or SHA-512")
}
