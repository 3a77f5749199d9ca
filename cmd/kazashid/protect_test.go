package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What the daemon holds can be read by nobody of its own user, and is not swapped.
func TestF56_ProcessIsClosed(t *testing.T) {
	c := spawn(t, directory(t), nil, "--specimen")
	proc := fmt.Sprintf("/proc/%d", c.cmd.Process.Pid)
	limits, err := os.ReadFile(proc + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok && strings.Fields(rest)[1] != "0" {
			t.Errorf("cores may be dumped: %s", line)
		}
	}
	if os.Getuid() != 0 {
		// Linux gives the files of a process that must not be dumped to root.
		info, err := os.Stat(proc + "/mem")
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("its memory belongs to its user: %v", err)
		}
		return
	}
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, locked, _ := strings.Cut(string(status), "VmLck:")
	if strings.HasPrefix(strings.TrimSpace(locked), "0 kB") {
		t.Error("its memory is not locked")
	}
}

// The FIPS module is on where that is asked for; in its strict mode no phone could be
// read, and the daemon does not pretend otherwise.
func TestFIPSModes(t *testing.T) {
	c := spawn(t, directory(t), []string{"GODEBUG=fips140=on"}, "--specimen")
	if entry := c.logged("started"); entry["fips140"] != true {
		t.Errorf("the log says %v", entry)
	}
	c.taps(1)
	for mode, want := range map[string]string{"on": ", on\n", "off": ", off\n"} {
		version := exec.CommandContext(t.Context(), os.Args[0], "--version")
		version.Env = append(os.Environ(), "KAZASHID_TEST_CHILD=1", "GODEBUG=fips140="+mode)
		if out, err := version.Output(); err != nil || !strings.HasSuffix(string(out), want) {
			t.Errorf("fips140=%s: %v: %s", mode, err, out)
		}
	}

	strict := exec.CommandContext(t.Context(), os.Args[0], "--specimen", "--socket", filepath.Join(directory(t), "s"))
	strict.Env = append(os.Environ(), "KAZASHID_TEST_CHILD=1", "GODEBUG=fips140=only")
	out, err := strict.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 78 || !strings.Contains(string(out), "fips140=only") {
		t.Errorf("in strict mode: %v: %s", err, out)
	}
}
