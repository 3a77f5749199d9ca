package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
)

func TestExplainedFileHoldsTheDefaults(t *testing.T) {
	fromFile, err := load("kazashid.yaml", Explained())
	if err != nil {
		t.Fatal(err)
	}
	fromNothing, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	if diff := cmp.Diff(&want, fromFile); diff != "" {
		t.Errorf("kazashid.yaml differs from the defaults (-code +file):\n%s", diff)
	}
	if diff := cmp.Diff(&want, fromNothing); diff != "" {
		t.Errorf("an empty file differs from the defaults (-code +file):\n%s", diff)
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	d, err := parse("kazashid.yaml", Explained(), reflect.TypeFor[Config](), fault.ConfigInvalid)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(Explained()), "\n")
	for key := range leaves(reflect.ValueOf(Default())) {
		line, ok := d.lines[key]
		if !ok {
			t.Errorf("%s is not in kazashid.yaml", key)
			continue
		}
		if above := strings.TrimSpace(lines[line-2]); !strings.HasPrefix(above, "#") {
			t.Errorf("%s has no explanation above it", key)
		}
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kazashid.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestF43_ConfigurationThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		code    fault.Code
		says    []string
	}{
		"unknown key":       {"socket:\n  pth: /run/x\n", fault.ConfigInvalid, []string{":2: socket.pth: unknown key", "path"}},
		"unknown section":   {"sockets: {}\n", fault.ConfigInvalid, []string{":1: sockets: unknown key"}},
		"key of other case": {"Socket:\n  path: /run/x\n", fault.ConfigInvalid, []string{":1: Socket: unknown key"}},
		"key twice":         {"log:\n  level: info\n  level: debug\n", fault.ConfigInvalid, []string{":3: log.level", "line 2"}},
		"section twice":     {"log:\n  level: info\nlog:\n  format: json\n", fault.ConfigInvalid, []string{":3: log: stands already in line 1"}},
		"number for text":   {"log:\n  level: 5\n", fault.ConfigInvalid, []string{":2: log.level"}},
		"number for time":   {"step_timeout: 3\n", fault.ConfigInvalid, []string{":1: step_timeout", "30s"}},
		"text for bool":     {"reader:\n  extended_length: yes\n", fault.ConfigInvalid, []string{":2: reader.extended_length"}},
		"text for number":   {"reader:\n  max_command_data: many\n", fault.ConfigInvalid, []string{":2: reader.max_command_data"}},
		"unquoted mode":     {"socket:\n  mode: 0660\n", fault.ConfigInvalid, []string{":2: socket.mode", "quotes"}},
		"wrong mode":        {"socket:\n  mode: \"0999\"\n", fault.ConfigInvalid, []string{":2: socket.mode"}},
		"text for list":     {"access:\n  issuer:\n    users: kiosk\n", fault.ConfigInvalid, []string{":3: access.issuer.users: must be a list"}},
		"list for section":  {"socket: []\n", fault.ConfigInvalid, []string{":1: socket"}},
		"text for file":     {"hello\n", fault.ConfigInvalid, []string{":1"}},
		"no value":          {"log:\n  level:\n", fault.ConfigInvalid, []string{":2: log.level: has no value"}},
		"alias":             {"log: &l\n  level: info\nsocket: *l\n", fault.ConfigInvalid, []string{":3: socket: aliases"}},
		"two documents":     {"log:\n  level: info\n---\nlog:\n  level: debug\n", fault.ConfigUnreadable, []string{"more than one"}},
		"not YAML":          {"log:\n  level: [\n", fault.ConfigUnreadable, []string{"line 2"}},
		"relative path":     {"socket:\n  path: kazashi.sock\n", fault.ConfigInvalid, []string{":2: socket.path"}},
		"long path":         {"socket:\n  path: /" + strings.Repeat("x", 107) + "\n", fault.ConfigInvalid, []string{"107"}},
		"unknown backend":   {"reader:\n  backend: usb\n", fault.ConfigInvalid, []string{":2: reader.backend", "pcsc, loopback"}},
		"long pattern":      {"reader:\n  include: " + strings.Repeat("x", 129) + "\n", fault.ConfigInvalid, []string{":2: reader.include"}},
		"command too long":  {"reader:\n  extended_length: true\n  max_command_data: 65536\n", fault.ConfigInvalid, []string{":3: reader.max_command_data", "65535"}},
		"response too long": {"reader:\n  extended_length: true\n  max_response_data: 65537\n", fault.ConfigInvalid, []string{":3: reader.max_response_data", "65536"}},
		"command too short": {"reader:\n  max_command_data: 127\n", fault.ConfigInvalid, []string{":2: reader.max_command_data", "128"}},
		"long short APDUs":  {"reader:\n  max_command_data: 500\n", fault.ConfigInvalid, []string{"reader.extended_length"}},
		"key alone":         {"reader_key:\n  key: /etc/k.pem\n", fault.ConfigInvalid, []string{"reader_key"}},
		"anchor for all":    {"trust:\n  anchors:\n    - path: /etc/iaca.pem\n", fault.ConfigInvalid, []string{":3: trust.anchors[0]", "doc_types"}},
		"anchor typo":       {"trust:\n  anchors:\n    - file: /etc/iaca.pem\n", fault.ConfigInvalid, []string{":3: trust.anchors[0].file: unknown key"}},
		"no lease":          {"presentation:\n  lease: 0s\n", fault.ConfigInvalid, []string{":2: presentation.lease"}},
		"default over max":  {"presentation:\n  default_timeout: 10m\n", fault.ConfigInvalid, []string{":2: presentation.default_timeout", "5m"}},
		"unknown level":     {"log:\n  level: loud\n", fault.ConfigInvalid, []string{":2: log.level"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.content)
			_, err := Load(path)
			if got := fault.CodeOf(err); got != c.code {
				t.Fatalf("code %s, want %s: %v", got, c.code, err)
			}
			for _, part := range append(c.says, path) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error does not say %q: %v", part, err)
				}
			}
		})
	}
}

