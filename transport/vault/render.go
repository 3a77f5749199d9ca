package vault

import (
	"encoding/json"
	"slices"
	"time"

	"kazashi/session/fault"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

// A verifiedResult is the result that verification makes.
type verifiedResult struct {
	verified *verify.Verified
	evidence bool // is part of the claim
}

func (r verifiedResult) wipe() { r.verified.Wipe() }

func (r verifiedResult) specimen() bool {
	return slices.ContainsFunc(r.verified.Documents(), func(d verify.Document) bool { return d.Specimen })
}

func (r verifiedResult) received() []api.ElementName {
	var names []api.ElementName
	for _, d := range r.verified.Documents() {
		for _, e := range d.Elements {
			names = append(names, api.ElementName{DocType: d.DocType, Namespace: e.Namespace, Element: e.Identifier})
		}
	}
	return names
}

func (r verifiedResult) warnings() []api.Warning {
	told := r.verified.Warnings()
	warnings := make([]api.Warning, 0, len(told))
	for _, w := range told {
		warnings = append(warnings, warning(w))
	}
	return warnings
}

func warning(w verify.Warning) api.Warning {
	return api.Warning{Code: w.Code, DocType: w.DocType, Count: w.Count}
}

func (r verifiedResult) appendDocuments(dst []byte) ([]byte, error) {
	dst = appendClearing(dst, "[")
	for i, d := range r.verified.Documents() {
		if i > 0 {
			dst = appendClearing(dst, ",")
		}
		var err error
		if dst, err = appendDocument(dst, d); err != nil {
			return dst, err
		}
	}
	dst = appendClearing(dst, "]")
	if r.evidence {
		return r.appendEvidence(dst)
	}
	return dst, nil
}

// appendDocument appends the JSON of an api.Document. The attributes go from the
// answer's memory straight into dst, so that there is no third copy to forget.
func appendDocument(dst []byte, d verify.Document) ([]byte, error) {
	head, err := json.Marshal(struct {
		DocType    string     `json:"doc_type"`
		Issuer     api.Issuer `json:"issuer"`
		Signed     time.Time  `json:"signed"`
		ValidFrom  time.Time  `json:"valid_from"`
		ValidUntil time.Time  `json:"valid_until"`
	}{d.DocType, api.Issuer{Country: d.Issuer.Country, Subject: d.Issuer.Subject},
		d.Signed.UTC(), d.ValidFrom.UTC(), d.ValidUntil.UTC()})
	if err != nil {
		return dst, fault.Wrap(fault.Internal, err, "rendering document")
	}
	dst = appendClearing(dst, string(head[:len(head)-1])+`,"elements":{`)
	namespace, first, done := "", true, map[string]bool{}
	for _, e := range d.Elements { // ordered by namespace
		if e.DeviceSigned {
			return dst, fault.New(fault.Internal, "an element that the issuer did not sign")
		}
		if e.Namespace != namespace && done[e.Namespace] {
			return dst, fault.New(fault.Internal, "a namespace in two places") // readers of JSON would lose one
		}
		done[e.Namespace] = true
		switch {
		case first:
			dst = appendClearing(dst, quote(e.Namespace)+":{")
		case e.Namespace != namespace:
			dst = appendClearing(dst, "},"+quote(e.Namespace)+":{")
		default:
			dst = appendClearing(dst, ",")
		}
		namespace, first = e.Namespace, false
		dst = appendClearing(dst, quote(e.Identifier)+":")
		if dst, err = e.AppendJSON(dst); err != nil {
			return dst, fault.Wrap(fault.ElementMalformed, err, "rendering %s", e.Identifier)
		}
	}
	if !first {
		dst = appendClearing(dst, "}")
	}
	return appendClearing(dst, "}}"), nil
}

// quote is the JSON of a name.
func quote(name string) string {
	quoted, _ := json.Marshal(name) // a string has a JSON always
	return string(quoted)
}

// appendClearing appends text that is no attribute to memory that holds some: when
// that has to move, the old place is overwritten.
func appendClearing(dst []byte, text string) []byte {
	return append(room(dst, len(text)), text...)
}

// room returns dst with room for n bytes more.
func room(dst []byte, n int) []byte {
	if len(dst)+n <= cap(dst) {
		return dst
	}
	moved := make([]byte, len(dst), 2*cap(dst)+n+512)
	copy(moved, dst)
	clear(dst)
	return moved
}
