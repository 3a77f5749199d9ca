package vault

import (
	"crypto/rand"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// An Order is what a presentation is armed with.
type Order struct {
	Profile     string
	Transaction string
	Reader      string
	Timeout     time.Duration // 0: Options.DefaultTimeout; more than MaxTimeout is cut to it
	Owner       uint32        // uid of the issuer
	Bound       bool          // ends by [Vault.Release] unless claimed
	Asked       []api.AskedElement
	Evidence    bool // the claim holds what an independent check needs

	// IdempotencyKey, when set, makes the owner's second order of that key return
	// the presentation of the first, as long as that can be read.
	IdempotencyKey string
	// Request is a digest of what was asked for under the key: another digest under
	// the same key is refused.
	Request [32]byte
}

// An ActiveError says which presentation holds the reader. It unwraps to a fault
// with the code PresentationActive.
type ActiveError struct {
	Current api.Summary // with the transaction if it is the orderer's own
}

func (e *ActiveError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the fault.
func (e *ActiveError) Unwrap() error {
	return fault.New(fault.PresentationActive, "reader has a presentation that is %s", e.Current.State)
}

// Arm makes a presentation. It returns false with the first presentation of an
// idempotency key that was used before. It fails with an [*ActiveError] while the
// reader has a presentation that has not ended, and with the codes
// IdempotencyConflict and ShuttingDown.
func (v *Vault) Arm(o Order) (api.Presentation, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e, err := v.replay(o.Owner, o.IdempotencyKey, o.Request); e != nil || err != nil {
		return view(e), false, err
	}
	if v.closed {
		return api.Presentation{}, false, fault.New(fault.ShuttingDown, "no presentation is armed any more")
	}
	if e := v.live[o.Reader]; e != nil {
		if v.settle(e); !e.p.State.Ended() {
			if e.owner == o.Owner {
				return api.Presentation{}, false, &ActiveError{Current: e.ownSummary()}
			}
			return api.Presentation{}, false, &ActiveError{Current: e.p.Summary()}
		}
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = v.opts.DefaultTimeout
	}
	now := time.Now()
	e := &entry{
		p: api.Presentation{
			ID: rand.Text(), State: api.StateArmed, Profile: o.Profile, Transaction: o.Transaction,
			Reader: o.Reader, Bind: o.Bound, ArmedAt: now.UTC().Round(0),
			Asked: append([]api.AskedElement{}, o.Asked...), Evidence: o.Evidence, Specimen: v.opts.Specimen,
		},
		owner:   o.Owner,
		request: o.Request,
		changed: make(chan struct{}),
	}
	if o.IdempotencyKey != "" {
		e.key = key{o.Owner, o.IdempotencyKey}
		v.byKey[e.key] = e
	}
	v.byID[e.p.ID], v.live[o.Reader] = e, e
	v.schedule(e, now, min(timeout, v.opts.MaxTimeout))
	v.change(e)
	return e.p, true, nil
}

// Replayed returns the presentation that the owner armed under an idempotency key
// before, if there is one. The code IdempotencyConflict means that something else
// was asked for under that key.
func (v *Vault) Replayed(owner uint32, idempotencyKey string, request [32]byte) (api.Presentation, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, err := v.replay(owner, idempotencyKey, request)
	return view(e), e != nil, err
}

func (v *Vault) replay(owner uint32, name string, request [32]byte) (*entry, error) {
	e := v.byKey[key{owner, name}]
	if name == "" || e == nil {
		return nil, nil
	}
	if e.request != request {
		return nil, fault.New(fault.IdempotencyConflict, "the key stands for another request")
	}
	v.settle(e)
	return e, nil
}

func view(e *entry) api.Presentation {
	if e == nil {
		return api.Presentation{}
	}
	return e.p
}
