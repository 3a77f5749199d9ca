package vault

import (
	"context"
	"errors"
	"time"

	"kazashi/session/fault"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

// An Attempt is one tap for an armed presentation. Exactly one of Again, Offer and
// Fail ends it; calls after the end, and calls after the presentation ended for
// another reason, change nothing.
type Attempt struct {
	ID       string // of the presentation
	Profile  string
	Asked    []api.AskedElement // what was shown when it was armed; not to be changed
	Evidence bool

	vault  *Vault
	entry  *entry
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// Begin starts a tap on a reader. It returns false when nothing is armed there:
// the tap is none of ours.
func (v *Vault) Begin(reader string) (*Attempt, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.live[reader]
	if e == nil {
		return nil, false
	}
	if v.settle(e); e.p.State != api.StateArmed {
		return nil, false
	}
	a := &Attempt{ID: e.p.ID, Profile: e.p.Profile, Asked: e.p.Asked, Evidence: e.p.Evidence, vault: v, entry: e}
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
	e.attempt = a
	e.p.State = api.StateReading
	v.change(e)
	return a, true
}

// Context ends when the tap is over. When the presentation ended under it
// (cancelled, expired, shutdown) the context's cause carries the code of that.
func (a *Attempt) Context() context.Context { return a.ctx }

// Progress tells how far the tap is, for those who watch.
func (a *Attempt) Progress(phase string) {
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	if a.current() && a.entry.p.Phase != phase {
		a.entry.p.Phase = phase
		a.vault.change(a.entry)
	}
}

// Again ends a tap before which nothing was asked of the phone: the presentation
// is armed again, for what is left of its time, and tells err's code as its last
// tap.
func (a *Attempt) Again(err error) {
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	if !a.current() {
		return
	}
	e := a.entry
	e.p.State, e.p.Phase = api.StateArmed, ""
	e.p.LastTap = &api.Tap{Code: fault.CodeOf(err), At: time.Now().UTC().Round(0)}
	a.finish(nil)
	a.vault.change(e)
}

// Fail ends a tap whose answer is not accepted, or that broke after something was
// asked of the phone: the presentation ends as rejected or as lost.
func (a *Attempt) Fail(err error) {
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	if !a.current() {
		return
	}
	code := fault.CodeOf(err)
	if code == fault.OK {
		code = fault.Internal
	}
	state := api.StateRejected
	if lost(code) {
		state = api.StateLost
	}
	a.entry.p.Warnings = alarms(err)
	if failure := new(verify.Failure); state == api.StateRejected && errors.As(err, &failure) {
		a.entry.p.Check = string(failure.Check)
	}
	a.vault.end(a.entry, state, code)
}

// alarms returns the warnings that concern the terminal and not the result that did
// not come: the individual number came, whatever else was wrong with the answer.
func alarms(err error) (alarms []api.Warning) {
	var failure *verify.Failure
	if !errors.As(err, &failure) {
		return nil
	}
	for _, w := range failure.Warnings {
		if w.Code == fault.ForbiddenElementReceived {
			alarms = append(alarms, warning(w))
		}
	}
	return alarms
}

// lost reports whether a code says that the other side, or the way to it, went
// away, rather than that something was wrong with the answer.
func lost(code fault.Code) bool {
	switch code {
	case fault.MalformedAPDU:
		return false
	case fault.TransferStalled, fault.ShuttingDown:
		return true
	}
	return len(code) == len(fault.OK) && code[:4] == "KZ-1"
}

// current reports whether the presentation is still in this tap.
func (a *Attempt) current() bool {
	if a.entry.attempt == a {
		a.vault.settle(a.entry)
	}
	return a.entry.attempt == a
}

func (a *Attempt) finish(cause error) {
	a.entry.attempt = nil
	a.cancel(cause)
}
