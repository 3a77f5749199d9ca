package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kazashi/session/fault"
)

// put makes a file under a root.
func put(t *testing.T, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func shippedUnit(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../../systemd/kazashid.service")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// looked returns what the check of units makes of a root.
func looked(t *testing.T, root, systemctl string) Verdict {
	t.Helper()
	w := &World{Root: root, Command: func(context.Context, string, ...string) ([]byte, error) { return []byte(systemctl), nil }}
	f := &Facts{}
	probeUnits(t.Context(), w, *f)(f)
	return judgeUnits(f)
}

// The unit that is shipped is what the table of hardening says.
func TestTheShippedUnitIsNotWeak(t *testing.T) {
	root := t.TempDir()
	put(t, root, "usr/lib/systemd/system/kazashid.service", shippedUnit(t))
	if v := looked(t, root, ""); len(v.Findings) > 0 || v.Hidden.En != "" {
		t.Errorf("%+v", v)
	}
}

func TestADropInThatWeakensIsNamed(t *testing.T) {
	root := t.TempDir()
	put(t, root, "usr/lib/systemd/system/kazashid.service", shippedUnit(t))
	put(t, root, "etc/systemd/system/kazashid.service.d/debug.conf", "[Service]\nPrivateNetwork=no\nLimitCORE=infinity\n")
	put(t, root, "usr/lib/systemd/system/kazashid.service.d/more.conf", "[Service]\nRestartSec=5s\nNoNewPrivileges=true\n")
	v := looked(t, root, "")
	if len(v.Findings) != 1 || v.Findings[0].Code != fault.UnitWeakened || !v.Findings[0].Warning {
		t.Fatalf("%+v", v)
	}
	for _, want := range []string{"PrivateNetwork=no", "LimitCORE=infinity", "/etc/systemd/system/kazashid.service.d/debug.conf"} {
		if !strings.Contains(v.Findings[0].Seen.En, want) {
			t.Errorf("%s is missing in %s", want, v.Findings[0].Seen.En)
		}
	}
	if strings.Contains(v.Findings[0].Seen.En, "NoNewPrivileges") {
		t.Errorf("true is as good as yes: %s", v.Findings[0].Seen.En)
	}
}

// A drop-in in /etc hides one of the same name that was shipped.
func TestADropInHidesItsNamesake(t *testing.T) {
	root := t.TempDir()
	put(t, root, "usr/lib/systemd/system/kazashid.service", shippedUnit(t))
	put(t, root, "usr/lib/systemd/system/kazashid.service.d/a.conf", "[Service]\nPrivateNetwork=no\n")
	put(t, root, "etc/systemd/system/kazashid.service.d/a.conf", "[Service]\n")
	if v := looked(t, root, ""); len(v.Findings) > 0 {
		t.Errorf("%+v", v)
	}
}

func TestUnitsUnderSystemd(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "run/systemd/system"), 0o755); err != nil {
		t.Fatal(err)
	}
	codes := func(systemctl string) []fault.Code {
		var all []fault.Code
		for _, f := range looked(t, root, systemctl).Findings {
			all = append(all, f.Code)
		}
		return all
	}
	if got := codes(""); !slices.Equal(got, []fault.Code{fault.UnitMissing}) {
		t.Errorf("without a unit: %v", got)
	}
	put(t, root, "usr/lib/systemd/system/kazashid.service", shippedUnit(t))
	if got := codes("UnitFileState=disabled\nUser=kazashi\n"); !slices.Equal(got, []fault.Code{fault.UnitMissing}) {
		t.Errorf("disabled: %v", got)
	}
	if got := codes("UnitFileState=enabled\nUser=kazashi\n"); got != nil {
		t.Errorf("enabled: %v", got)
	}
	if got := codes("UnitFileState=enabled\nUser=root\n"); !slices.Equal(got, []fault.Code{fault.UnitWeakened}) {
		t.Errorf("as root: %v", got)
	}
}
