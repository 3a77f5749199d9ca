package daemon

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"kazashi/session/fault"
	"kazashi/session/verify"
)

func TestForbiddenElementIsLoggedAsWarning(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	log := zap.New(core)
	warned(log, []verify.Warning{{Code: fault.UnaskedElements, Count: 3}})
	if logs.Len() != 0 {
		t.Errorf("logged %v", logs.All())
	}
	warned(log, []verify.Warning{{Code: fault.UnaskedElements, Count: 3}, {Code: fault.ForbiddenElementReceived, DocType: "d", Count: 1}})
	all := logs.All()
	if len(all) != 1 || all[0].Level != zap.WarnLevel || all[0].ContextMap()["code"] != string(fault.ForbiddenElementReceived) {
		t.Errorf("logged %v", all)
	}
}

// Every tap that is over stands in one column, and the columns make the sum.
func TestTapCountsAddUp(t *testing.T) {
	var c counts
	c.ignored.Add(1)
	c.verified.Add(2)
	c.failed.Add(3)
	c.nothing.Add(4)
	if n := c.shown(); n.Total != 10 || n.Ignored != 1 || n.Verified != 2 || n.Failed != 3 || n.Nothing != 4 {
		t.Errorf("%+v", n)
	}
}
