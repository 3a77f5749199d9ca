package build

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is that of the repository.
const root = "../../.."

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// goCommand runs the go command in a folder, offline.
func goCommand(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not in PATH, so it refuses nothing")
	}
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOTOOLCHAIN=local")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// A module whose content is not what go.sum says is built into nothing.
func TestF60_TamperedSum(t *testing.T) {
	module := func(t *testing.T, sum string) string {
		t.Helper()
		dir := t.TempDir()
		version := regexp.MustCompile(`github\.com/google/go-cmp (v\S+)`).FindStringSubmatch(readFile(t, "go.mod"))
		if version == nil {
			t.Fatal("go.mod no longer requires go-cmp; take another module")
		}
		for name, content := range map[string]string{
			"go.mod":  "module example.org/supply\n\ngo 1.26.0\n\nrequire github.com/google/go-cmp " + version[1] + "\n",
			"main.go": "package main\n\nimport \"github.com/google/go-cmp/cmp\"\n\nfunc main() { println(cmp.Equal(1, 1)) }\n",
			"go.sum":  sum,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	var sums bytes.Buffer
	for line := range strings.Lines(readFile(t, "go.sum")) {
		if strings.HasPrefix(line, "github.com/google/go-cmp ") {
			sums.WriteString(line)
		}
	}
	if out, err := goCommand(t, module(t, sums.String()), "build", "-o", os.DevNull, "."); err != nil {
		t.Fatalf("the genuine sum is refused: %v: %s", err, out)
	}
	// The content's own sum: the first letter behind h1: becomes another.
	tampered := regexp.MustCompile(`(v[0-9.]+ h1:)(.)`).ReplaceAllStringFunc(sums.String(), func(s string) string {
		if strings.HasSuffix(s, "A") {
			return s[:len(s)-1] + "B"
		}
		return s[:len(s)-1] + "A"
	})
	if out, err := goCommand(t, module(t, tampered), "build", "-o", os.DevNull, "."); err == nil || !strings.Contains(out, "checksum mismatch") {
		t.Errorf("a tampered sum: %v: %s", err, out)
	}
	if out, err := goCommand(t, module(t, ""), "build", "-o", os.DevNull, "."); err == nil || !strings.Contains(out, "missing go.sum entry") {
		t.Errorf("a missing sum: %v: %s", err, out)
	}
}

// Every tool has one version and its sum, all module files name the same toolchain, and
// nothing in the build asks for the newest of anything.
func TestF60_ToolVersionDrift(t *testing.T) {
	toolchain := regexp.MustCompile(`(?m)^toolchain (\S+)$`)
	want := toolchain.FindString(readFile(t, "go.mod"))
	if want == "" {
		t.Fatal("go.mod names no toolchain")
	}
	for mod, sum := range map[string]string{".ci/tools/go.mod": ".ci/tools/go.sum", ".ci/tools/release.mod": ".ci/tools/release.sum"} {
		content, sums := readFile(t, mod), readFile(t, sum)
		if got := toolchain.FindString(content); got != want {
			t.Errorf("%s has %q, go.mod %q", mod, got, want)
		}
		if strings.Contains(content, "replace ") {
			t.Errorf("%s replaces a module", mod)
		}
		for line := range strings.Lines(content) {
			f := strings.Fields(strings.TrimPrefix(line, "require "))
			if len(f) >= 2 && strings.HasPrefix(f[1], "v") && !strings.Contains(sums, f[0]+" "+f[1]+"/go.mod h1:") {
				t.Errorf("%s has no sum for %s %s", sum, f[0], f[1])
			}
		}
	}
	for _, name := range []string{"Makefile", ".ci/run", ".ci/toolchain", ".ci/deb", ".ci/deb-check", ".ci/release", ".ci/interop", ".ci/fuzz"} {
		content := readFile(t, name)
		if strings.Contains(content, "@latest") {
			t.Errorf("%s asks for @latest", name)
		}
		for line := range strings.Lines(content) {
			if strings.Contains(line, " tool ") && strings.Contains(line, "(GO)") && !strings.Contains(line, "-modfile=.ci/tools/") {
				t.Errorf("%s runs a tool that no module file names: %s", name, line)
			}
		}
	}
}
