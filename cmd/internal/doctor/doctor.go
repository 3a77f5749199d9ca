// Package doctor finds out what keeps a terminal from working, and what to do about
// it, whether the daemon runs or not.
//
// It is a table of checks in the order in which they depend on each other: a clock
// before the certificates that are judged by it, pcscd before the readers behind it.
// Each check has two halves. Its probe looks at the machine, under a deadline of its
// own and beside all others that it does not wait for; its verdict is a pure function
// of what the probes saw. A check behind a broken one is not looked at, and says because of
// which code; so the first failure of a [Report] is the cause and not a consequence.
//
// Nothing is changed. Readers are looked at without a connection, so that no tap is
// disturbed; only while the daemon is down they are asked about themselves.
package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// Budget is how long an examination takes at most, however many services hang. Every
// probe has a shorter deadline of its own.
const Budget = 1900 * time.Millisecond

// A State is the outcome of a check.
type State string

// The outcomes. The values are part of the JSON of `kazashi doctor` and stay as they are.
const (
	OK       State = "ok"
	Warning  State = "warning"  // it works, but someone should look
	Failed   State = "failed"   // it does not work
	Blocked  State = "blocked"  // not looked at, because of something broken before it
	Unseen   State = "unseen"   // this user, or this machine, does not let it be seen
	Unneeded State = "unneeded" // does not apply to this terminal
)

// A Finding is one thing that is wrong.
type Finding struct {
	Code    fault.Code
	Warning bool
	// Seen is what was seen, without a full stop.
	Seen message.Text
	// Do is what to do about it, where that is more than the catalogue's remedy.
	Do message.Text
	// Run are commands to copy, in the order in which they help.
	Run []string
}

// Remedy returns what to do: that of the finding, else the catalogue's.
func (f Finding) Remedy() message.Text {
	if f.Do != (message.Text{}) {
		return f.Do
	}
	return message.Lookup(f.Code).Remedy
}

// A Verdict is what a check makes of what was seen.
type Verdict struct {
	// State counts where there are no findings; the zero value is OK then.
	State State
	// Note says in a few words what was seen, also what failed.
	Note     message.Text
	Findings []Finding
	// Hidden says what could not be seen, and How the command that would see it.
	Hidden message.Text
	How    string
}

// A Check is one row of the table. Its functions may be called at the same time as
// those of other checks.
type Check struct {
	ID   string
	Name message.Text
	// Needs are checks without which this one cannot be looked at: it is blocked when
	// one of them failed or is blocked.
	Needs []string
	// Follows are checks of which a failure of this one is the consequence.
	Follows []string
	// Reads are the checks whose probes this one's probe waits for.
	Reads []string
	// Within bounds the probe. Its context ends a sixth of that earlier, so that it can
	// note what it saw.
	Within time.Duration
	// Probe looks at the machine and returns what notes that; nil for a check that
	// judges what others saw. It gets a copy of what was seen so far. What comes after
	// its deadline is dropped.
	Probe func(ctx context.Context, w *World, seen Facts) (note func(*Facts))
	// Judge is pure.
	Judge func(f *Facts) Verdict
}

// A Row is one check with its outcome.
type Row struct {
	Check   *Check
	State   State
	Because fault.Code // of a blocked check
	Verdict
}

// A Report is one examination.
type Report struct {
	At   time.Time
	Rows []Row
}

// First returns the finding to begin with, that of the first failed check, else of
// the first warning, and the row it is of. It is false when nothing is wrong.
func (r Report) First() (Finding, *Row, bool) {
	for _, state := range []State{Failed, Warning} {
		for i := range r.Rows {
			row := &r.Rows[i]
			if row.State != state {
				continue
			}
			for _, f := range row.Findings {
				if f.Warning == (state == Warning) {
					return f, row, true
				}
			}
		}
	}
	return Finding{}, nil, false
}

// Count returns how many checks came out as state.
func (r Report) Count(state State) int {
	n := 0
	for _, row := range r.Rows {
		if row.State == state {
			n++
		}
	}
	return n
}

// State returns the worst of all checks: Failed, Warning or OK. What was not seen is
// no reason for another than OK.
func (r Report) State() State {
	switch {
	case r.Count(Failed) > 0:
		return Failed
	case r.Count(Warning) > 0:
		return Warning
	}
	return OK
}