func TestAllProblemsOfAFileAreNamedAtOnce(t *testing.T) {
	_, err := Load(write(t, "log:\n  levle: info\nstep_timeout: soon\n"))
	if err == nil || !strings.Contains(err.Error(), "log.levle") || !strings.Contains(err.Error(), "step_timeout") {
		t.Errorf("got %v", err)
	}
}

func TestMissingFileIsUnreadable(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if fault.CodeOf(err) != fault.ConfigUnreadable {
		t.Errorf("got %v", err)
	}
}

func TestHugeFileIsUnreadable(t *testing.T) {
	_, err := Load(write(t, strings.Repeat("#\n", maxFile)))
	if fault.CodeOf(err) != fault.ConfigUnreadable {
		t.Errorf("got %v", err)
	}
}

func TestFileOverDefaults(t *testing.T) {
	c, err := Load(write(t, `
socket: {path: /run/k.sock, mode: "0600", group: ""}
access:
  issuer: {users: [kiosk], groups: []}
trust:
  anchors:
    - {path: /etc/iaca, doc_types: [org.iso.23220.1.jp.mnc]}
presentation: {ready: 10s}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Socket = Socket{Path: "/run/k.sock", Mode: 0o600}
	want.Access.Issuer = Role{Users: []string{"kiosk"}, Groups: []string{}}
	want.Trust.Anchors = []Anchor{{Path: "/etc/iaca", DocTypes: []string{"org.iso.23220.1.jp.mnc"}}}
	want.Presentation.Ready = 10 * time.Second
	if diff := cmp.Diff(&want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEnvironmentOverFile(t *testing.T) {
	t.Setenv("KAZASHI_PRESENTATION_READY", "7s")
	t.Setenv("KAZASHI_SOCKET_MODE", "0600")
	t.Setenv("KAZASHI_SOCKET_GROUP", "")
	t.Setenv("KAZASHI_READER_EXTENDED_LENGTH", "true")
	t.Setenv("KAZASHI_READER_MAX_COMMAND_DATA", "500")
	t.Setenv("KAZASHI_STEP_TIMEOUT", "2s")
	t.Setenv("KAZASHI_SOCKET", "/run/of/the/client.sock") // the client's, none of ours
	c, err := Load(write(t, "presentation: {ready: 10s, lease: 11s}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Presentation.Ready, want.Presentation.Lease = 7*time.Second, 11*time.Second
	want.Socket.Mode, want.Socket.Group = 0o600, ""
	want.Reader.ExtendedLength, want.Reader.MaxCommandData = true, 500
	want.StepTimeout = 2 * time.Second
	if diff := cmp.Diff(&want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestF43_EnvironmentThatIsRefused(t *testing.T) {
	for name, value := range map[string]string{
		"KAZASHI_STEP_TIMEOUT":             "soon",
		"KAZASHI_READER_EXTENDED_LENGTH":   "maybe",
		"KAZASHI_READER_MAX_RESPONSE_DATA": "1k",
		"KAZASHI_SOCKET_MODE":              "rw",
		"KAZASHI_LOG_LEVEL":                "loud",
		"KAZASHI_READER_KEY_KEY":           "/tmp/key.pem",
		"KAZASHI_ACCESS_ISSUER_USERS":      "nobody",
		"KAZASHI_TRUST_ANCHORS":            "/tmp/iaca.pem",
		"KAZASHI_PRESENTATION_REDY":        "10s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := Load(""); fault.CodeOf(err) != fault.ConfigInvalid {
				t.Errorf("got %v", err)
			}
		})
	}
}
