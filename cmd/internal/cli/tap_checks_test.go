package cli

import (
	"testing"

	"kazashi/session/verify"
	"kazashi/transport/api"
)

// Nothing counts as passed that the daemon did not say.
func TestChecksOfAPresentation(t *testing.T) {
	count := func(p api.Presentation) (n map[checkResult]int) {
		n = map[checkResult]int{}
		for _, c := range checksOf(p) {
			n[c.Result]++
		}
		return n
	}
	all := len(verify.Checks())
	for _, c := range []struct {
		p              api.Presentation
		passed, failed int
	}{
		{api.Presentation{State: api.StateVerified}, all, 0},
		{api.Presentation{State: api.StateAcked}, all, 0},
		{api.Presentation{State: api.StateRejected, Check: "clock"}, 0, 1},
		{api.Presentation{State: api.StateRejected, Check: "digests"}, 9, 1},
		{api.Presentation{State: api.StateRejected, Check: "elements-asked"}, all - 1, 1},
		{api.Presentation{State: api.StateRejected}, 0, 0},
		{api.Presentation{State: api.StateRejected, Check: "of another version"}, 0, 0},
		{api.Presentation{State: api.StateExpired}, 0, 0},
		{api.Presentation{State: api.StateLost}, 0, 0},
	} {
		got := count(c.p)
		if got[checkOK] != c.passed || got[checkFailed] != c.failed || got[checkNotReached] != all-c.passed-c.failed {
			t.Errorf("%s, failed %q: %v", c.p.State, c.p.Check, got)
		}
	}
}
