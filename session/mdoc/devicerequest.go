package mdoc

import (
	"bytes"
	"fmt"
	"slices"

	"kazashi/session/wire"
)

// versionExtended is the version of a DeviceRequest that holds what came with the
// second edition: deviceRequestInfo or readerAuthAll.
const versionExtended = "1.1"

// A DeviceRequest is what a reader sends, clause 8.3.2.1.2.1.
type DeviceRequest struct {
	// Version is read; [DeviceRequest.Bytes] writes the one that belongs to the
	// content.
	Version     string             `cbor:"version"`
	DocRequests []SignedDocRequest `cbor:"docRequests"`
	// Info is DeviceRequestInfoBytes: nil, or what [DeviceRequestInfo.Bytes] returns.
	Info wire.Embedded `cbor:"deviceRequestInfo,omitzero"`
	// ReaderAuthAll are untagged COSE_Sign1, one for each who signed the request as
	// a whole. They are for phones that announce ReaderAuthAllSupport.
	ReaderAuthAll []wire.Raw `cbor:"readerAuthAll,omitempty"`
}

// SignedDocRequest is one DocRequest as it travels.
type SignedDocRequest struct {
	ItemsRequest wire.Embedded `cbor:"itemsRequest"`
	// ReaderAuth is an untagged COSE_Sign1, nil when the reader did not sign.
	ReaderAuth wire.Raw `cbor:"readerAuth,omitzero"`
}

// Items returns the ItemsRequestBytes in their order, which readerAuthAll signs.
func (r *DeviceRequest) Items() []wire.Embedded {
	items := make([]wire.Embedded, len(r.DocRequests))
	for i, d := range r.DocRequests {
		items[i] = d.ItemsRequest
	}
	return items
}

// Bytes encodes the request: version 1.1 with deviceRequestInfo or readerAuthAll,
// else 1.0. It refuses what asks for the individual number in any place with
// KZ-704, wherever the ItemsRequests came from.
func (r DeviceRequest) Bytes() ([]byte, error) {
	if len(r.DocRequests) == 0 {
		return nil, invalid("request for no document")
	}
	for _, d := range r.DocRequests {
		if bytes.Contains(d.ItemsRequest, []byte(IndividualNumber)) {
			return nil, forbidden()
		}
	}
	r.Version = version
	if r.Info != nil || len(r.ReaderAuthAll) > 0 {
		r.Version = versionExtended
	}
	return wire.Marshal(r)
}

// ParseDeviceRequest reads a DeviceRequest on the holder's side. It verifies no
// signature.
func ParseDeviceRequest(raw []byte) (*DeviceRequest, error) {
	r := &DeviceRequest{}
	if err := wire.Unmarshal(raw, r, wire.RequestLimits); err != nil {
		return nil, fmt.Errorf("device request: %w", err)
	}
	if !IsVersion1(r.Version) {
		return nil, fmt.Errorf("device request: unsupported version")
	}
	if len(r.DocRequests) == 0 {
		return nil, fmt.Errorf("device request for no document")
	}
	for i, d := range r.DocRequests {
		if _, err := d.Request(); err != nil {
			return nil, fmt.Errorf("device request, document %d: %w", i, err)
		}
	}
	if _, err := r.RequestInfo(); err != nil {
		return nil, err
	}
	return r, nil
}

// Request reads the ItemsRequest inside. Elements come ordered by name.
func (d SignedDocRequest) Request() (DocRequest, error) {
	var r itemsRequest
	if err := wire.Unmarshal(d.ItemsRequest.Content(), &r, wire.RequestLimits); err != nil {
		return DocRequest{}, fmt.Errorf("items request: %w", err)
	}
	out := DocRequest{DocType: r.DocType, UniqueDocSet: r.Info != nil && r.Info.UniqueDocSetRequired}
	for _, ns := range sortedKeys(r.NameSpaces) {
		for _, id := range sortedKeys(r.NameSpaces[ns]) {
			out.Elements = append(out.Elements, ElementRequest{Namespace: ns, Identifier: id, Retain: r.NameSpaces[ns][id]})
		}
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
