package daemon

import (
	"os/user"
	"testing"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A reload takes a role from those who are connected, too.
func TestReloadTakesTheIssuersRoleAway(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip("this user has no name: ", err)
	}
	var next configs.Config
	r := start(t, nil, func(d *daemon) {
		next = d.given
		d.options.Specimen = false // in which the sandbox's owner has every role
		d.options.Reload = func() (*configs.Config, error) { return &next, nil }
	})
	reload := func(a configs.Access) {
		t.Helper()
		next.Access = a
		r.daemon.reload()
		if refused := r.daemon.refused.Load(); refused != nil {
			t.Fatalf("reload refused: %+v", refused)
		}
	}
	mine, others := configs.Role{Users: []string{me.Username}}, configs.Role{Users: []string{"daemon"}}

	reload(configs.Access{Issuer: mine})
	p := r.arm("address")
	reload(configs.Access{Issuer: others, Observer: mine})
	if _, err := r.client.Arm(t.Context(), api.ArmRequest{Profile: "address", Transaction: "job-2"}, ""); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("the former issuer arms: %v", err)
	}
	if _, err := r.client.Claim(t.Context(), p.ID, "c"); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("the former issuer claims: %v", err)
	}
	if _, err := r.client.Health(t.Context()); err != nil {
		t.Errorf("the observer that the issuer became: %v", err)
	}
	reload(configs.Access{Issuer: mine})
	if _, err := r.client.Presentation(t.Context(), p.ID); err != nil {
		t.Errorf("issuer again: %v", err)
	}
}
