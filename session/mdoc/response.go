package mdoc

import (
	"errors"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// DeviceResponse is a DeviceResponse, clause 8.3.2.1.2.2. Its members that are
// documents alias the message.
type DeviceResponse struct {
	Version   string     `cbor:"version"`
	Status    uint32     `cbor:"status"`
	Documents []Document `cbor:"documents,omitempty"`
	// DocumentErrors tell of documents that are not returned, docType by docType.
	DocumentErrors []map[string]int64 `cbor:"documentErrors,omitempty"`
}

// Document is one returned document.
type Document struct {
	DocType      string       `cbor:"docType"`
	IssuerSigned IssuerSigned `cbor:"issuerSigned"`
	DeviceSigned DeviceSigned `cbor:"deviceSigned"`
	// Errors tell of elements that are not returned: namespace, identifier, code.
	// 0 is data not returned, others are reserved or of the issuer.
	Errors map[string]map[string]int64 `cbor:"errors,omitempty"`
}

// IssuerSigned is what the issuer vouches for.
type IssuerSigned struct {
	// NameSpaces may be nil: a document may return nothing issuer-signed.
	NameSpaces map[string][]IssuerSignedItem `cbor:"nameSpaces,omitempty"`
	// IssuerAuth is an untagged COSE_Sign1 over the MobileSecurityObject.
	IssuerAuth wire.Raw `cbor:"issuerAuth"`
}

// DeviceSigned is what the phone vouches for.
type DeviceSigned struct {
	// NameSpaces is DeviceNameSpacesBytes as received.
	NameSpaces wire.Embedded `cbor:"nameSpaces"`
	DeviceAuth DeviceAuth    `cbor:"deviceAuth"`
}

// DeviceAuth holds a signature or a MAC; both or neither is refused by package
// verify.
type DeviceAuth struct {
	Signature wire.Raw `cbor:"deviceSignature,omitzero"` // untagged COSE_Sign1, detached
	MAC       wire.Raw `cbor:"deviceMac,omitzero"`       // untagged COSE_Mac0, detached
}

// ParseDeviceResponse reads a decrypted DeviceResponse and the IssuerSignedItems
// in it. Its errors are KZ-307 for what cannot be read, KZ-308 for a version other
// than 1.x and KZ-315 for what is over [wire.ResponseLimits], or in an item over
// [wire.ItemLimits]. A status that is not 0 is for the caller to judge.
func ParseDeviceResponse(raw []byte) (*DeviceResponse, error) {
	r := &DeviceResponse{}
	err := wire.Unmarshal(raw, r, wire.ResponseLimits)
	if err == nil && IsVersion1(r.Version) {
		return r, nil
	}
	// The rest of another version may look otherwise, so that the version is what is
	// wrong with it, whatever else there is.
	var begin struct {
		Version string `cbor:"version"`
	}
	if err := wire.Unmarshal(raw, &begin, wire.ResponseLimits); err != nil {
		return nil, refuseResponse(err)
	}
	if !IsVersion1(begin.Version) {
		return nil, fault.New(fault.UnsupportedResponseVersion, "device response is not of version 1.x")
	}
	return nil, refuseResponse(err)
}

// refuseResponse tells an answer that is too large, and will be the next time, from
// one that a tap has spoiled.
func refuseResponse(err error) error {
	code := fault.MalformedResponse
	if errors.Is(err, wire.ErrLimit) {
		code = fault.ResponseTooLarge
	}
	return fault.Wrap(code, err, "device response")
}

// Bytes encodes the response on the holder's side.
func (r *DeviceResponse) Bytes() ([]byte, error) { return wire.Marshal(r) }

// DeviceElement is an element that the phone signed.
type DeviceElement struct {
	Namespace  string
	Identifier string
	Value      wire.Raw // aliases the message
}

// Elements reads the device-signed elements, most often none, ordered by name.
func (d DeviceSigned) Elements() ([]DeviceElement, error) {
	var namespaces map[string]map[string]wire.Raw
	if err := wire.Unmarshal(d.NameSpaces.Content(), &namespaces, wire.ItemLimits); err != nil {
		return nil, fault.Wrap(fault.MalformedResponse, err, "device name spaces")
	}
	var elements []DeviceElement
	for _, ns := range sortedKeys(namespaces) {
		for _, id := range sortedKeys(namespaces[ns]) {
			elements = append(elements, DeviceElement{Namespace: ns, Identifier: id, Value: namespaces[ns][id]})
		}
	}
	return elements, nil
}

// EncodeDeviceNameSpaces returns DeviceNameSpacesBytes on the holder's side; nil
// is the empty one that most responses carry.
func EncodeDeviceNameSpaces(namespaces map[string]map[string]any) (wire.Embedded, error) {
	if namespaces == nil {
		namespaces = map[string]map[string]any{}
	}
	content, err := wire.Marshal(namespaces)
	if err != nil {
		return nil, err
	}
	return wire.Embed(content), nil
}
