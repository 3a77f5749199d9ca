package doctor

import (
	"slices"
	"testing"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// Who meets a daemon of demonstrations at the kiosk's own socket is told, and of
// nothing that only the kiosk's daemon would lack.
func TestASpecimenDaemonOnTheSocketOfTheKiosk(t *testing.T) {
	c := configs.Default()
	f := &Facts{Config: configFacts{C: &c, Path: "/etc/kazashi/kazashid.yaml"}}
	f.Profiles.DocTypes = []string{"org.iso.18013.5.1.mDL"}
	f.Daemon = daemonFacts{
		Socket: c.Socket.Path, Status: &api.Status{Specimen: true}, Health: &api.Health{}, Trust: &api.Trust{},
		Processes: []process{{PID: 17}},
	}
	v := judgeDaemon(f)
	if len(v.Findings) != 1 || v.Findings[0].Code != fault.SpecimenInService || !v.Findings[0].Warning ||
		!slices.Contains(v.Findings[0].Run, "sudo kill 17") {
		t.Errorf("%+v", v)
	}
	if v := judgeAnchors(f); len(v.Findings) > 0 {
		t.Errorf("%+v", v)
	}
	// One that says itself that it has none lacks them.
	f.Daemon.Health.Items = []api.HealthItem{{Code: fault.NoAnchor}}
	if v := judgeAnchors(f); len(v.Findings) != 1 || v.Findings[0].Code != fault.NoAnchor {
		t.Errorf("%+v", v)
	}
	f.Daemon.Given = true
	if v := judgeDaemon(f); len(v.Findings) > 0 {
		t.Errorf("somebody named this daemon: %+v", v)
	}
	f.Daemon.Given, f.Daemon.Status.Specimen = false, false
	if v := judgeDaemon(f); len(v.Findings) > 0 {
		t.Errorf("the kiosk's own: %+v", v)
	}
}
