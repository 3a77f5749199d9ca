package cli

import (
	"time"

	"kazashi/cmd/internal/doctor"
	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// An examination is what `kazashi doctor --json` writes; with --watch, one in a line.
type examination struct {
	At    time.Time    `json:"at"`
	State doctor.State `json:"state"` // "ok", "warning" or "failed"
	Exit  int          `json:"exit"`
	// First is the code to begin with: the cause, absent when nothing is wrong.
	First  fault.Code  `json:"first,omitempty"`
	Checks []checkJSON `json:"checks"`
}

// checkJSON is one check, in the order in which they depend on each other.
type checkJSON struct {
	ID       string        `json:"id"`
	Name     phrase        `json:"name"`
	State    doctor.State  `json:"state"`
	Because  fault.Code    `json:"because,omitempty"` // of a blocked one
	Note     *phrase       `json:"note,omitempty"`
	Findings []findingOne  `json:"findings"`
	Hidden   *hiddenMatter `json:"hidden,omitempty"`
}

// A findingOne is one thing that is wrong.
type findingOne struct {
	Code    fault.Code `json:"code"`
	Name    string     `json:"name"` // the code in words
	Warning bool       `json:"warning"`
	Seen    phrase     `json:"seen"`
	Cause   phrase     `json:"cause"`
	Remedy  phrase     `json:"remedy"`
	Run     []string   `json:"run"`
}

// A hiddenMatter is what could not be seen, and the command that would see it.
type hiddenMatter struct {
	What phrase `json:"what"`
	How  string `json:"how"`
}

func examinationOf(r doctor.Report) examination {
	x := examination{At: r.At.UTC(), State: r.State(), Exit: examinationExit(r), Checks: []checkJSON{}}
	if first, _, ok := r.First(); ok {
		x.First = first.Code
	}
	for _, row := range r.Rows {
		c := checkJSON{
			ID: row.Check.ID, Name: phrase(row.Check.Name), State: row.State, Because: row.Because, Findings: []findingOne{},
		}
		if row.Note != (message.Text{}) {
			note := phrase(row.Note)
			c.Note = &note
		}
		if row.Hidden != (message.Text{}) {
			c.Hidden = &hiddenMatter{phrase(row.Hidden), row.How}
		}
		for _, f := range row.Findings {
			c.Findings = append(c.Findings, findingOne{
				Code: f.Code, Name: f.Code.Slug(), Warning: f.Warning, Seen: phrase(f.Seen),
				Cause: phrase(message.Lookup(f.Code).Cause), Remedy: phrase(f.Remedy()), Run: append([]string{}, f.Run...),
			})
		}
		x.Checks = append(x.Checks, c)
	}
	return x
}
