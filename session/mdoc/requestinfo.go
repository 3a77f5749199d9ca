package mdoc

import (
	"fmt"

	"kazashi/session/wire"
)

// A DeviceRequestInfo says which of the requested documents belong together. It came
// with the second edition, for phones that announce ExtendedRequestSupport.
type DeviceRequestInfo struct {
	UseCases []UseCase `cbor:"useCases,omitempty"`
}

// A UseCase is one purpose of a request and the documents that serve it.
type UseCase struct {
	// Mandatory means that without this use case the rest is of no use.
	Mandatory bool `cbor:"mandatory"`
	// DocumentSets are alternatives, the preferred one first: each holds indices into
	// DeviceRequest.DocRequests, all of which are needed.
	DocumentSets [][]uint `cbor:"documentSets"`
	// PurposeHints are codes by who defined them, such as 1 (identity) of
	// "org.iso.jtc1.sc17".
	PurposeHints map[string]int64 `cbor:"purposeHints,omitempty"`
}

// AllTogether returns the information that a request for n documents is of use only
// if all of them are returned.
func AllTogether(n int) DeviceRequestInfo {
	set := make([]uint, n)
	for i := range set {
		set[i] = uint(i)
	}
	return DeviceRequestInfo{UseCases: []UseCase{{Mandatory: true, DocumentSets: [][]uint{set}}}}
}

// Bytes returns DeviceRequestInfoBytes.
func (i DeviceRequestInfo) Bytes() (wire.Embedded, error) {
	content, err := wire.Marshal(i)
	if err != nil {
		return nil, err
	}
	return wire.Embed(content), nil
}

// RequestInfo reads deviceRequestInfo; of a request without, it is empty. A use case
// without documents, or for one that is not requested, is an error.
func (r *DeviceRequest) RequestInfo() (DeviceRequestInfo, error) {
	var info DeviceRequestInfo
	if r.Info == nil {
		return info, nil
	}
	if err := wire.Unmarshal(r.Info.Content(), &info, wire.RequestLimits); err != nil {
		return DeviceRequestInfo{}, fmt.Errorf("device request info: %w", err)
	}
	for _, u := range info.UseCases {
		if len(u.DocumentSets) == 0 {
			return DeviceRequestInfo{}, fmt.Errorf("device request info: use case without documents")
		}
		for _, set := range u.DocumentSets {
			for _, n := range set {
				if n >= uint(len(r.DocRequests)) {
					return DeviceRequestInfo{}, fmt.Errorf("device request info: document %d of %d", n, len(r.DocRequests))
				}
			}
			if len(set) == 0 {
				return DeviceRequestInfo{}, fmt.Errorf("device request info: empty document set")
			}
		}
	}
	return info, nil
}