// Examine looks at the machine and returns a row for every check of the table. It
// takes no longer than [Budget], and less when ctx ends before.
func Examine(ctx context.Context, w *World) Report {
	return Judge(table, probe(ctx, table, w))
}

// probe runs every probe and returns what they saw in time.
func probe(ctx context.Context, checks []Check, w *World) *Facts {
	ctx, cancel := context.WithTimeout(ctx, Budget)
	defer cancel()
	var mu sync.Mutex
	facts := &Facts{At: w.Now(), Late: map[string]bool{}, Who: w.Who}
	done := make(map[string]chan struct{}, len(checks))
	for _, c := range checks {
		done[c.ID] = make(chan struct{})
	}
	for _, c := range checks {
		go func() {
			defer close(done[c.ID])
			for _, id := range c.Reads {
				<-done[id] // each ends within its deadline
			}
			if c.Probe == nil {
				return
			}
			mu.Lock()
			seen := *facts
			mu.Unlock()
			within, cancel := context.WithTimeout(ctx, c.Within)
			defer cancel()
			// What a probe saw until its own time is over is worth having.
			own, end := context.WithTimeout(within, c.Within-c.Within/6)
			defer end()
			noted := make(chan func(*Facts), 1)
			go func() { noted <- c.Probe(own, w, seen) }()
			select {
			case note := <-noted:
				mu.Lock()
				defer mu.Unlock()
				if note != nil {
					note(facts)
				}
			case <-within.Done():
				mu.Lock()
				defer mu.Unlock()
				facts.Late[c.ID] = true
			}
		}()
	}
	for _, c := range checks {
		<-done[c.ID]
	}
	return facts
}

// Judge applies a table to what was seen. It does nothing else.
func Judge(checks []Check, f *Facts) Report {
	r := Report{At: f.At}
	f.Told = nil
	broken := map[string]fault.Code{}
	for i := range checks {
		c := &checks[i]
		row := Row{Check: c}
		if code, ok := first(broken, c.Needs); ok {
			row.State, row.Because = Blocked, code
			broken[c.ID] = code
			r.Rows = append(r.Rows, row)
			continue
		}
		row.Verdict = c.Judge(f)
		if f.Late[c.ID] && len(row.Findings) == 0 {
			row.Verdict = late(c)
		}
		row.State = stateOf(row.Verdict)
		if row.State == Failed {
			broken[c.ID] = failureOf(row.Findings)
			if code, ok := first(broken, c.Follows); ok {
				row = Row{Check: c, State: Blocked, Because: code, Verdict: Verdict{Note: row.Note}}
				broken[c.ID] = code
			}
		}
		f.Told = append(f.Told, row.Findings...)
		r.Rows = append(r.Rows, row)
	}
	return r
}

// first returns the code of the first of ids that is broken.
func first(broken map[string]fault.Code, ids []string) (fault.Code, bool) {
	for _, id := range ids {
		if code, ok := broken[id]; ok {
			return code, true
		}
	}
	return "", false
}

func stateOf(v Verdict) State {
	state := v.State
	if state == "" {
		state = OK
	}
	for _, f := range v.Findings {
		if !f.Warning {
			return Failed
		}
		state = Warning
	}
	return state
}

func failureOf(findings []Finding) fault.Code {
	for _, f := range findings {
		if !f.Warning {
			return f.Code
		}
	}
	return fault.Internal
}

// late is the verdict of a check whose probe did not end in time and that makes
// nothing of it.
func late(c *Check) Verdict {
	return Verdict{Findings: []Finding{{
		Code: fault.CheckLate, Warning: true,
		Seen: both("%sに終わりませんでした", "not done within %s", c.Within),
	}}}
}

// both is a text in both languages with the same arguments.
func both(ja, en string, args ...any) message.Text {
	if len(args) == 0 {
		return message.Text{Ja: ja, En: en}
	}
	return message.Text{Ja: fmt.Sprintf(ja, args...), En: fmt.Sprintf(en, args...)}
}

// same is a text that needs no translation, such as a path.
func same(text string) message.Text { return message.Text{Ja: text, En: text} }
