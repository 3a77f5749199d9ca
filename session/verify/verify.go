// Package verify decides whether the answer of a phone is to be believed. It goes
// through the checks of ISO/IEC 18013-5, clauses 9.3.1 and 9.1.3, in their order;
// the first that fails ends it, with the name of the check and a code. What has
// passed them all becomes a [Verified], and nothing else can.
//
// What the phone asserts of itself, the device-signed elements, answers no request
// even when the issuer authorised it: it is dropped like what was not asked for.
//
// The package does no I/O and keeps no clock: revocation is looked up in the lists
// that the trust store holds.
package verify

import (
	"crypto"
	"fmt"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
)

// A ReaderKey is the reader's ephemeral key, whose private part may be anywhere.
type ReaderKey interface {
	// MACKey returns EMacKey of clause 9.1.3.5 for the phone's SDeviceKey and the
	// SessionTranscript in its array form. It fails when the keys do not lie on the
	// same curve.
	MACKey(peer crypto.PublicKey, transcript []byte) ([]byte, error)
}

// A Verifier holds what does not change from tap to tap.
type Verifier struct {
	// Trust holds the anchors. Nil trusts nobody.
	Trust *trust.Store
	// Now is the clock; it is read once for each answer. It has to be set.
	Now func() time.Time
	// Skew is by how much validFrom and validUntil may miss the clock. The dates
	// of certificates are taken as they are.
	Skew time.Duration
	// Undetermined says what becomes of a document of which it cannot be told
	// whether it was revoked.
	Undetermined Policy
}

// Input is one answer and the session it came in.
type Input struct {
	// Response is the decrypted DeviceResponse. Verify owns it from now on: it
	// becomes the memory of the Verified, and is cleared when a check fails.
	Response []byte
	// Transcript is the SessionTranscript in its array form; SessionTranscriptBytes
	// are taken too.
	Transcript []byte
	// ReaderKey is needed for documents that carry a deviceMac; nil has them
	// refused with KZ-446.
	ReaderKey ReaderKey
	// Requested is what was asked for, and only elements that the issuer signed
	// answer it. Nil takes everything as asked, device-signed elements too, which is
	// for looking at documents and not for a terminal.
	Requested *mdoc.Request
}

// Verify goes through all checks. Its errors are a [*Failure].
func (v *Verifier) Verify(in Input) (*Verified, error) {
	verified, err := v.verify(in)
	if err != nil {
		clear(in.Response)
		return nil, err
	}
	return verified, nil
}

func (v *Verifier) verify(in Input) (*Verified, error) {
	if v.Now == nil {
		return nil, fail(CheckClock, fault.New(fault.ClockUntrusted, "no clock"))
	}
	var err error
	if in.Transcript, err = mdoc.TranscriptArray(in.Transcript); err != nil {
		return nil, fail(CheckTranscript, err)
	}
	response, err := parse(in)
	if err != nil {
		return nil, err
	}
	now, size := v.Now(), 0
	out := &Verified{arena: in.Response, transcript: in.Transcript, at: now}
	for i := range response.Documents {
		d := &examination{verifier: v, in: in, now: now, document: &response.Documents[i], size: size}
		if err := d.run(); err != nil {
			err.Document = d.document.DocType
			return nil, err
		}
		size = d.size
		out.documents = append(out.documents, d.out)
		out.warnings = append(out.warnings, d.warnings...)
		out.anchors = append(out.anchors, d.path.Anchor.Certificate.Raw)
		out.mac = out.mac || d.document.DeviceSigned.DeviceAuth.MAC != nil
	}
	return out, nil
}

// parse reads the response and holds its documents against the request.
func parse(in Input) (*mdoc.DeviceResponse, error) {
	response, err := mdoc.ParseDeviceResponse(in.Response)
	if err != nil {
		return nil, fail(CheckResponse, err)
	}
	if response.Status != 0 {
		return nil, fail(CheckStatus, fault.New(fault.ResponseStatus, "status %d", response.Status))
	}
	if err := checkDocuments(response, in.Requested); err != nil {
		return nil, fail(CheckDocuments, err)
	}
	return response, nil
}

// checkDocuments wants each document that was asked for, once, and no other: two
// of a kind would leave open which person stands there.
func checkDocuments(response *mdoc.DeviceResponse, requested *mdoc.Request) error {
	if requested == nil {
		if len(response.Documents) == 0 {
			return fault.New(fault.DocumentMissing, "no document%s", reason(response, ""))
		}
		return nil
	}
	count := map[string]int{}
	for _, d := range response.Documents {
		count[d.DocType]++
	}
	for _, asked := range requested.Documents {
		switch count[asked.DocType] {
		case 0:
			return fault.New(fault.DocumentMissing, "no document %s%s", asked.DocType, reason(response, asked.DocType))
		case 1:
			delete(count, asked.DocType)
		default:
			return fault.New(fault.DocumentUnexpected, "%d documents %s, one was asked for", count[asked.DocType], asked.DocType)
		}
	}
	if len(count) > 0 {
		return fault.New(fault.DocumentUnexpected, "a document that was not asked for")
	}
	if len(response.Documents) == 0 {
		return fault.New(fault.DocumentMissing, "no document")
	}
	return nil
}

// reason tells what documentErrors say of a docType, or, of "", of the first.
func reason(response *mdoc.DeviceResponse, docType string) string {
	for _, errors := range response.DocumentErrors {
		for name, code := range errors {
			if docType == "" || name == docType {
				return fmt.Sprintf(", document error %d", code)
			}
		}
	}
	return ""
}
