package verify

import (
	"fmt"
	"io"
	"slices"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
)

// Verified is an answer that passed every check. Only [Verifier.Verify] makes one
// that holds anything; the zero value and nil hold no document. It is not safe
// for concurrent use.
type Verified struct {
	arena     []byte // the response, in which all element values lie
	documents []Document
	warnings  []Warning

	transcript []byte
	anchors    [][]byte // DER, by document
	at         time.Time
	mac        bool // a document is authenticated by deviceMac
}

// A Document is one document that passed.
type Document struct {
	DocType string
	Issuer  Issuer
	// Specimen means that the document is vouched for by a specimen anchor only.
	Specimen                      bool
	Signed, ValidFrom, ValidUntil time.Time
	// Revocation is trust.Valid, or trust.Undetermined where the policy let that pass.
	Revocation trust.State
	// Elements are those that were asked for, under the names that were asked for,
	// ordered by namespace and in it as the phone sent them.
	Elements []Element
}

// Issuer is who vouches for a document.
type Issuer struct {
	Country string // of the document signer and its IACA, ISO 3166-1 alpha-2
	Subject string // distinguished name of the IACA
}

// An Element is one attribute. Printing and JSON-encoding it shows its name only.
type Element struct {
	Namespace  string
	Identifier string
	// Raw is the encoded elementValue. It lies in the memory of the Verified and
	// is all zero after Wipe.
	Raw []byte `json:"-"`
	// Retain is what the request said of it.
	Retain bool
	// DeviceSigned means that the phone and not the issuer vouches for it, with the
	// issuer's leave. What answers a request never is.
	DeviceSigned bool
}

// A Warning is something that does not fail an answer and that somebody should
// know of.
type Warning struct {
	Code    fault.Code
	DocType string // "" for a document that nobody asked for
	// Count is the number of elements that it is about, 0 when it is not about
	// elements.
	Count int
}

// Documents returns the documents, in the order of the response; none after Wipe.
func (v *Verified) Documents() []Document {
	if v == nil {
		return nil
	}
	return slices.Clone(v.documents)
}

// Warnings returns what was odd and accepted. It holds no personal data and is
// left by Wipe.
func (v *Verified) Warnings() []Warning {
	if v == nil {
		return nil
	}
	return slices.Clone(v.warnings)
}

// Wipe clears every element value in memory. It may be called more than once.
func (v *Verified) Wipe() {
	if v == nil {
		return
	}
	clear(v.arena)
	v.arena, v.documents = nil, nil
}

// AppendJSON appends the value as the API shows it, see mdoc.AppendValueJSON: it
// goes from memory that Wipe clears straight into dst, and when dst has not the
// room, the array it leaves is cleared. So dst is the only copy, for the caller
// to clear.
func (e Element) AppendJSON(dst []byte) ([]byte, error) {
	return mdoc.AppendValueJSON(dst, e.Identifier, e.Raw)
}

// Format prints the name and never the value, whatever the verb.
func (e Element) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, e.Namespace+" "+e.Identifier)
}

// Format prints how many documents there are and never what is in them, whatever
// the verb.
func (v Verified) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "verified answer of %d documents", len(v.documents))
}
