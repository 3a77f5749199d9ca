package metrics

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The unit sets ProcSubset=pid: /proc then shows processes and nothing of the
// machine. What is left of the process's own numbers is told, and nothing fails.
func TestProcessNumbersWhereProcIsSmall(t *testing.T) {
	if os.Getenv("KAZASHI_TEST_SMALL_PROC") != "" {
		if _, err := os.Stat("/proc/stat"); err == nil {
			t.Fatal("/proc shows the machine")
		}
		got := text(t, New(desk{}))
		has(t, got, "process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds ", "kazashi_start_time_seconds ")
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := `mount -t proc -o subset=pid proc /proc && exec "$0" -test.run '^TestProcessNumbersWhereProcIsSmall$' -test.v`
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, self)
	cmd.Env = append(os.Environ(), "KAZASHI_TEST_SMALL_PROC=1")
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil && !strings.Contains(string(out), "=== RUN"):
		t.Skipf("no small /proc can be mounted here: %s", out)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	}
}
