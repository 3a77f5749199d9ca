package cli

import (
	"slices"

	"kazashi/session/verify"
	"kazashi/transport/api"
)

// A checkResult is what came of one check of the verification.
type checkResult string

// What can come of a check.
const (
	checkOK         checkResult = "ok"
	checkFailed     checkResult = "failed"
	checkNotReached checkResult = "not-reached"
)

// A tapCheck is one check in `kazashi tap --json`, in the order in which they are made.
type tapCheck struct {
	Check  verify.Check `json:"check"`
	Result checkResult  `json:"result"`
}

// checksOf are all checks with what came of them in a presentation: of one that failed
// no check, and was not verified either, none was reached.
func checksOf(p api.Presentation) []tapCheck {
	all := verify.Checks()
	passed, failed := 0, slices.Index(all, verify.Check(p.Check))
	switch {
	case p.State == api.StateVerified, p.State == api.StateClaimed, p.State == api.StateAcked:
		passed, failed = len(all), -1
	case failed >= 0:
		passed = failed
	}
	out := make([]tapCheck, len(all))
	for i, c := range all {
		out[i] = tapCheck{c, checkNotReached}
		switch {
		case i < passed:
			out[i].Result = checkOK
		case i == failed:
			out[i].Result = checkFailed
		}
	}
	return out
}

// checkResults says the results as `kazashi verify` does.
var checkResults = map[checkResult]phrase{
	checkOK: {"合格", "ok"}, checkFailed: {"失敗", "FAILED"}, checkNotReached: {"未実施", "not reached"},
}

// checkTable is the head of a list of checks.
func (a *app) checkTable() *table {
	return &table{head: []string{
		phrase{"検査", "CHECK"}.in(a.lang), phrase{"結果", "RESULT"}.in(a.lang), phrase{"内容", "ABOUT"}.in(a.lang),
	}}
}

func (a *app) showTapChecks(list []tapCheck) {
	t := a.checkTable()
	for _, c := range list {
		t.add(string(c.Check), checkResults[c.Result].in(a.lang), checks[c.Check].in(a.lang))
	}
	a.out.table(t)
}
