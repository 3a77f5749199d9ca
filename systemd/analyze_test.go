package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// stockPcscd is the unit of Debian 12 that the drop-in is for; Debian 13's restricts
// itself, so this is the worse case.
const stockPcscd = `[Unit]
Description=PC/SC Smart Card Daemon
Requires=pcscd.socket
Documentation=man:pcscd(8)

[Service]
ExecStart=/usr/sbin/pcscd --foreground --auto-exit $PCSCD_ARGS
ExecReload=/usr/sbin/pcscd --hotplug
EnvironmentFile=-/etc/default/pcscd

[Install]
Also=pcscd.socket
`

const stockPcscdSocket = `[Unit]
Description=PC/SC Smart Card Daemon Activation Socket

[Socket]
ListenStream=/run/pcscd/pcscd.comm
SocketMode=0666
`

// units lays out all units in a folder as they would be installed; programs that are
// not installed here are replaced by one that is.
func units(t *testing.T) string {
	t.Helper()
	present, err := exec.LookPath("true")
	if err != nil {
		t.Skip("no program stands in for the units' own")
	}
	dir := t.TempDir()
	programs := regexp.MustCompile(`(?m)^(Exec\w+=)(/usr/s?bin/(kazashid?|pcscd)|/bin/kill)\b`)
	write := func(name, content string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(programs.ReplaceAllString(content, "${1}"+present)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"kazashid.service", "kazashid.socket", "kazashi-trust-update.service", "kazashi-trust-update.timer",
		"pcscd.service.d/50-kazashi.conf",
	} {
		write(name, read(t, name))
	}
	write("pcscd.service", stockPcscd)
	write("pcscd.socket", stockPcscdSocket)
	return dir
}

// analyze runs systemd-analyze over one of the units.
func analyze(t *testing.T, unit string, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed, so nobody can judge the units")
	}
	dir := units(t)
	cmd := exec.Command(tool, append(args, filepath.Join(dir, unit))...)
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":") // the drop-in and its unit, then systemd's own
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestUnitsAreWellFormed(t *testing.T) {
	for _, unit := range []string{
		"kazashid.service", "kazashid.socket", "kazashi-trust-update.service", "kazashi-trust-update.timer", "pcscd.service",
	} {
		t.Run(unit, func(t *testing.T) {
			out, err := analyze(t, unit, "verify", "--man=no", "--recursive-errors=no")
			if err != nil || strings.Contains(out, "kazashi") || strings.Contains(out, "pcscd") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// The bounds are the sums of what systemd counts and the service cannot do without.
// Both 252 (Debian 12) and 257 (Debian 13) come to them.
func TestUnitExposure(t *testing.T) {
	for unit, worst := range map[string]float64{
		// RootDirectory (0.1), AF_UNIX (0.1), PrivateUsers (0.2, which would blind it to
		// callers), chown of the socket (0.2), the clock that ProtectClock leaves readable (0.1).
		"kazashid.service": 0.5,
		// The network it is for (PrivateNetwork 0.5, AF_INET 0.3, sources at any address 0.2),
		// PrivateUsers (0.2), RootDirectory, AF_UNIX, clock and files that the daemon can
		// read (0.1 each).
		"kazashi-trust-update.service": 1.2,
		// Root on Debian 12 (0.4), USB and serial devices (0.3), uevents of the host's
		// network namespace (0.6), PrivateUsers (0.2) and the 0.1 of what all have.
		"pcscd.service": 1.4,
	} {
		t.Run(unit, func(t *testing.T) {
			out, err := analyze(t, unit, "security", "--offline=true", "--no-pager")
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
		})
	}
}
