package vault

import (
	"time"

	"kazashi/session/fault"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

// A result is what a tap brings. Outside of tests there is one: verifiedResult.
type result interface {
	// appendDocuments appends the documents with all attributes as the JSON array of
	// api.Claim.Documents, and after it, where that is wanted, the member evidence. What it leaves of dst when that is too small is cleared.
	appendDocuments(dst []byte) ([]byte, error)
	received() []api.ElementName
	warnings() []api.Warning
	specimen() bool
	wipe()
}

// Offer ends a tap with its result. There is no other way for attributes into a
// vault, and a [verify.Verified] that holds any exists only when every check was
// passed. It belongs to the vault from now on: it is wiped before Offer returns,
// and the attributes are kept only as what a claim will hand out.
//
// When the presentation has ended meanwhile nothing is kept, and the error carries
// the code of that end. A result without documents, or with an invented document
// outside of specimen mode, ends the presentation as rejected.
func (a *Attempt) Offer(v *verify.Verified) error { return a.offer(verifiedResult{v, a.Evidence}) }

func (a *Attempt) offer(r result) error {
	arena, err := r.appendDocuments(nil)
	received, warnings := r.received(), r.warnings()
	switch {
	case err != nil:
	case len(received) == 0:
		err = fault.New(fault.Internal, "result without elements")
	case r.specimen() && !a.vault.opts.Specimen:
		err = fault.New(fault.SpecimenAnchor, "invented document outside of specimen mode")
	}
	r.wipe()

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
	a.vault.schedule(e, time.Now(), a.vault.opts.ReadyFor)
	a.finish(nil)
	a.vault.change(e)
	return nil
}
