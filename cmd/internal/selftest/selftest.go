// Package selftest has the terminal prove itself: every primitive that a verdict
// rests on gives a published answer, specimen phones good and bad come to the
// verdict that each deserves, and a card that lies on a reader answers.
//
// It touches no file and no network. Its keys, documents and people are made for the
// run and exist nowhere else.
package selftest

import (
	"context"
	"time"

	"kazashi/session/fault"
)

// Group is what a check is about. Its text is stable.
type Group string

// The groups, in their order.
const (
	Primitives Group = "primitives" // known answers
	Taps       Group = "taps"       // whole taps on the in-process reader
	Card       Group = "card"       // an APDU to what lies on a reader of PC/SC
)

// A Result is how one check went.
type Result struct {
	Group Group
	// Name is stable and lower case, such as "ecdh P-256" or "tampered-element".
	Name string
	// Err is nil for a check that passed, and has the code [fault.SelfTestFailed] for one
	// that did not.
	Err error
	// Skipped is a check that was not made: because of Err, which has a code, or, where
	// that is nil, because nothing lies on the reader.
	Skipped bool
	// Note is what was measured or seen, where the check has more to tell than that it
	// passed.
	Note string
	Took time.Duration
}

// A check is one thing that is tried.
type check struct {
	name string
	run  func(ctx context.Context) (note string, err error)
}

// Run makes all checks that need no hardware, one after the other, and tells each
// result as soon as it is there. It ends early when ctx ends, and reports whether
// everything was tried and passed.
func Run(ctx context.Context, now time.Time, tell func(Result)) bool {
	passed := true
	groups := []struct {
		group  Group
		checks []check
	}{{Primitives, primitives()}, {Taps, taps(now)}}
	for _, g := range groups {
		for _, c := range g.checks {
			if ctx.Err() != nil {
				return false
			}
			r := c.result(ctx, g.group)
			passed = passed && r.Err == nil
			tell(r)
		}
	}
	return passed
}

func (c check) result(ctx context.Context, g Group) Result {
	began := time.Now()
	note, err := c.run(ctx)
	return Result{
		Group: g, Name: c.name, Note: note, Took: time.Since(began),
		Err: fault.Wrap(fault.SelfTestFailed, err, "%s", c.name),
	}
}
