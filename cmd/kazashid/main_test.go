package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kazashi/cmd/internal/usage"
	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/client"
)

// TestMain lets a test run the daemon as a process of its own: this program again,
// with the daemon's command line in its arguments.
func TestMain(m *testing.M) {
	if os.Getenv("KAZASHID_TEST_CHILD") != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// A socket's path has 107 bytes at most, which a test's own directory may exceed.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kz")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitStatus(t *testing.T) {
	dir := directory(t)
	nobody := "socket: {group: \"\"}\naccess:\n  observer: {users: [], groups: []}\n  issuer: {users: [], groups: []}\n  technician: {users: [], groups: []}\n"
	profiles := filepath.Join(dir, "profiles")
	if err := os.Mkdir(profiles, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, profiles, "bad.yaml", "name: bad\ntitle: {ja: 悪い, en: Bad}\ndoc_type: org.iso.23220.1.jp.mnc\nelements:\n  - {namespace: org.iso.23220.1.jp, element: individual_number_unicode, label: {ja: 個人番号, en: Number}}\n")
	good := write(t, dir, "good.yaml", nobody)
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"help":                   {[]string{"--help"}, 0, "--specimen"},
		"version":                {[]string{"--version"}, 0, "kazashid "},
		"scenarios":              {[]string{"--list-scenarios"}, 0, "tampered-element"},
		"unknown flag":           {[]string{"--demo"}, 64, "KZ-710"},
		"argument":               {[]string{"start"}, 64, "KZ-710"},
		"scenario in production": {[]string{"--scenario", "honest"}, 64, "KZ-710"},
		"readers in production":  {[]string{"--readers", "2"}, 64, "KZ-710"},
		"no readers":             {[]string{"--specimen", "--check-config", "--readers", "0"}, 64, "KZ-710"},
		"too many readers":       {[]string{"--specimen", "--check-config", "--readers", "33"}, 64, "KZ-710"},
		"specimen without place": {[]string{"--specimen"}, 64, "KZ-710"},
		"unknown scenario":       {[]string{"--specimen", "--socket", filepath.Join(dir, "s"), "--scenario", "honest,polite"}, 64, "polite"},
		"no configuration":       {[]string{"--config", filepath.Join(dir, "none.yaml")}, 78, "KZ-701"},
		"wrong configuration":    {[]string{"--check-config", "--config", write(t, dir, "typo.yaml", "sockets: {}\n")}, 78, "typo.yaml:1: sockets"},
		"unknown user":           {[]string{"--check-config", "--config", write(t, dir, "user.yaml", strings.Replace(nobody, "issuer: {users: []", "issuer: {users: [no-such-user-here]", 1))}, 78, "access.issuer.users"},
		"forbidden element":      {[]string{"--check-config", "--config", write(t, dir, "forbidden.yaml", nobody+"profiles: {dir: "+profiles+"}\n")}, 78, "KZ-704"},
		"no reader key":          {[]string{"--check-config", "--config", write(t, dir, "key.yaml", nobody+"reader_key: {key: /none, certificate: /none}\n")}, 78, "KZ-705"},
		"no anchor file":         {[]string{"--check-config", "--config", write(t, dir, "anchor.yaml", nobody+"trust: {anchors: [{path: /none, doc_types: [a.b]}]}\n")}, 78, "KZ-513"},
		"loopback in production": {[]string{"--check-config", "--config", write(t, dir, "loop.yaml", nobody+"reader: {backend: loopback}\n")}, 78, "specimen"},
		"good configuration":     {[]string{"--check-config", "--config", good}, 0, "no trust anchor"},
		"specimen check":         {[]string{"--check-config", "--specimen"}, 0, "SPECIMEN IACA"},
		"no specimen PKI":        {[]string{"--check-config", "--specimen", "--specimen-pki", dir}, 78, "KZ-708"},
		"fresh specimen PKI":     {[]string{"--check-config", "--specimen", "--specimen-pki", filepath.Join(dir, "fresh")}, 0, "SPECIMEN IACA"},
		"long socket path":       {[]string{"--specimen", "--socket", filepath.Join(dir, strings.Repeat("s", 107))}, 78, "room for 107"},
		"no directory":           {[]string{"--specimen", "--socket", filepath.Join(dir, "none", "s")}, 69, "KZ-621"},
		"a file at the place":    {[]string{"--specimen", "--socket", good}, 69, "KZ-621"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(c.args, &stdout, &stderr); got != c.status {
				t.Errorf("exit status %d, want %d", got, c.status)
			}
			out, empty := stdout.String(), stderr.String()
			if c.status != 0 {
				out, empty = empty, out
			}
			if !strings.Contains(out, c.says) || empty != "" {
				t.Errorf("said %q and %q, want %q", stdout.String(), stderr.String(), c.says)
			}
		})
	}
}

