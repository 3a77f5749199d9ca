package vault

import (
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A result is what a verified tap brings.
type result interface {
	// AppendDocuments appends the documents with all attributes as the JSON array of
	// api.Claim.Documents.
	AppendDocuments(dst []byte) ([]byte, error)
	// Received names the elements.
	Received() []api.ElementName
	Warnings() []api.Warning
	Specimen() bool
	// Wipe overwrites every attribute.
	Wipe()
}

// Offer ends a tap with its result, which belongs to the vault from now on: it is
// wiped before Offer returns, the attributes are kept only as what a claim will
// hand out. When the presentation has ended meanwhile nothing is kept and the
// error carries the code of that end.
func (a *Attempt) Offer(r result) error { return a.offer(r) }

func (a *Attempt) offer(r result) error {
	arena, err := r.AppendDocuments(nil)
	received, warnings, specimen := r.Received(), r.Warnings(), r.Specimen()
	r.Wipe()

	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	e := a.entry
	if !a.current() {
		clear(arena[:cap(arena)])
		if e.p.State.Ended() {
			return endError(&e.p)
		}
		return fault.New(fault.Internal, "result of a tap that was over")
	}
	if err != nil {
		clear(arena[:cap(arena)])
		a.vault.end(e, api.StateRejected, fault.CodeOf(err))
		return err
	}
	e.arena = arena
	e.p.State, e.p.Phase = api.StateVerified, ""
	e.p.Received, e.p.Warnings = received, warnings
	e.p.Specimen = e.p.Specimen || specimen
	a.vault.schedule(e, a.vault.opts.ReadyFor)
	a.finish(nil)
	a.vault.change(e)
	return nil
}
