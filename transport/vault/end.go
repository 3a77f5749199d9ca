package vault

import (
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// An EndedError says how a presentation ended whose result was asked for. It
// unwraps to a fault with the code ClaimGone.
type EndedError struct {
	Current api.Summary // with the transaction: only its owner is told
}

func (e *EndedError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the fault.
func (e *EndedError) Unwrap() error {
	return fault.New(fault.ClaimGone, "presentation is %s", e.Current.State)
}

// gone is the error of who asks for the result of what has ended.
func gone(e *entry) error { return &EndedError{Current: e.ownSummary()} }

// ownSummary is a summary for the owner.
func (e *entry) ownSummary() api.Summary {
	summary := e.p.Summary()
	summary.Transaction = e.p.Transaction
	return summary
}

// endError says how an ended presentation ended, to the tap that it ended under.
func endError(p *api.Presentation) error {
	code := p.Code
	if code == "" {
		code = fault.ClaimGone
	}
	return fault.New(code, "presentation is %s", p.State)
}
