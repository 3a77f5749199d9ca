package mdoc

import (
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// Status is what an MSO says of how it can be revoked (ISO/IEC 18013-5, second
// edition): by an identifier list, by a status list, or by both.
type Status struct {
	IdentifierList *IdentifierListInfo `cbor:"identifier_list,omitzero"`
	StatusList     *StatusListInfo     `cbor:"status_list,omitzero"`
}

// IdentifierListInfo points into an identifier list.
type IdentifierListInfo struct {
	ID  []byte `cbor:"id"`
	URI string `cbor:"uri"`
	// Certificate, DER, is the anchor of the list's chain; nil leaves it to the
	// IACA of the document.
	Certificate []byte `cbor:"certificate,omitempty"`
}

// StatusListInfo points into a Token Status List.
type StatusListInfo struct {
	Index       uint64 `cbor:"idx"`
	URI         string `cbor:"uri"`
	Certificate []byte `cbor:"certificate,omitempty"`
}

// RevocationStatus reads the status of an MSO: nil for one that has none, KZ-406
// for one that cannot be read. A status that names only mechanisms of which this
// terminal knows nothing comes back with both members nil.
func (m *MobileSecurityObject) RevocationStatus() (*Status, error) {
	if m.Status == nil {
		return nil, nil
	}
	var s Status
	if err := wire.Unmarshal(m.Status, &s, wire.MSOLimits); err != nil {
		return nil, fault.Wrap(fault.MalformedMSO, err, "status")
	}
	return &s, nil
}
