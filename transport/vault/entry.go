package vault

import (
	"slices"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A key is an idempotency key in its owner's name space.
type key struct {
	owner uint32
	name  string
}

// An entry is one presentation. The vault's lock guards it.
type entry struct {
	p        api.Presentation // slices and pointers in it are replaced, never changed
	owner    uint32
	key      key      // zero name: none
	request  [32]byte // what was asked for under key
	attempt  *Attempt // the tap under way
	claimID  string
	arena    []byte    // documents in JSON: every attribute that the vault holds
	recorded api.State // the newest state in the ledger
	deadline time.Time
	timer    *time.Timer
	changed  chan struct{} // closed at the next change
}

// settle ends e when its time is over. The timer would do so as well, but may
// come late on a busy machine; everything that looks at e calls settle first.
func (v *Vault) settle(e *entry) {
	if !e.p.State.Ended() && !time.Now().Before(e.deadline) {
		code := fault.PresentationExpired
		if e.p.State == api.StateArmed && e.p.LastTap != nil && v.opts.Hopeless(e.p.LastTap.Code) {
			code = e.p.LastTap.Code // the last screen is that of the phone which cannot do it
		}
		v.end(e, api.StateExpired, code)
	}
}

// schedule makes e end d after now, unless it moves on before.
func (v *Vault) schedule(e *entry, now time.Time, d time.Duration) {
	if e.timer != nil {
		e.timer.Stop()
	}
	e.deadline = now.Add(d)
	at := e.deadline.UTC().Round(0)
	e.p.ExpiresAt = &at
	e.timer = time.AfterFunc(time.Until(e.deadline), func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.settle(e)
	})
}

// change makes a change of e known.
func (v *Vault) change(e *entry) {
	e.p.Version++
	v.record(e)
	close(e.changed)
	e.changed = make(chan struct{})
	summary := e.p.Summary()
	v.opts.Feed.Publish(api.Event{Type: api.EventPresentation, Presentation: &summary})
}

// end brings e into a terminal state: the attributes are overwritten, the tap
// under way is told, the reader is free. For what has ended it does nothing.
func (v *Vault) end(e *entry, state api.State, code fault.Code) {
	if e.p.State.Ended() {
		return
	}
	now := time.Now().UTC().Round(0)
	e.wipe()
	e.timer.Stop()
	e.p.State, e.p.Phase, e.p.ExpiresAt, e.p.EndedAt = state, "", nil, &now
	if code != fault.OK {
		e.p.Code = code
	}
	delete(v.live, e.p.Reader)
	v.change(e)
	v.opts.Ended(e.p.Profile, e.p.State, e.p.Code)
	if a := e.attempt; a != nil {
		e.attempt = nil
		a.cancel(endError(&e.p))
	}
	v.keepEnded(e)
}

// keepEnded keeps what has ended readable for a while.
func (v *Vault) keepEnded(e *entry) {
	v.ended = append(v.ended, e)
	v.makeRoom(e.owner)
	if !v.closed {
		e.timer = time.AfterFunc(v.opts.KeepEnded, func() {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.forget(e)
		})
	}
}

// makeRoom forgets the oldest of what has ended when an owner has more than its
// share, or all together have more than there is room for. The latter costs the
// owner who holds the most: nobody drives out the records of another by being busy.
func (v *Vault) makeRoom(owner uint32) {
	held := make(map[uint32]int)
	for _, e := range v.ended {
		held[e.owner]++
	}
	if held[owner] <= v.opts.MaxEndedEach {
		if len(v.ended) <= v.opts.MaxEnded {
			return
		}
		for other, n := range held {
			if n > held[owner] {
				owner = other
			}
		}
	}
	v.forget(v.ended[slices.IndexFunc(v.ended, func(e *entry) bool { return e.owner == owner })])
}

// forget drops what has ended.
func (v *Vault) forget(e *entry) {
	e.timer.Stop()
	delete(v.byID, e.p.ID)
	if e.key.name != "" {
		delete(v.byKey, e.key)
	}
	if i := slices.Index(v.ended, e); i == 0 { // nearly always: they end in this order
		v.ended[0], v.ended = nil, v.ended[1:]
	} else if i > 0 {
		v.ended = slices.Delete(v.ended, i, i+1)
	}
}

// wipe overwrites the attributes.
func (e *entry) wipe() {
	clear(e.arena[:cap(e.arena)])
	e.arena = nil
}
