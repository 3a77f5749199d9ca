package vault

import (
	"bytes"
	"encoding/json"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// Claim hands out the attributes of a verified presentation as the JSON of an
// [api.Claim], once: to the owner, and while the lease lasts again under the same
// claim id, byte for byte. The caller owns the returned bytes and overwrites them
// when they are sent.
//
// It fails with the codes NotVerified (no result yet) and AlreadyClaimed (under
// another claim id), and with an [*EndedError] when the presentation has ended.
func (v *Vault) Claim(id, claimID string, uid uint32) ([]byte, error) {
	body, err := v.claim(id, claimID, uid)
	if err != nil {
		return nil, err
	}
	v.sync() // outside of the lock: a slow disk holds up this claim alone
	if err := v.stillClaimed(id, claimID); err != nil {
		clear(body)
		return nil, err
	}
	return body, nil
}

// stillClaimed refuses a claim whose presentation ended while the disk was waited
// for: nothing is handed out after the end.
func (v *Vault) stillClaimed(id, claimID string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.byID[id]
	if e == nil {
		return fault.New(fault.ClaimGone, "presentation has ended")
	}
	if v.settle(e); e.p.State != api.StateClaimed || e.claimID != claimID {
		return gone(e)
	}
	return nil
}

func (v *Vault) claim(id, claimID string, uid uint32) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.find(id, uid)
	if err != nil {
		return nil, err
	}
	switch e.p.State {
	case api.StateVerified:
		e.claimID = claimID
		e.p.State = api.StateClaimed
		v.schedule(e, time.Now(), v.opts.Lease)
		v.change(e)
	case api.StateClaimed:
		if e.claimID != claimID {
			return nil, fault.New(fault.AlreadyClaimed, "claimed under another claim id")
		}
	case api.StateArmed, api.StateReading:
		return nil, fault.New(fault.NotVerified, "presentation is %s", e.p.State)
	default:
		return nil, gone(e)
	}
	return e.claim()
}

// claim renders the answer to a claim. Everything in it is fixed from the first
// claim on, so every rendering is the same.
func (e *entry) claim() ([]byte, error) {
	head, err := json.Marshal(struct {
		PresentationID string    `json:"presentation_id"`
		Transaction    string    `json:"transaction"`
		Profile        string    `json:"profile"`
		ClaimID        string    `json:"claim_id"`
		LeaseExpiresAt time.Time `json:"lease_expires_at"`
		Specimen       bool      `json:"specimen"`
	}{e.p.ID, e.p.Transaction, e.p.Profile, e.claimID, *e.p.ExpiresAt, e.p.Specimen})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "rendering claim")
	}
	head = bytes.TrimSuffix(head, []byte("}"))
	const member, tail = `,"documents":`, "}\n"
	body := make([]byte, 0, len(head)+len(member)+len(e.arena)+len(tail))
	body = append(body, head...)
	body = append(body, member...)
	body = append(body, e.arena...)
	return append(body, tail...), nil
}

// Ack tells what became of a claim, wipes the attributes and ends the
// presentation. The same ack again is no error; another outcome under the same
// claim id is IdempotencyConflict.
//
// An ack that comes after the end, because printing took longer than the lease or
// the daemon was restarted under it, is kept too: what was handed out was handed
// out. The presentation stays in the state in which it ended, and tells the outcome.
//
// It fails with the code ClaimUnknown for a claim that was not made under that
// id, and with an [*EndedError] when the presentation ended without any.
func (v *Vault) Ack(id, claimID string, outcome api.Outcome, uid uint32) (api.Presentation, error) {
	p, err := v.ack(id, claimID, outcome, uid)
	if err == nil {
		v.sync()
	}
	return p, err
}

func (v *Vault) ack(id, claimID string, outcome api.Outcome, uid uint32) (api.Presentation, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.find(id, uid)
	if err != nil {
		return api.Presentation{}, err
	}
	switch {
	case e.claimID == "" && e.p.State.Ended():
		return api.Presentation{}, gone(e)
	case e.claimID == "" || e.claimID != claimID:
		return api.Presentation{}, fault.New(fault.ClaimUnknown, "no claim of that id was made")
	case e.p.Outcome != "" && e.p.Outcome != outcome:
		return api.Presentation{}, fault.New(fault.IdempotencyConflict, "acked with another outcome")
	case e.p.Outcome != "":
	case e.p.State == api.StateClaimed:
		e.p.Outcome = outcome
		v.end(e, api.StateAcked, fault.OK)
	default: // ended under the claim
		e.p.Outcome = outcome
		e.recorded = "" // the state is the same, but the ledger does not have this
		v.change(e)
	}
	return e.p, nil
}
