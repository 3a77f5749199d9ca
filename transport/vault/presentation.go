package vault

import (
	"context"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// find returns the presentation of that id for its owner.
func (v *Vault) find(id string, uid uint32) (*entry, error) {
	e := v.byID[id]
	switch {
	case e == nil:
		return nil, fault.New(fault.PresentationNotFound, "no presentation of that id")
	case e.owner != uid:
		return nil, fault.New(fault.Forbidden, "presentation of another user")
	}
	v.settle(e)
	return e, nil
}

// Get returns a presentation to its owner. It fails with the codes
// PresentationNotFound and Forbidden, as everything does that takes an id.
func (v *Vault) Get(id string, uid uint32) (api.Presentation, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.find(id, uid)
	return view(e), err
}

// Past is a condition for [Vault.Wait]: the version is another than seen.
func Past(seen uint64) func(api.Presentation) bool {
	return func(p api.Presentation) bool { return p.Version != seen }
}

// Tapped is a condition for [Vault.Wait]: there is nothing to wait for in front of
// the reader any more.
func Tapped(p api.Presentation) bool {
	return p.State != api.StateArmed && p.State != api.StateReading
}

// Wait returns a presentation as soon as the condition holds, or it has ended.
// When ctx ends first it returns the presentation as it is.
func (v *Vault) Wait(ctx context.Context, id string, uid uint32, until func(api.Presentation) bool) (api.Presentation, error) {
	for {
		p, changed, err := v.watch(id, uid)
		if err != nil || until(p) || p.State.Ended() {
			return p, err
		}
		select {
		case <-ctx.Done():
			return p, nil
		case <-changed:
		}
	}
}

func (v *Vault) watch(id string, uid uint32) (api.Presentation, <-chan struct{}, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.find(id, uid)
	if err != nil {
		return api.Presentation{}, nil, err
	}
	return e.p, e.changed, nil
}

// Cancel ends a presentation, whatever it holds, and returns it. What has ended
// before stays as it ended: to cancel twice is no error.
func (v *Vault) Cancel(id string, uid uint32) (api.Presentation, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.find(id, uid)
	if err == nil {
		v.end(e, api.StateCancelled, fault.PresentationCancelled)
	}
	return view(e), err
}

// Release tells that the connection which armed a bound presentation is gone:
// the presentation is cancelled, unless it was claimed. A claimed one keeps its
// lease, since its certificate may be in the printer.
func (v *Vault) Release(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.byID[id]
	if e == nil || !e.p.Bind {
		return
	}
	if v.settle(e); e.p.State != api.StateClaimed {
		v.end(e, api.StateCancelled, fault.PresentationCancelled)
	}
}

// Lose ends the presentation that waits for a tap on a reader, or is in one: the
// reader is gone for good. Attributes that were verified before stay.
func (v *Vault) Lose(reader string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.live[reader]
	if e == nil {
		return
	}
	if v.settle(e); e.p.State == api.StateArmed || e.p.State == api.StateReading {
		v.end(e, api.StateLost, fault.CodeOf(err))
	}
}
