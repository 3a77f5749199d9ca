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
	"bytes"
	"crypto"
	"fmt"
	"slices"
	"strings"
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
	// refused with KZ-447.
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
	response, err := mdoc.ParseDeviceResponse(in.Response)
	if err != nil {
		failure := fail(CheckResponse, err)
		if bytes.Contains(in.Response, []byte(mdoc.IndividualNumber)) {
			// Of an answer that cannot be read nobody knows more than that it names it.
			failure.Warnings = []Warning{{Code: fault.ForbiddenElementReceived}}
		}
		return nil, failure
	}
	now, size := v.Now(), 0
	out := &Verified{arena: in.Response, transcript: in.Transcript, at: now, warnings: alarms(response, in.Requested)}
	if err := judge(response, in.Requested); err != nil {
		err.Warnings = out.warnings
		return nil, err
	}
	for i := range response.Documents {
		d := &examination{verifier: v, in: in, now: now, document: &response.Documents[i], size: size}
		if err := d.run(); err != nil {
			err.Document, err.Warnings = d.document.DocType, slices.Concat(out.warnings, d.warnings)
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

// judge holds a response as a whole against the request.
func judge(response *mdoc.DeviceResponse, requested *mdoc.Request) *Failure {
	if response.Status != 0 {
		return fail(CheckStatus, fault.New(fault.ResponseStatus, "status %d", response.Status))
	}
	if err := checkDocuments(response, requested); err != nil {
		return fail(CheckDocuments, err)
	}
	return nil
}

// checkDocuments wants each document that was asked for, once, and no other: two
// of a kind would leave open which person stands there.
func checkDocuments(response *mdoc.DeviceResponse, requested *mdoc.Request) error {
	if requested == nil || len(requested.Documents) == 0 {
		if len(response.Documents) == 0 {
			return fault.New(fault.DocumentMissing, "no document%s", documentErrors(response, ""))
		}
	}
	if requested == nil {
		return nil
	}
	count := map[string]int{}
	for _, d := range response.Documents {
		count[d.DocType]++
	}
	var missing []string
	for _, asked := range requested.Documents {
		switch count[asked.DocType] {
		case 0:
			missing = append(missing, asked.DocType+documentErrors(response, asked.DocType))
		case 1:
			delete(count, asked.DocType)
		default:
			return fault.New(fault.DocumentTwice, "%d documents %s, one was asked for", count[asked.DocType], asked.DocType)
		}
	}
	switch {
	case len(missing) > 0:
		return fault.New(fault.DocumentMissing, "no document %s", strings.Join(missing, ", "))
	case len(count) > 0:
		return fault.New(fault.DocumentUnexpected, "a document that was not asked for")
	}
	return nil
}

// documentErrors tells the error codes that the phone gives for a docType, or, of
// "", for all: numbers only, as the names would be the phone's.
func documentErrors(response *mdoc.DeviceResponse, docType string) string {
	var codes []int64
	for _, errors := range response.DocumentErrors {
		for name, code := range errors {
			if docType == "" || name == docType {
				codes = append(codes, code)
			}
		}
	}
	return errorCodes(codes)
}

// mostErrorCodes bounds how many different error codes of the phone one text repeats.
const mostErrorCodes = 4

// errorCodes tells error codes of a phone, in order and each once: 0 means that data
// was not returned, what is over it is reserved, and what is under it the wallet's own.
func errorCodes(codes []int64) string {
	slices.Sort(codes)
	switch codes = slices.Compact(codes); {
	case len(codes) == 0:
		return ""
	case len(codes) == 1:
		return fmt.Sprintf(" (error %d)", codes[0])
	case len(codes) > mostErrorCodes:
		return fmt.Sprintf(" (errors %d to %d)", codes[0], codes[len(codes)-1])
	}
	return " (errors " + strings.Trim(fmt.Sprint(codes), "[]") + ")"
}

// alarms tells, document by document, that the individual number came, which is never
// asked for: whatever becomes of the answer, somebody has to know. A docType that was
// not asked for may be any text of the phone's, and stays out.
func alarms(response *mdoc.DeviceResponse, requested *mdoc.Request) (warnings []Warning) {
	for _, d := range response.Documents {
		count := 0
		for _, items := range d.IssuerSigned.NameSpaces {
			for _, item := range items {
				if item.ElementIdentifier == mdoc.IndividualNumber {
					count++
				}
			}
		}
		if elements, err := d.DeviceSigned.Elements(); err == nil {
			for _, e := range elements {
				if e.Identifier == mdoc.IndividualNumber {
					count++
				}
			}
		}
		if count == 0 {
			continue
		}
		w := Warning{Code: fault.ForbiddenElementReceived, Count: count}
		if requested == nil || slices.ContainsFunc(requested.Documents, func(r mdoc.DocRequest) bool { return r.DocType == d.DocType }) {
			w.DocType = d.DocType
		}
		warnings = append(warnings, w)
	}
	return warnings
}
