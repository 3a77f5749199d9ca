// Package vault holds presentations and what became of them. It is the only
// place where the attributes of a person wait, and it is built so that nobody
// gets those of another:
//
//   - A presentation belongs to one issuer (a uid), one transaction and one
//     reader; a result has no other name than its presentation's. There is no
//     "last result".
//   - A reader has at most one presentation that has not ended. Results that were
//     not claimed, or not acked, hold the reader too: the next person can be
//     served only after the last one's attributes are gone. An issuer that wants
//     the reader back at once acks or cancels.
//   - Exactly one claim succeeds. The same claim id gets the same bytes again
//     while its lease lasts; there is no redelivery after that.
//   - Attributes are kept as one piece of memory, which is overwritten when the
//     presentation ends, however it ends.
//
// The states are those of [api.State]. Times run on the monotonic clock, so that
// a stepped wall clock moves none of them.
//
// With a ledger every state is on disk before anyone is told of it, and claim and
// ack wait until the disk has it for certain. See [Vault.Keep].
package vault

import (
	"sync"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/feed"
	"kazashi/transport/ledger"
)

// Options are the vault's times and bounds. A zero field takes the default that
// stands beside it.
type Options struct {
	ReadyFor       time.Duration // how long verified attributes wait for a claim; 30 s
	Lease          time.Duration // how long a claim can be repeated and acked; 30 s
	DefaultTimeout time.Duration // of an order that says none; 60 s
	MaxTimeout     time.Duration // of any order; 5 min
	KeepEnded      time.Duration // how long an ended presentation stays readable; 10 min
	MaxEnded       int           // how many ended presentations stay readable; 4096
	MaxEndedEach   int           // how many of them of one owner; 512
	// Hopeless tells that another tap after one of this code ends the same way. A
	// presentation that is still armed when its time is over, after such a tap, ends
	// with that code rather than with PresentationExpired; nil: none is.
	Hopeless func(fault.Code) bool
	// Ended, when set, is told of every presentation that ends, once, with the vault's
	// lock held: it must be quick and must not call back.
	Ended func(profile string, state api.State, code fault.Code)
	// Specimen marks every presentation and claim as worth nothing outside tests.
	Specimen bool
	// Feed is told of every change; nil makes one.
	Feed *feed.Log
}

func (o Options) withDefaults() Options {
	duration := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	duration(&o.ReadyFor, 30*time.Second)
	duration(&o.Lease, 30*time.Second)
	duration(&o.DefaultTimeout, 60*time.Second)
	duration(&o.MaxTimeout, 5*time.Minute)
	duration(&o.KeepEnded, 10*time.Minute)
	if o.MaxEnded <= 0 {
		o.MaxEnded = 4096
	}
	if o.MaxEndedEach <= 0 {
		o.MaxEndedEach = 512
	}
	if o.Hopeless == nil {
		o.Hopeless = func(fault.Code) bool { return false }
	}
	if o.Ended == nil {
		o.Ended = func(string, api.State, fault.Code) {}
	}
	if o.Feed == nil {
		o.Feed = feed.New(0)
	}
	return o
}

// A book is what the vault needs of a [ledger.Ledger].
type book interface {
	Record(e ledger.Entry)
	Sync() // returns when what was recorded is on disk, or cannot be
}

// sync waits for the disk.
func (v *Vault) sync() {
	v.mu.Lock()
	l := v.ledger
	v.mu.Unlock()
	if l != nil {
		l.Sync()
	}
}

// A Vault holds presentations. It is safe for use by many goroutines.
type Vault struct {
	opts Options

	mu     sync.Mutex
	closed bool
	ledger book // nil for none
	byID   map[string]*entry
	byKey  map[key]*entry    // idempotency keys of everything in byID
	live   map[string]*entry // by reader: the presentation that has not ended
	ended  []*entry          // oldest first
}

// New returns an empty vault.
func New(opts Options) *Vault {
	return &Vault{
		opts:  opts.withDefaults(),
		byID:  make(map[string]*entry),
		byKey: make(map[key]*entry),
		live:  make(map[string]*entry),
	}
}

// Feed returns the log that is told of every change.
func (v *Vault) Feed() *feed.Log { return v.opts.Feed }

// MaxTimeout is the longest time for which a presentation can be armed.
func (v *Vault) MaxTimeout() time.Duration { return v.opts.MaxTimeout }

// Active returns what has not ended.
func (v *Vault) Active() []api.Summary {
	v.mu.Lock()
	defer v.mu.Unlock()
	active := make([]api.Summary, 0, len(v.live))
	for _, e := range v.live {
		if v.settle(e); !e.p.State.Ended() {
			active = append(active, e.p.Summary())
		}
	}
	return active
}

// Close ends every presentation as lost, with the code ShuttingDown, wipes all
// attributes and closes the feed. What was handed out before stays handed out;
// nothing is handed out after.
func (v *Vault) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.closed = true
	for _, e := range v.live {
		v.end(e, api.StateLost, fault.ShuttingDown)
	}
	for _, e := range v.ended {
		e.timer.Stop()
	}
	v.opts.Feed.Publish(api.Event{Type: api.EventShutdown})
	v.opts.Feed.Close()
}
