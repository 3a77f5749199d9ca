package mdoc

import (
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
	// UniqueDocSet asks for one document and no choice of several of the docType: it
	// is uniqueDocSetRequired of the second edition, in requestInfo, which a phone of
	// the first skips. [Request.ItemsRequests] sets it by itself.
	UniqueDocSet bool
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
	Info       *itemsRequestInfo          `cbor:"requestInfo,omitzero"`
}

// itemsRequestInfo is RequestInfo of the second edition, so far as it is used here.
type itemsRequestInfo struct {
	UniqueDocSetRequired bool `cbor:"uniqueDocSetRequired,omitempty"`
}

// ItemsRequests returns the ItemsRequestBytes of every document, in order. Where there
// are several, each asks for a document set that is unique: two documents of a kind
// would leave open whose belong together, and are refused when they come (KZ-317). It
// refuses a request for no document, for a document twice and, over all
// documents, for more than two age_over_NN with KZ-703, and besides what
// [DocRequest.ItemsRequestBytes] refuses.
func (r Request) ItemsRequests() ([]wire.Embedded, error) {
	if len(r.Documents) == 0 {
		return nil, invalid("request for no document")
	}
	items := make([]wire.Embedded, len(r.Documents))
	seen, ages := map[string]bool{}, 0
	for i, d := range r.Documents {
		if seen[d.DocType] {
			return nil, invalid("request for %s twice", d.DocType)
		}
		seen[d.DocType] = true
		if ages += d.ages(); ages > maxAgeRequests {
			return nil, tooManyAges(ages)
		}
		var err error
		d.UniqueDocSet = d.UniqueDocSet || len(r.Documents) > 1
		if items[i], err = d.ItemsRequestBytes(); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// ItemsRequestBytes returns the encoded ItemsRequest inside tag 24. It refuses a
// request for no element, for an element twice and for more than two age_over_NN
// with KZ-703, and one for the individual number with KZ-704.
func (d DocRequest) ItemsRequestBytes() (wire.Embedded, error) {
	r := itemsRequest{DocType: d.DocType, NameSpaces: map[string]map[string]bool{}}
	if d.DocType == "" || len(d.Elements) == 0 {
		return nil, invalid("request for %q without elements", d.DocType)
	}
	for _, e := range d.Elements {
		if e.Identifier == IndividualNumber {
			return nil, forbidden()
		}
		if e.Namespace == "" || e.Identifier == "" {
			return nil, invalid("request for %s with an element without name", d.DocType)
		}
		elements := r.NameSpaces[e.Namespace]
		if elements == nil {
			elements = map[string]bool{}
			r.NameSpaces[e.Namespace] = elements
		}
		if _, twice := elements[e.Identifier]; twice {
			return nil, invalid("request for %s asks for %s %s twice", d.DocType, e.Namespace, e.Identifier)
		}
		elements[e.Identifier] = e.Retain
	}
	if ages := d.ages(); ages > maxAgeRequests {
		return nil, tooManyAges(ages)
	}
	if d.UniqueDocSet {
		r.Info = &itemsRequestInfo{UniqueDocSetRequired: true}
	}
	content, err := wire.Marshal(r)
	if err != nil {
		return nil, err
	}
	return wire.Embed(content), nil
}

// ages returns how many age_over_NN are asked for.
func (d DocRequest) ages() (n int) {
	for _, e := range d.Elements {
		if _, ok := AgeThreshold(e.Identifier); ok {
			n++
		}
	}
	return n
}

func invalid(format string, args ...any) error {
	return fault.New(fault.ProfileInvalid, format, args...)
}

func tooManyAges(n int) error {
	return invalid("request for %d age_over elements, at most %d", n, maxAgeRequests)
}

func forbidden() error {
	return fault.New(fault.ElementForbidden, "%s is never asked for", IndividualNumber)
}
