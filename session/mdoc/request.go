package mdoc

import (
	"fmt"
	"slices"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// Request is what a terminal asks for in one tap.
type Request struct {
	Documents []DocRequest
}

// DocRequest asks for elements of one document.
type DocRequest struct {
	DocType  string
	Elements []ElementRequest
}

// ElementRequest asks for one element. Retain is IntentToRetain: whether
// anything of it, a digest included, is kept beyond the live transaction.
type ElementRequest struct {
	Namespace  string
	Identifier string
	Retain     bool
}

// maxAgeRequests is how many age_over_NN one request may hold, clause 7.2.5.
const maxAgeRequests = 2

// itemsRequest is ItemsRequest, clause 8.3.2.1.2.1.
type itemsRequest struct {
	DocType    string                     `cbor:"docType"`
	NameSpaces map[string]map[string]bool `cbor:"nameSpaces"`
}

// ItemsRequestBytes returns the encoded ItemsRequest inside tag 24. It refuses a
// request for no element, for an element twice, for more than two age_over_NN,
// and for the individual number.
func (d DocRequest) ItemsRequestBytes() (wire.Embedded, error) {
	r := itemsRequest{DocType: d.DocType, NameSpaces: map[string]map[string]bool{}}
	if d.DocType == "" || len(d.Elements) == 0 {
		return nil, fmt.Errorf("request for %q without elements", d.DocType)
	}
	ages := 0
	for _, e := range d.Elements {
		if e.Identifier == IndividualNumber {
			return nil, fault.New(fault.ElementForbidden, "%s is never asked for", IndividualNumber)
		}
		if e.Namespace == "" || e.Identifier == "" {
			return nil, fmt.Errorf("request for %s with an element without name", d.DocType)
		}
		elements := r.NameSpaces[e.Namespace]
		if elements == nil {
			elements = map[string]bool{}
			r.NameSpaces[e.Namespace] = elements
		}
		if _, twice := elements[e.Identifier]; twice {
			return nil, fmt.Errorf("request for %s asks for %s %s twice", d.DocType, e.Namespace, e.Identifier)
		}
		elements[e.Identifier] = e.Retain
		if _, ok := AgeThreshold(e.Identifier); ok {
			ages++
		}
	}
	if ages > maxAgeRequests {
		return nil, fmt.Errorf("request for %s asks for %d age_over elements, at most %d", d.DocType, ages, maxAgeRequests)
	}
	content, err := wire.Marshal(r)
	if err != nil {
		return nil, err
	}
	return wire.Embed(content), nil
}

// DeviceRequest is a received DeviceRequest, clause 8.3.2.1.2.1.
type DeviceRequest struct {
	Version     string             `cbor:"version"`
	DocRequests []SignedDocRequest `cbor:"docRequests"`
}

// SignedDocRequest is one DocRequest as it travels.
type SignedDocRequest struct {
	ItemsRequest wire.Embedded `cbor:"itemsRequest"`
	// ReaderAuth is an untagged COSE_Sign1, nil when the reader did not sign.
	ReaderAuth wire.Raw `cbor:"readerAuth,omitzero"`
}

// EncodeDeviceRequest returns a DeviceRequest of version 1.0 for ItemsRequests
// and, one each or none at all, their ReaderAuth.
func EncodeDeviceRequest(items []wire.Embedded, readerAuths [][]byte) ([]byte, error) {
	if len(items) == 0 || len(readerAuths) != 0 && len(readerAuths) != len(items) {
		return nil, fmt.Errorf("device request of %d documents with %d signatures", len(items), len(readerAuths))
	}
	r := DeviceRequest{Version: version}
	for i, item := range items {
		d := SignedDocRequest{ItemsRequest: item}
		if len(readerAuths) > 0 {
			d.ReaderAuth = readerAuths[i]
		}
		r.DocRequests = append(r.DocRequests, d)
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
	if major, ok := majorVersion(r.Version); !ok || major != 1 {
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
	return r, nil
}

// Request reads the ItemsRequest inside. Elements come ordered by name.
func (d SignedDocRequest) Request() (DocRequest, error) {
	var r itemsRequest
	if err := wire.Unmarshal(d.ItemsRequest.Content(), &r, wire.RequestLimits); err != nil {
		return DocRequest{}, fmt.Errorf("items request: %w", err)
	}
	out := DocRequest{DocType: r.DocType}
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
