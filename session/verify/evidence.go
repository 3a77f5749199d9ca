package verify

import (
	"slices"
	"time"

	"kazashi/session/fault"
)

// Evidence is an answer as somebody else can verify it again: with the anchors and
// at the time that stand beside it, it passes the same checks.
type Evidence struct {
	// Response is the DeviceResponse as it was received. It lies in the memory of the
	// Verified and is all zero after Wipe.
	Response []byte
	// Transcript is the SessionTranscript in its array form. It names nobody.
	Transcript []byte
	// Anchors are the IACA certificates, DER, by document.
	Anchors [][]byte
	// At is when the answer was verified.
	At time.Time
}

// Evidence returns what an independent check needs. There is none, and the error
// says why, for an answer that
//
//   - holds elements that nobody asked for (KZ-314, or KZ-901 for the individual
//     number): they are part of what was received, and are dropped here;
//   - is authenticated by a deviceMac (KZ-448): who can check one can make one, so it
//     convinces nobody but the reader of the session.
//
// After Wipe there is none either.
func (v *Verified) Evidence() (Evidence, error) {
	if v == nil || v.arena == nil {
		return Evidence{}, fault.New(fault.Internal, "evidence of an answer that is wiped")
	}
	for _, code := range []fault.Code{fault.ForbiddenElementReceived, fault.UnaskedElements} {
		if slices.ContainsFunc(v.warnings, func(w Warning) bool { return w.Code == code }) {
			return Evidence{}, fault.New(code, "the answer holds elements that were not asked for")
		}
	}
	if v.mac {
		return Evidence{}, fault.New(fault.DeviceMACNoEvidence, "a mac convinces nobody but its session")
	}
	return Evidence{
		Response: v.arena, Transcript: slices.Clone(v.transcript), Anchors: slices.Clone(v.anchors), At: v.at,
	}, nil
}
