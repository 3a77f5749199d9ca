package api

import (
	"time"

	"kazashi/session/fault"
)

// ProblemType is what stands before the code in a problem's type.
const ProblemType = "urn:kazashi:problem:"

// A Problem is the body of every answer with a status of 400 and more
// (RFC 9457, application/problem+json).
type Problem struct {
	Type   string `json:"type"`  // ProblemType and the code's name in words
	Title  string `json:"title"` // the code's name in words
	Status int    `json:"status"`
	// Detail is for technicians and developers; it repeats nothing that was sent.
	Detail      string     `json:"detail,omitempty"`
	Code        fault.Code `json:"code"`
	UserMessage Text       `json:"user_message"`
	Retry       Retry      `json:"retry"`
	// Current is the presentation that stands in the way, or that has ended; UserMessage
	// and Retry are those of its end then.
	Current *Summary `json:"current,omitempty"`
}

// A Summary is as much of a presentation as everyone who may talk to the daemon
// can see: no transaction, no element names. In a problem about a presentation of
// the caller's own it has the transaction.
type Summary struct {
	ID      string `json:"id"`
	Version uint64 `json:"version"`
	State   State  `json:"state"`
	Phase   string `json:"phase,omitempty"`
	Profile string `json:"profile"`
	// Transaction is empty but in problems about the caller's own presentation.
	Transaction string     `json:"transaction,omitempty"`
	Reader      string     `json:"reader"`
	Code        fault.Code `json:"code,omitempty"`
	Retry       Retry      `json:"retry,omitempty"` // of Code
	LastTap     *Tap       `json:"last_tap,omitempty"`
	ArmedAt     time.Time  `json:"armed_at"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
	Specimen    bool       `json:"specimen"`
}

// Summary returns what may be seen of p by everyone.
func (p *Presentation) Summary() Summary {
	return Summary{
		ID: p.ID, Version: p.Version, State: p.State, Phase: p.Phase,
		Profile: p.Profile, Reader: p.Reader, Code: p.Code, LastTap: p.LastTap,
		ArmedAt: p.ArmedAt, ExpiresAt: p.ExpiresAt, Specimen: p.Specimen,
	}
}
