// Package systemd_test holds the unit files against the configuration's defaults,
// and against systemd's own judgement where systemd-analyze is installed.
package systemd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	if member := regexp.MustCompile(`(?m)^m kazashi +` + regexp.QuoteMeta(c.Socket.Group) + `$`); !member.MatchString(users) {
		t.Errorf("the daemon is not in the socket's group %s", c.Socket.Group)
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

// The daemon has no network, and what has one is another user that can reach neither
// the key nor the ledger.
func TestOnlyTheUpdateHasANetwork(t *testing.T) {
	daemon, update, users := read(t, "kazashid.service"), read(t, "kazashi-trust-update.service"), read(t, "kazashi.sysusers.conf")
	if got := values(daemon, "RestrictAddressFamilies"); !slices.Equal(got, []string{"AF_UNIX"}) {
		t.Errorf("the daemon's address families are %v", got)
	}
	user := values(update, "User")
	if len(user) != 1 || slices.Equal(user, values(daemon, "User")) || !strings.Contains(users, "u "+user[0]+" ") {
		t.Errorf("user %v of the update", user)
	}
	if regexp.MustCompile(`(?m)^m ` + regexp.QuoteMeta(user[0]) + ` `).MatchString(users) {
		t.Errorf("%s is a member of a group", user[0])
	}
	if got := values(update, "SupplementaryGroups"); got != nil {
		t.Errorf("the update has the groups %v", got)
	}
	hidden := strings.Fields(strings.Join(values(update, "InaccessiblePaths"), " "))
	for _, path := range []string{"/etc/kazashi/keys", filepath.Dir(configs.Default().Ledger.Path), filepath.Dir(configs.Default().Socket.Path)} {
		if !slices.Contains(hidden, "-"+path) {
			t.Errorf("%s is open to the update", path)
		}
	}
	if got := values(update, "StateDirectory"); len(got) != 1 || configs.Default().Trust.Dir != "/var/lib/"+got[0] {
		t.Errorf("StateDirectory %v is not %s", got, configs.Default().Trust.Dir)
	}
	made := read(t, "kazashi.tmpfiles.conf")
	for _, path := range []string{"", "/vical", "/crl", "/status", "/.lock"} {
		owned := `(?m)^[df] ` + regexp.QuoteMeta(configs.Default().Trust.Dir+path) + ` +0(755|644) ` + regexp.QuoteMeta(user[0]+" "+user[0]) + ` `
		if !regexp.MustCompile(owned).MatchString(made) {
			t.Errorf("%s%s is not made for %s", configs.Default().Trust.Dir, path, user[0])
		}
	}
}
