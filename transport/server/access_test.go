package server

import "testing"

func TestF44_Roles(t *testing.T) {
	everyone := map[string]Role{
		"issuer": Issuer | Observer, "other": Issuer | Observer, "observer": Observer,
		"technician": Technician | Observer, "root": Technician | Observer,
		"nobody": 0, "foreign": 0, "unknown": 0,
	}
	for name, want := range everyone {
		if got := policy.Roles(callers[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestNobodyButRootByDefault(t *testing.T) {
	for name, peer := range callers {
		want := Role(0)
		if name == "root" {
			want = Technician | Observer
		}
		if got := (Access{}).Roles(peer); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestSandboxOwner(t *testing.T) {
	for _, name := range []string{"nobody", "root"} {
		uid := callers[name].UID
		access := Access{SandboxOwner: &uid}
		if got := access.Roles(callers[name]); got != Observer|Issuer|Technician {
			t.Errorf("%s, the owner, is %s", name, got)
		}
		if got := access.Roles(callers["technician"]); got != 0 {
			t.Errorf("another user is %s", got)
		}
	}
	unknown := uint32(1001)
	if got := (Access{SandboxOwner: &unknown}).Roles(callers["unknown"]); got != 0 {
		t.Errorf("a caller of whom only a number is known is %s", got)
	}
}

func TestRoleNames(t *testing.T) {
	if got := (Observer | Technician).String() + " " + Role(0).String(); got != "observer+technician none" {
		t.Error(got)
	}
}
