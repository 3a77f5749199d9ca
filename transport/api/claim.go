package api

import (
	"encoding/json"
	"time"

	"kazashi/session/fault"
)

// A ClaimRequest asks for the attributes of a verified presentation, once.
type ClaimRequest struct {
	// ClaimID is the claimant's own name of this claim, see [ValidName]. The same
	// name gets the same answer while the lease lasts, another name is refused.
	ClaimID string `json:"claim_id"`
}

// A Claim is the attributes of one person for one transaction. Whoever receives
// one prints and forgets it, and keys the print job on PresentationID: that makes
// the certificate exactly one, whatever is repeated on the way.
type Claim struct {
	PresentationID string     `json:"presentation_id"`
	Transaction    string     `json:"transaction"`
	Profile        string     `json:"profile"`
	ClaimID        string     `json:"claim_id"`
	LeaseExpiresAt time.Time  `json:"lease_expires_at"`
	Specimen       bool       `json:"specimen"`
	Documents      []Document `json:"documents"`
	Evidence       *Evidence  `json:"evidence,omitempty"` // where the profile says so
}

// A Document is one verified document with the elements that were asked for.
type Document struct {
	DocType    string    `json:"doc_type"`
	Issuer     Issuer    `json:"issuer"`
	Signed     time.Time `json:"signed"`
	ValidFrom  time.Time `json:"valid_from"`
	ValidUntil time.Time `json:"valid_until"`
	// Elements is by namespace, then by element. Text and dates are strings (a
	// date YYYY-MM-DD), booleans and integers are themselves, a byte string is
	// [Binary].
	Elements map[string]map[string]json.RawMessage `json:"elements"`
}

// Evidence is what an independent check of a document needs, such as by `kazashi
// verify`: the answer itself, with every element in it. An issuer that keeps it keeps
// the elements, so only profiles that retain all of theirs hand it out.
type Evidence struct {
	VerifiedAt        time.Time `json:"verified_at,omitzero"`
	DeviceResponse    []byte    `json:"device_response,omitempty"`    // CBOR, as received
	SessionTranscript []byte    `json:"session_transcript,omitempty"` // CBOR, in its array form
	TrustAnchors      [][]byte  `json:"trust_anchors,omitempty"`      // IACA certificates, DER, by document
	// Withheld is set instead of all others where there is no evidence: KZ-314 or
	// KZ-901 when the answer held elements that nobody asked for, KZ-448 when the
	// phone authenticated by a MAC, which convinces nobody but the reader itself.
	Withheld fault.Code `json:"withheld,omitempty"`
}

// An Issuer is who stands behind a document, from its IACA certificate.
type Issuer struct {
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Subject string `json:"subject"` // distinguished name
}

// A Binary is a byte string such as a portrait.
type Binary struct {
	MediaType string `json:"media_type"`
	Base64    []byte `json:"base64"` // standard alphabet, padded
}

// Outcome is what became of a claim.
type Outcome string

// The outcomes of a claim.
const (
	OutcomeIssued    Outcome = "issued"    // the certificate was handed out
	OutcomeAbandoned Outcome = "abandoned" // nothing was handed out
)

// Valid reports whether the outcome is one of the two.
func (o Outcome) Valid() bool { return o == OutcomeIssued || o == OutcomeAbandoned }

// An AckRequest ends a claim; the attributes are wiped before it is answered.
type AckRequest struct {
	ClaimID string  `json:"claim_id"`
	Outcome Outcome `json:"outcome"`
}
