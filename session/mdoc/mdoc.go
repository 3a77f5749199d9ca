// Package mdoc holds the structures of ISO/IEC 18013-5, one file each, for the
// reader, who reads responses and writes requests, and for the holder and the
// issuer, who do the reverse. It checks form, not truth: what a phone says is
// believed only after package verify has gone through it.
//
// Structures that are hashed or signed are kept as the bytes that were received
// (wire.Embedded, wire.Raw); these and all element values share memory with the
// message, so that wiping the message wipes them.
package mdoc

import (
	"fmt"
	"strings"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// The documents that Kazashi knows by name.
const (
	DocTypeMyNumberCard   = "org.iso.23220.1.jp.mnc"
	DocTypeDrivingLicence = "org.iso.18013.5.1.mDL"

	NamespaceMyNumberCard   = "org.iso.23220.1.jp"
	NamespaceISO23220       = "org.iso.23220.1"
	NamespaceDrivingLicence = "org.iso.18013.5.1"
)

// IndividualNumber is the identifier of the element that holds a My Number. It
// is never asked for, and not handed on when a phone sends it unasked.
const IndividualNumber = "individual_number_unicode"

// version is what we write; of what we read, any 1.x is taken.
const version = "1.0"

// IsVersion1 reports whether a version, of whatever structure of the standard, is
// "1." and a minor version of digits only. An unknown minor version is no error: it
// adds members, which are skipped, and changes none.
func IsVersion1(version string) bool {
	minor, ok := strings.CutPrefix(version, "1.")
	return ok && minor != "" && strings.Trim(minor, "0123456789") == ""
}

// TranscriptArray returns the array form of a SessionTranscript that came in
// either form: the array itself or SessionTranscriptBytes around it. What is
// neither is KZ-709.
func TranscriptArray(raw []byte) ([]byte, error) {
	if content := wire.Embedded(raw).Content(); content != nil {
		raw = content
	}
	return raw, checkTranscript(raw)
}

// checkTranscript refuses what cannot be a SessionTranscript in its array form.
func checkTranscript(transcript []byte) error {
	if err := wire.Precheck(transcript, wire.TranscriptLimits); err != nil {
		return fault.Wrap(fault.MalformedTranscript, err, "session transcript")
	}
	if h := wire.Raw(transcript).Head(); h.Major != wire.Array || h.Arg != 3 {
		return fault.New(fault.MalformedTranscript, "session transcript is no array of three")
	}
	return nil
}

// authenticationBytes returns #6.24(bstr [context, transcript, rest...]).
func authenticationBytes(context string, transcript []byte, rest ...any) (wire.Embedded, error) {
	if err := checkTranscript(transcript); err != nil {
		return nil, err
	}
	structure, err := wire.Marshal(append([]any{context, wire.Raw(transcript)}, rest...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", context, err)
	}
	return wire.Embed(structure), nil
}
