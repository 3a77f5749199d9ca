package cli

import (
	"cmp"
	"fmt"
	"slices"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A tapSeries is what `kazashi tap --repeat N --json` writes.
type tapSeries struct {
	Taps    []tapResult `json:"taps"`
	Summary tapSummary  `json:"summary"`
}

// A tapSummary is a series in numbers.
type tapSummary struct {
	Taps     int          `json:"taps"`
	Verified int          `json:"verified"`
	Failures []tapFailure `json:"failures"` // the most frequent first
	// Medians are of the taps that were verified: how long each phase lasted, and
	// all of them together, from when the phone came.
	Medians []phaseMedian `json:"medians"`
}

type tapFailure struct {
	Code  fault.Code `json:"code"`
	Name  string     `json:"name"`
	Count int        `json:"count"`
}

type phaseMedian struct {
	Phase string `json:"phase"`
	MS    int64  `json:"ms"`
}

// allPhases is the sum of the phases in a summary.
const allPhases = "tap"

func (s *tapSeries) summarise() {
	s.Summary = tapSummary{Taps: len(s.Taps), Failures: []tapFailure{}, Medians: []phaseMedian{}}
	spent := map[string][]int64{}
	var order []string
	for _, tap := range s.Taps {
		if tap.State != api.StateVerified {
			s.Summary.fail(tap.reason())
			continue
		}
		s.Summary.Verified++
		for _, p := range tap.phases() {
			if spent[p.Phase] == nil {
				order = append(order, p.Phase)
			}
			spent[p.Phase] = append(spent[p.Phase], p.MS)
		}
	}
	for _, phase := range order {
		s.Summary.Medians = append(s.Summary.Medians, phaseMedian{phase, median(spent[phase])})
	}
	slices.SortStableFunc(s.Summary.Failures, func(a, b tapFailure) int { return cmp.Compare(b.Count, a.Count) })
}

func (s *tapSummary) fail(code fault.Code) {
	for i := range s.Failures {
		if s.Failures[i].Code == code {
			s.Failures[i].Count++
			return
		}
	}
	s.Failures = append(s.Failures, tapFailure{code, code.Slug(), 1})
}

// reason is why a tap was not verified. Where the time ran out after a tap that came to
// nothing, that tap is the reason.
func (r tapResult) reason() fault.Code {
	if r.LastTap != "" && r.State == api.StateExpired {
		return r.LastTap
	}
	return r.Code
}

// phases are how long each phase of the last try lasted, and all of them.
func (r tapResult) phases() []phaseMedian {
	var phases []phaseMedian
	for i, s := range r.Steps[:max(0, len(r.Steps)-1)] {
		switch {
		case s.State != api.StateReading:
			phases = nil // what came before was another try
		case s.Phase != "":
			phases = append(phases, phaseMedian{s.Phase, r.Steps[i+1].AtMS - s.AtMS})
		}
	}
	var sum int64
	for _, p := range phases {
		sum += p.MS
	}
	return append(phases, phaseMedian{allPhases, sum})
}

// median is the middle value, and the upper of two.
func median(values []int64) int64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func (a *app) showTurn(n, of int) {
	if n > 1 {
		a.out.line(plain, "")
	}
	a.out.line(bold, fmt.Sprintf(phrase{"-- %d / %d 回目", "-- tap %d of %d"}.in(a.lang), n, of))
}

func (a *app) showSeries(s tapSeries) {
	a.out.line(plain, "")
	tone := good
	if s.Summary.Verified < s.Summary.Taps {
		tone = bad
	}
	a.out.say(tone, "", fmt.Sprintf(phrase{
		"%d 回中 %d 回検証済み", "%[2]d of %[1]d taps verified"}.in(a.lang), s.Summary.Taps, s.Summary.Verified))
	if len(s.Summary.Failures) > 0 {
		t := &table{head: []string{
			phrase{"コード", "CODE"}.in(a.lang), phrase{"回数", "COUNT"}.in(a.lang), phrase{"名前", "NAME"}.in(a.lang),
		}}
		for _, f := range s.Summary.Failures {
			t.add(string(f.Code), fmt.Sprint(f.Count), f.Name)
		}
		a.out.table(t)
	}
	if len(s.Summary.Medians) > 0 {
		t := &table{head: []string{
			phrase{"段階", "PHASE"}.in(a.lang), phrase{"中央値", "MEDIAN"}.in(a.lang), phrase{"内容", "ABOUT"}.in(a.lang),
		}}
		for _, m := range s.Summary.Medians {
			t.add(m.Phase, fmt.Sprintf("%d ms", m.MS), phases[m.Phase].in(a.lang))
		}
		a.out.table(t)
	}
}
