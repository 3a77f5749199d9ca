package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"kazashi/cmd/internal/build"
	"kazashi/configs"
	"kazashi/session/fault"
)

// commandTimeout bounds each program that is asked.
const commandTimeout = 5 * time.Second

// A Machine is where a report is collected. Its functions only read.
type Machine struct {
	// Root stands before the paths of the system's files; "" is the real root.
	Root string
	// Config is the daemon's configuration file, read when the daemon does not tell of
	// its own; "" for none.
	Config string
	// User is the login name of whoever looks, which is left out everywhere.
	User string
	// Command runs a program and returns its output.
	Command func(ctx context.Context, name string, args ...string) ([]byte, error)
}

// Here is the machine that the program runs on.
func Here(config, user string) *Machine {
	return &Machine{Config: config, User: user, Command: func(ctx context.Context, name string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		return cmd.Output()
	}}
}

// Collect puts in what can be read without the daemon: versions, units, the journal of
// the daemon and of pcscd, and, unless the daemon told of it, the configuration.
func (c *Content) Collect(ctx context.Context, m *Machine) error {
	m.versions(ctx, c)
	if err := c.AddJSON("versions.json", "none", c.Versions); err != nil {
		return err
	}
	if !c.Logged && m.Config != "" {
		if err := m.config(c); err != nil {
			return err
		}
	}
	m.file(c, "/etc/os-release", "system/os-release", "none", func(b []byte) []byte { return b })
	m.units(c)
	for _, unit := range []string{"kazashid.service", "pcscd.service"} {
		m.journal(ctx, c, unit)
	}
	return ctx.Err()
}

// Examined puts the report of `kazashi doctor` in.
func (c *Content) Examined(m *Machine, examination any) error {
	if err := c.AddJSON("doctor.json", "names of users in paths, and of the user who asked", examination); err != nil {
		return err
	}
	last := &c.Files[len(c.Files)-1]
	last.Data = withoutUsers(last.Data, m.User)
	return nil
}

// versions fills in what is known of the programs.
func (m *Machine) versions(ctx context.Context, c *Content) {
	info := build.Read()
	v := &c.Versions
	v.Command, v.Commit, v.Go, v.Platform = info.Version, info.Commit, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	if kernel, err := os.ReadFile(m.Root + "/proc/sys/kernel/osrelease"); err == nil {
		v.Kernel = strings.TrimSpace(string(kernel))
	}
	v.Packages = m.packages(ctx)
	if len(v.Packages) == 0 {
		c.Missing = append(c.Missing, Missing{What: "packages", Detail: "neither dpkg nor rpm knows of a reader service", How: "dpkg -l | grep -i -e pcsc -e ccid"})
	}
}

// packages are asked for by their names in Debian and in Fedora.
func (m *Machine) packages(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	// Both fail for a package that is not there, and tell of the others all the same.
	out, _ := m.Command(ctx, "dpkg-query", "-W", "-f", "${Package} ${Version}\n", "pcscd", "libpcsclite1", "libccid", "libacsccid1", "systemd", "kazashi")
	if len(out) == 0 {
		out, _ = m.Command(ctx, "rpm", "-q", "--qf", "%{NAME} %{VERSION}-%{RELEASE}\n", "pcsc-lite", "pcsc-lite-libs", "pcsc-lite-ccid", "systemd", "kazashi")
	}
	known := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.Contains(version, " ") {
			known[name] = version
		}
	}
	return known
}

// config puts the configuration in as the daemon would show it.
func (m *Machine) config(c *Content) error {
	read, err := configs.Load(m.Config)
	if err != nil {
		code := fault.CodeOf(err)
		c.Missing = append(c.Missing, Missing{
			What: "config", Code: code, Detail: code.Slug(), How: "sudo kazashid --check-config --config " + string(withoutUsers([]byte(m.Config), m.User)),
		})
	}
	if read == nil {
		return nil
	}
	return c.AddJSON("system/config.json", shownConfig+"; from the file, not from the daemon", read.Shown())
}

// file puts a file of the system in.
func (m *Machine) file(c *Content, path, name, redaction string, redact func([]byte) []byte) {
	file, err := os.Open(m.Root + path)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			c.Missing = append(c.Missing, Missing{What: name, Detail: reason(err), How: "sudo kazashi bugreport"})
		}
		return
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		c.Missing = append(c.Missing, Missing{What: name, Detail: reason(err)})
		return
	}
	c.add(name, redaction, redact(data))
}

// reason is why a file cannot be read, without its path.
func reason(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error()
	}
	return err.Error()
}

// unitFiles are where the units and drop-ins of the daemon and of pcscd can be.
var unitFiles = []string{"kazashid.service", "kazashid.socket", "kazashid.service.d/*.conf", "kazashid.socket.d/*.conf",
	"pcscd.service", "pcscd.socket", "pcscd.service.d/*.conf", "pcscd.socket.d/*.conf", "kazashi-trust-update.*"}

func (m *Machine) units(c *Content) {
	found := 0
	for _, folder := range []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"} {
		if folder == "/lib/systemd/system" {
			if to, err := os.Readlink(m.Root + "/lib"); err == nil && strings.TrimPrefix(to, "/") == "usr/lib" {
				continue // the same as the one before
			}
		}
		for _, pattern := range unitFiles {
			files, _ := filepath.Glob(filepath.Join(m.Root+folder, pattern))
			for _, f := range files {
				path := strings.TrimPrefix(f, m.Root)
				m.file(c, path, "units"+path, "values of Environment and credentials, names of users in paths", func(b []byte) []byte {
					return withoutUsers(environment.ReplaceAll(b, []byte("${1}=(left out)")), m.User)
				})
				found++
			}
		}
	}
	if found == 0 {
		c.Missing = append(c.Missing, Missing{What: "units", Detail: "no unit of kazashid or pcscd is installed", How: "systemctl cat kazashid.service"})
	}
}

// environment are directives of systemd.exec(5) that can hold secrets, with the lines that
// they go on over.
var environment = regexp.MustCompile(`(?m)^\s*((?:Pass)?Environment|SetCredential(?:Encrypted)?)\s*=(?:.*\\\n)*.*$`)

// A service's journal is kept to so many of its newest lines.
const journalLines = 2000

// journal puts the journal of a unit in, of every line four fields.
func (m *Machine) journal(ctx context.Context, c *Content, unit string) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	out, err := m.Command(ctx, "journalctl", "--quiet", "--no-pager", "--all", "--output=json", "--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT",
		"--lines="+fmt.Sprint(journalLines), "--unit="+unit)
	if read, dropped := chosen(out); len(read) > 0 {
		text, err := lines(read)
		if err == nil {
			redaction := "MESSAGE, PRIORITY, time and unit only; names of users in paths"
			if dropped > 0 {
				redaction += fmt.Sprintf("; %d lines that are no text", dropped)
			}
			c.add("journal/"+strings.TrimSuffix(unit, ".service")+".jsonl", redaction, withoutUsers(text, m.User))
			return
		}
	}
	missing := Missing{What: "journal of " + unit, Detail: "it is empty, or this user may not read it", How: "sudo journalctl -u " + unit}
	if errors.Is(err, exec.ErrNotFound) {
		missing.Detail, missing.How = "journalctl is not installed", ""
	}
	c.Missing = append(c.Missing, missing)
}
