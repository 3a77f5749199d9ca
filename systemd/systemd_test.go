// Package systemd_test holds the unit files against the configuration's defaults,
// and against systemd's own judgement where systemd-analyze is installed.
package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kazashi/configs"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// values returns what a key of a unit is set to, line by line.
func values(unit, key string) []string {
	var found []string
	for line := range strings.Lines(unit) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			found = append(found, value)
		}
	}
	return found
}

func TestUnitFitsTheDefaults(t *testing.T) {
	unit, users, c := read(t, "kazashid.service"), read(t, "kazashi.sysusers.conf"), configs.Default()
	if got := values(unit, "RuntimeDirectory"); len(got) != 1 || filepath.Dir(c.Socket.Path) != "/run/"+got[0] {
		t.Errorf("RuntimeDirectory %v does not hold %s", got, c.Socket.Path)
	}
	if got := values(unit, "SupplementaryGroups"); !slices.Contains(got, c.Socket.Group) {
		t.Errorf("the daemon is not in the socket's group %s: %v", c.Socket.Group, got)
	}
	if got := values(unit, "ExecStart"); len(got) != 1 || !strings.HasSuffix(got[0], "--config "+configs.Path) {
		t.Errorf("ExecStart %v does not name %s", got, configs.Path)
	}
	groups := slices.Concat([]string{c.Socket.Group}, c.Access.Observer.Groups, c.Access.Issuer.Groups, c.Access.Technician.Groups)
	for _, g := range groups {
		if !regexp.MustCompile(`(?m)^g ` + regexp.QuoteMeta(g) + `\s`).MatchString(users) {
			t.Errorf("group %s of the defaults is made by no sysusers line", g)
		}
	}
	if got := values(unit, "User"); !slices.Equal(got, []string{"kazashi"}) || !strings.Contains(users, "u kazashi ") {
		t.Errorf("user %v is made by no sysusers line", got)
	}
}

// A caller's uid is what roles rest on, a pcscd restart must not be ours, and
// nothing of the memory may reach a disk.
func TestUnitKeepsItsPromises(t *testing.T) {
	unit := read(t, "kazashid.service")
	for _, key := range []string{"PrivateUsers", "Requires", "BindsTo", "Requisite"} {
		if got := values(unit, key); got != nil {
			t.Errorf("%s is set to %v", key, got)
		}
	}
	for key, want := range map[string]string{
		"LimitCORE": "0", "MemorySwapMax": "0", "PrivateNetwork": "yes", "NoNewPrivileges": "yes",
		"ProtectSystem": "strict", "SystemCallErrorNumber": "EPERM",
	} {
		if got := values(unit, key); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
	if prevented := strings.Fields(strings.Join(values(unit, "RestartPreventExitStatus"), " ")); !slices.Equal(prevented, []string{"64", "78"}) {
		t.Errorf("restarts after %v are prevented", prevented)
	}
}

// analyze runs systemd-analyze over the unit, whose program is replaced by one
// that is there.
func analyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed, so nobody can judge the unit")
	}
	present, err := exec.LookPath("true")
	if err != nil {
		t.Skip("no program stands in for the daemon")
	}
	unit := strings.ReplaceAll(read(t, "kazashid.service"), "/usr/bin/kazashid", present)
	path := filepath.Join(t.TempDir(), "kazashid.service")
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, append(args, path)...).CombinedOutput()
	return string(out), err
}

func TestUnitIsWellFormed(t *testing.T) {
	out, err := analyze(t, "verify", "--man=no", "--recursive-errors=no")
	if err != nil || strings.Contains(out, "kazashid.service") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestUnitExposure(t *testing.T) {
	const worst = 1.0 // of 10, systemd's "SAFE" ends at 2
	out, err := analyze(t, "security", "--offline=true", "--no-pager")
	if err != nil {
		t.Skipf("this systemd-analyze cannot judge a file: %v: %s", err, out)
	}
	m := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no exposure level in: %s", out)
	}
	level, err := strconv.ParseFloat(m[1], 64)
	if err != nil || level > worst {
		t.Errorf("exposure level %s is over %.1f\n%s", m[1], worst, out)
	}
	t.Logf("exposure level %s", m[1])
}

// The socket unit makes the socket that the daemon would make itself.
func TestSocketUnitFitsTheDefaults(t *testing.T) {
	socket, service, c := read(t, "kazashid.socket"), read(t, "kazashid.service"), configs.Default()
	for key, want := range map[string]string{
		"ListenStream": c.Socket.Path, "SocketMode": c.Socket.Mode.String(), "SocketGroup": c.Socket.Group,
	} {
		if got := values(socket, key); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
	if got := values(service, "RuntimeDirectoryPreserve"); !slices.Equal(got, []string{"yes"}) {
		t.Errorf("a stop of the service removes the socket: RuntimeDirectoryPreserve is %v", got)
	}
}

func TestUnitKeepsTheLedgerAndIsToldOf(t *testing.T) {
	unit, c := read(t, "kazashid.service"), configs.Default()
	if got := values(unit, "StateDirectory"); len(got) != 1 || filepath.Dir(c.Ledger.Path) != "/var/lib/"+got[0] {
		t.Errorf("StateDirectory %v does not hold %s", got, c.Ledger.Path)
	}
	if got := values(unit, "Type"); !slices.Equal(got, []string{"notify"}) {
		t.Errorf("type %v: systemd would not wait until the socket is served", got)
	}
	if got := values(unit, "ExecReload"); len(got) != 1 || !strings.Contains(got[0], "-HUP $MAINPID") {
		t.Errorf("ExecReload %v", got)
	}
}
