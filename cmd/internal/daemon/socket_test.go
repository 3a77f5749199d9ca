package daemon

import (
	"os"
	"slices"
	"testing"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/server"
)

func TestRolesAreLookedUpByName(t *testing.T) {
	a, err := accessOf(configs.Access{
		Observer:   configs.Role{Groups: []string{"root"}},
		Issuer:     configs.Role{Users: []string{"daemon"}},
		Technician: configs.Role{Users: []string{"root"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Observers.GIDs, []uint32{0}) || !slices.Equal(a.Technicians.UIDs, []uint32{0}) || len(a.Issuers.UIDs) != 1 {
		t.Errorf("got %+v", a)
	}
	if a.SandboxOwner != nil {
		t.Error("a configuration made somebody the owner of everything")
	}
}

func TestNameThatDoesNotExistIsRefused(t *testing.T) {
	for name, c := range map[string]configs.Access{
		"user":  {Issuer: configs.Role{Users: []string{"no-such-user-here"}}},
		"group": {Observer: configs.Role{Groups: []string{"no-such-group-here"}}},
		// A number that the kernel shows for anybody who has none gets no role.
		"nobody":  {Observer: configs.Role{Users: []string{"nobody"}}},
		"nogroup": {Technician: configs.Role{Groups: []string{"nogroup"}}},
	} {
		if _, err := accessOf(c); fault.CodeOf(err) != fault.ConfigInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := configs.Socket{Path: sandbox(t).Socket.Path, Mode: 0o660, Group: "no-such-group-here"}
	if _, err := listen(t.Context(), c); fault.CodeOf(err) != fault.ConfigInvalid {
		t.Errorf("socket: %v", err)
	}
}

// A daemon that nobody in particular starts would refuse everyone, its starter first:
// it says so and does not start.
func TestSandboxOfNobodyDoesNotStart(t *testing.T) {
	if _, err := sandboxAccess(server.OverflowID); fault.CodeOf(err) != fault.NobodyUser {
		t.Errorf("nobody: %v", err)
	}
	if a, err := sandboxAccess(12345); err != nil || *a.SandboxOwner != 12345 {
		t.Errorf("somebody: %+v, %v", a, err)
	}
}

func TestSandboxIsItsOwnersAlone(t *testing.T) {
	r := start(t, nil, nil)
	info, err := os.Stat(r.socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v", info.Mode(), err)
	}
	if owner := r.daemon.rules.Load().access.SandboxOwner; owner == nil || *owner != uint32(os.Getuid()) {
		t.Errorf("owner %v", owner)
	}
	if a := r.daemon.rules.Load().access; len(a.Issuers.UIDs)+len(a.Issuers.GIDs)+len(a.Observers.GIDs) != 0 {
		t.Errorf("others have roles: %+v", a)
	}
}
