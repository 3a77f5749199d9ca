package doctor

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
)

// judged is a check that came out as v.
func judged(id string, v Verdict, needs ...string) Check {
	return Check{ID: id, Needs: needs, Judge: func(*Facts) Verdict { return v }}
}

func broken(code fault.Code) Verdict { return Verdict{Findings: []Finding{{Code: code}}} }

func states(r Report) map[string]string {
	all := map[string]string{}
	for _, row := range r.Rows {
		all[row.Check.ID] = string(row.State) + string(row.Because)
	}
	return all
}

func TestNothingBehindABrokenThingIsBlamed(t *testing.T) {
	follower := judged("follower", broken(fault.SocketUnavailable))
	follower.Follows = []string{"broken"}
	sound := judged("sound", Verdict{})
	sound.Follows = []string{"broken"}
	r := Judge([]Check{
		judged("broken", broken(fault.ConfigInvalid)),
		judged("behind", broken(fault.ProfileInvalid), "broken"),
		judged("far behind", broken(fault.NoAnchor), "behind"),
		follower, sound,
		judged("behind the follower", Verdict{}, "follower"),
		judged("beside", broken(fault.ReaderServiceDown)),
		judged("warned", Verdict{Findings: []Finding{{Code: fault.DiskLow, Warning: true}}}),
		judged("behind a warning", Verdict{State: Unseen}, "warned"),
	}, &Facts{})
	want := map[string]string{
		"broken": "failed", "behind": "blockedKZ-702", "far behind": "blockedKZ-702", "follower": "blockedKZ-702", "sound": "ok",
		"behind the follower": "blockedKZ-702", "beside": "failed", "warned": "warning", "behind a warning": "unseen",
	}
	if diff := cmp.Diff(want, states(r)); diff != "" {
		t.Error(diff)
	}
	if first, row, ok := r.First(); !ok || first.Code != fault.ConfigInvalid || row.Check.ID != "broken" {
		t.Errorf("first is %+v of %+v", first, row)
	}
}

func TestTheFirstIsAFailureBeforeAnyWarning(t *testing.T) {
	r := Judge([]Check{
		judged("warned", Verdict{Findings: []Finding{{Code: fault.ClockFree, Warning: true}}}),
		judged("both", Verdict{Findings: []Finding{{Code: fault.AnchorEnding, Warning: true}, {Code: fault.NoAnchor}}}),
	}, &Facts{})
	if first, _, _ := r.First(); first.Code != fault.NoAnchor || r.State() != Failed {
		t.Errorf("%+v, %s", first, r.State())
	}
	r.Rows = r.Rows[:1]
	if first, _, _ := r.First(); first.Code != fault.ClockFree || r.State() != Warning {
		t.Errorf("%+v, %s", first, r.State())
	}
	if _, _, ok := (Report{}).First(); ok || (Report{}).State() != OK {
		t.Error("something is wrong with nothing")
	}
}

// However many probes hang, and whatever waits for them, the report comes within the
// budget, and says of which check it knows nothing.
func TestProbesThatHangAreLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		hang := func(context.Context, *World, Facts) func(*Facts) { <-release; return nil }
		checks := Checks()
		for i := range checks {
			if checks[i].Probe != nil {
				checks[i].Probe = hang
			}
		}
		began := time.Now()
		f := probe(t.Context(), checks, &World{Now: time.Now})
		if took := time.Since(began); took > Budget {
			t.Errorf("it took %s", took)
		}
		for _, c := range checks {
			if c.Probe != nil && !f.Late[c.ID] {
				t.Errorf("%s is not late", c.ID)
			}
		}
		r := Judge(checks, f)
		if first, _, ok := r.First(); !ok || first.Code == fault.Internal {
			t.Errorf("first is %+v", first)
		}
	})
}

// What a probe notes after its deadline changes nothing any more.
func TestALateNoteIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		slow := Check{ID: "slow", Within: time.Second, Probe: func(context.Context, *World, Facts) func(*Facts) {
			<-release
			return func(f *Facts) { f.Config.Path = "late" }
		}, Judge: func(*Facts) Verdict { return Verdict{} }}
		f := probe(t.Context(), []Check{slow}, &World{Now: time.Now})
		close(release)
		synctest.Wait()
		r := Judge([]Check{slow}, f)
		if f.Config.Path != "" || r.Rows[0].State != Warning || r.Rows[0].Findings[0].Code != fault.CheckLate {
			t.Errorf("%q, %+v", f.Config.Path, r.Rows[0])
		}
	})
}

// Each check stands behind everything that it names, so that one pass judges them all
// and no probe waits for ever.
func TestTheTableIsInOrder(t *testing.T) {
	var before []string
	for _, c := range table {
		for _, id := range slices.Concat(c.Needs, c.Follows) {
			if !slices.Contains(before, id) {
				t.Errorf("%s comes before %s", c.ID, id)
			}
		}
		if c.Name.Ja == "" || c.Name.En == "" || c.Judge == nil || (c.Probe != nil) != (c.Within > 0) {
			t.Errorf("%s is not complete", c.ID)
		}
		if slices.Contains(before, c.ID) {
			t.Errorf("%s stands twice", c.ID)
		}
		before = append(before, c.ID)
	}
	for _, c := range table {
		if w := waits(t, c, nil); w > Budget {
			t.Errorf("%s may take %s", c.ID, w)
		}
	}
}

// waits returns how long it may take until a check's probe has ended.
func waits(t *testing.T, c Check, path []string) time.Duration {
	t.Helper()
	if slices.Contains(path, c.ID) {
		t.Fatalf("%v wait for each other", path)
	}
	longest := time.Duration(0)
	for _, id := range c.Reads {
		i := slices.IndexFunc(table, func(other Check) bool { return other.ID == id })
		longest = max(longest, waits(t, table[i], append(path, c.ID)))
	}
	return longest + c.Within
}