// What is wrong is said with its cause and with what to do.
func TestErrorsSayWhatToDo(t *testing.T) {
	if _, err := os.Stat(configs.Path); err == nil {
		t.Skip("this machine has a configuration")
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"kazashid: error: KZ-701 ", "kazashid: cause: ", "kazashid: hint: ", "--specimen --socket PATH"}},
		{[]string{"--scenario"}, []string{"kazashid: error: KZ-710 ", "kazashid: hint: kazashid --help"}},
		{[]string{"--specimen", "--check-config", "--scenario", "polite"}, []string{`no scenario "polite": kazashid --list-scenarios`}},
		{[]string{"--specimen", "--socket", "/none/s"}, []string{"kazashid: error: KZ-621 ", "kazashid: cause: ", "kazashid: hint: "}},
	} {
		var stdout, stderr bytes.Buffer
		run(c.args, &stdout, &stderr)
		for _, want := range c.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%q: %q is missing in\n%s", c.args, want, stderr.String())
			}
		}
	}
}

func TestHelpFitsATerminal(t *testing.T) {
	var stdout, stderr bytes.Buffer
	run([]string{"--help"}, &stdout, &stderr)
	for line := range strings.Lines(stdout.String()) {
		if len(strings.TrimSuffix(line, "\n")) > usage.Columns {
			t.Errorf("line of %d columns: %s", len(line)-1, line)
		}
	}
	if !strings.Contains(stdout.String(), "usage:\n  kazashid [FLAGS]\n") || !strings.Contains(stdout.String(), "--version") {
		t.Error(stdout.String())
	}
}

// A program that was built without cgo says so before it starts.
func TestWithoutPCSC(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the daemon anew")
	}
	dir := directory(t)
	program := filepath.Join(dir, "kazashid")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building without cgo: %v\n%s", err, out)
	}
	config := write(t, dir, "c.yaml", "socket: {path: "+filepath.Join(dir, "s")+", group: \"\"}\naccess:\n  observer: {groups: []}\n  issuer: {groups: []}\n  technician: {groups: []}\n")
	for _, args := range [][]string{{"--config", config}, {"--config", config, "--check-config"}} {
		var stderr bytes.Buffer
		cmd := exec.Command(program, args...)
		cmd.Stderr = &stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 78 {
			t.Errorf("%q: ended with %v", args, err)
		}
		if !strings.Contains(stderr.String(), "KZ-110") || !strings.Contains(stderr.String(), "libpcsclite") || strings.Contains(stderr.String(), "started") {
			t.Errorf("%q: said %s", args, stderr.String())
		}
	}
	if out, err := exec.Command(program, "--specimen", "--check-config").CombinedOutput(); err != nil {
		t.Errorf("the sandbox needs no PC/SC: %v\n%s", err, out)
	}
}

func TestSignalEndsTheDaemonInOrder(t *testing.T) {
	socket := filepath.Join(directory(t), "s")
	ended := make(chan int, 1)
	var stdout, stderr bytes.Buffer
	go func() { ended <- run([]string{"--specimen", "--socket", socket}, &stdout, &stderr) }()
	for {
		c, err := client.Dial(socket)
		if fault.CodeOf(err) == fault.SocketUnavailable {
			select {
			case status := <-ended:
				t.Fatalf("ended with %d: %s", status, stderr.String())
			default:
				continue
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		status, err := c.Status(t.Context())
		if err != nil || !status.Specimen {
			t.Errorf("status %+v, %v", status, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		break
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status != 0 {
		t.Errorf("exit status %d: %s", status, stderr.String())
	}
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// Who has five things to set right is told of five.
func TestCheckTellsAllThatIsWrong(t *testing.T) {
	dir := t.TempDir()
	config := write(t, dir, "kazashid.yaml", `socket: {group: no-such-group-1}
access:
  observer: {users: [no-such-user-1, no-such-user-2], groups: []}
  issuer: {users: [], groups: [no-such-group-2]}
  technician: {users: [], groups: []}
reader: {backend: loopback}
reader_key: {key: /none, certificate: /none}
trust: {anchors: [{path: /none/a, doc_types: [a.b]}, {path: /none/b, doc_types: [a.b]}]}
profiles: {dir: /none}
step_timeout: 1h
`)
	var stdout, stderr bytes.Buffer
	if got := run([]string{"--check-config", "--config", config}, &stdout, &stderr); got != 78 {
		t.Errorf("exit status %d", got)
	}
	for _, want := range []string{
		"socket.group", "access.observer.users", "no-such-user-1", "no-such-user-2", "access.issuer.groups", "specimen mode only",
		"KZ-705", "/none/a", "/none/b", "profiles", "step_timeout",
	} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, once := range []string{"cause: ", "hint: "} {
		causes := map[string]bool{}
		for line := range strings.Lines(stderr.String()) {
			if text, ok := strings.CutPrefix(line, "kazashid: "+once); ok {
				if causes[text] {
					t.Errorf("told twice: %s", text)
				}
				causes[text] = true
			}
		}
	}
	if t.Failed() {
		t.Log(stderr.String())
	}
}
