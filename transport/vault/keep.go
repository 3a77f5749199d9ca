package vault

import (
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/ledger"
)

// Keep has every change of state recorded in a ledger from now on, and takes over
// what the ledger remembers of the runs before. What had not ended then is lost,
// with the code LostOnRestart: its attributes were in the memory of a process that
// is gone. Its reader is free. What had ended stays readable for what is left of
// its time, so that an ack whose answer got lost can be repeated.
//
// Keep is called once, before anything is armed. The vault's Close leaves the
// ledger open.
func (v *Vault) Keep(l *ledger.Ledger, remembered []ledger.Entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ledger = l
	now := time.Now()
	for _, r := range remembered {
		lost := !r.State.Ended()
		if !lost && now.Sub(r.At) > v.opts.KeepEnded {
			continue
		}
		e := restored(r)
		v.byID[r.ID] = e
		if lost {
			at := now.UTC().Round(0)
			e.p.State, e.p.Code, e.p.EndedAt = api.StateLost, fault.LostOnRestart, &at
			e.p.Version++
			v.record(e)
		}
		v.keepEnded(e)
	}
	l.Sync()
}

// restored is a presentation of a run before, as far as the ledger knows it.
func restored(r ledger.Entry) *entry {
	at := r.At
	return &entry{
		p: api.Presentation{
			ID: r.ID, Version: r.Version, State: r.State, Profile: r.Profile, Transaction: r.Transaction,
			Reader: r.Reader, ArmedAt: r.ArmedAt, EndedAt: &at, Asked: []api.AskedElement{},
			Outcome: r.Outcome, Code: r.Code, Specimen: r.Specimen,
		},
		owner:    r.Owner,
		claimID:  r.ClaimID,
		recorded: r.State,
		changed:  make(chan struct{}),
	}
}

// record writes a new state into the ledger. Phases of a tap are left out.
func (v *Vault) record(e *entry) {
	if v.ledger == nil || e.recorded == e.p.State {
		return
	}
	e.recorded = e.p.State
	at := time.Now().UTC().Round(0)
	if e.p.EndedAt != nil {
		at = *e.p.EndedAt
	}
	v.ledger.Record(ledger.Entry{
		ID: e.p.ID, Owner: e.owner, Transaction: e.p.Transaction, Profile: e.p.Profile, Reader: e.p.Reader,
		Specimen: e.p.Specimen, ArmedAt: e.p.ArmedAt, Version: e.p.Version, State: e.p.State, At: at,
		ClaimID: e.claimID, Outcome: e.p.Outcome, Code: e.p.Code,
	})
}
