package daemon

import (
	"testing"
	"time"

	"kazashi/reader/pcsctest"
	"kazashi/session/fault"
)

// A real pcscd that is stopped in its tracks: systemd hears nothing more some ten
// seconds later, and is told again as soon as pcscd goes on.
func TestF09_HungPcscdStarvesTheWatchdog(t *testing.T) {
	systemd := underSystemd(t)
	service := pcsctest.Start(t)
	r := onPCSC(t, service, false, nil)
	r.await("empty", empty)
	if !systemd.fed(10 * time.Second) {
		t.Fatal("a daemon that is well does not say so")
	}
	service.Suspend()
	began := time.Now()
	for systemd.fed(3 * patience) { // until it is silent
	}
	if silent := time.Since(began) - 3*patience; silent < readerPatience-time.Second || silent > 2*readerPatience {
		t.Errorf("silent after %s", silent)
	}
	hung := r.lines("part hangs")
	if len(hung) != 1 || hung[0]["part"] != readerPart || hung[0]["code"] != string(fault.PartHangs) {
		t.Errorf("the log says %v", hung)
	}
	service.Resume()
	if !systemd.fed(10 * time.Second) {
		t.Error("pcscd goes on, and systemd is not told")
	}
}
