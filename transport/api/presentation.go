package api

import (
	"time"

	"kazashi/session/fault"
)

// State is where a presentation is.
//
//	armed -> reading -> verified -> claimed -> acked
//
// or an end on the way: rejected, expired, cancelled, lost.
type State string

// The states of a presentation.
const (
	StateArmed     State = "armed"     // waits for a tap
	StateReading   State = "reading"   // a phone is held over the reader
	StateVerified  State = "verified"  // attributes wait for a claim
	StateClaimed   State = "claimed"   // attributes were handed out under a lease
	StateAcked     State = "acked"     // end: the issuer told the outcome
	StateRejected  State = "rejected"  // end: what the phone answered was not accepted
	StateExpired   State = "expired"   // end: a time ran out
	StateCancelled State = "cancelled" // end: the issuer, or its going away, ended it
	StateLost      State = "lost"      // end: the phone, the reader or the daemon went away
)

// Ended reports whether the state is terminal. Nothing leaves a terminal state,
// and no attribute is kept in one.
func (s State) Ended() bool {
	switch s {
	case StateAcked, StateRejected, StateExpired, StateCancelled, StateLost:
		return true
	}
	return false
}

// An ArmRequest asks for one presentation.
type ArmRequest struct {
	// Profile names what is asked of the phone.
	Profile string `json:"profile"`
	// Transaction is the issuer's own name of its job, see [ValidName]. It comes
	// back in the presentation and in the claim, so that a result can be held
	// against the job it was asked for. It must not hold personal data.
	Transaction string `json:"transaction"`
	// TimeoutMS is how long to wait for a verified tap; 0 is the daemon's default.
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
	// Reader may stay empty where there is only one.
	Reader string `json:"reader,omitempty"`
	// Bind ends the presentation when the connection that armed it closes, unless
	// it was claimed by then.
	Bind bool `json:"bind,omitempty"`
}

// A Presentation is one armed request for one tap. It holds no attribute of a
// person, in any state.
type Presentation struct {
	ID string `json:"id"`
	// Version grows with every change of the presentation.
	Version uint64 `json:"version"`
	State   State  `json:"state"`
	// Phase tells in the state reading how far the tap is: engaging, connecting,
	// requesting, receiving, verifying.
	Phase       string    `json:"phase,omitempty"`
	Profile     string    `json:"profile"`
	Transaction string    `json:"transaction"`
	Reader      string    `json:"reader"`
	Bind        bool      `json:"bind"`
	ArmedAt     time.Time `json:"armed_at"`
	// ExpiresAt is when the present state ends by itself; nil once ended.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	// EndedAt is when the terminal state was reached.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// Asked is what the phone is asked for, to be shown before the tap.
	Asked []AskedElement `json:"asked"`
	// Evidence tells that the claim will hold [Evidence].
	Evidence bool `json:"evidence,omitempty"`
	// Received names what a verified answer holds, without values.
	Received []ElementName `json:"received,omitempty"`
	// Outcome is what the issuer told when it acked, in time or after the end.
	Outcome Outcome `json:"outcome,omitempty"`
	// Code, UserMessage and Retry tell why a presentation ended without a result.
	Code        fault.Code `json:"code,omitempty"`
	UserMessage *Text      `json:"user_message,omitempty"`
	Retry       Retry      `json:"retry,omitempty"`
	// Check names the check of the verification that a rejected answer failed, as
	// package verify names it; those before it were passed. "" where no check failed,
	// and after a restart of the daemon.
	Check string `json:"check,omitempty"`
	// LastTap is the newest tap after which the presentation stayed armed.
	LastTap *Tap `json:"last_tap,omitempty"`
	// Warnings tell what was odd about a verified answer and, of a rejected one, that the
	// individual number came unasked.
	Warnings []Warning `json:"warnings,omitempty"`
	// Specimen tells that invented documents are accepted; such a presentation
	// must never lead to a real certificate.
	Specimen bool `json:"specimen"`
}

// A Tap is a tap that came to nothing while nothing had been asked of the phone.
type Tap struct {
	Code        fault.Code `json:"code"`
	UserMessage *Text      `json:"user_message,omitempty"`
	Retry       Retry      `json:"retry,omitempty"`
	At          time.Time  `json:"at"`
}

// A Warning is something that did not stop a presentation but should be known.
type Warning struct {
	Code        fault.Code `json:"code"`
	DocType     string     `json:"doc_type,omitempty"`
	Count       int        `json:"count,omitempty"` // of elements that it is about
	UserMessage *Text      `json:"user_message,omitempty"`
}

// An ElementName names a data element of a document.
type ElementName struct {
	DocType   string `json:"doc_type"`
	Namespace string `json:"namespace"`
	Element   string `json:"element"`
}

// An AskedElement is a data element that a profile asks for, and whether the
// issuer keeps it (intentToRetain of ISO/IEC 18013-5, 8.3.2.1.2.1).
type AskedElement struct {
	ElementName
	Label         Text  `json:"label"`
	Retain        bool  `json:"retain"`
	RetainPurpose *Text `json:"retain_purpose,omitempty"`
	RetainDays    int   `json:"retain_days,omitempty"`
}
