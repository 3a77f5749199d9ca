package memory

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childEnv makes the test binary protect itself, tell, and end as it says.
const childEnv = "KAZASHI_TEST_PROTECT"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "look":
		if os.Getenv(childEnv+"_LIMITED") != "" {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var none [2]unix.CapUserData
			_ = unix.Capset(&header, &none[0])
			_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10})
		}
		err := Protect()
		dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		var core unix.Rlimit
		_ = unix.Getrlimit(unix.RLIMIT_CORE, &core)
		status, _ := os.ReadFile("/proc/self/status")
		fmt.Printf("dumpable=%d core=%d unlocked=%v\n%s", dumpable, core.Max, errors.Is(err, ErrUnlocked), status)
		os.Exit(0)
	case "protected", "open":
		if os.Getenv(childEnv) == "protected" {
			_ = Protect()
		}
		_ = unix.Kill(os.Getpid(), unix.SIGSEGV)
		select {}
	}
}

// look has a process protect itself and tell what came of it; extra is added to its
// environment.
func look(t *testing.T, extra ...string) string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(append(os.Environ(), childEnv+"=look"), extra...)
	out, err := child.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func locked(t *testing.T, status string) int {
	t.Helper()
	_, rest, _ := strings.Cut(status, "VmLck:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestF56_NothingIsDumped(t *testing.T) {
	if out := look(t); !strings.HasPrefix(out, "dumpable=0 core=0 ") {
		t.Errorf("the process says %q", strings.SplitN(out, "\n", 2)[0])
	}
}

func TestMemoryIsLockedWhereThatIsAllowed(t *testing.T) {
	if out := look(t, childEnv+"_LIMITED=1"); !strings.Contains(out, "unlocked=true") || locked(t, out) != 0 {
		t.Errorf("with a limit the process locks %d kB: %q", locked(t, out), strings.SplitN(out, "\n", 2)[0])
	}
	if os.Getuid() != 0 {
		t.Skip("the limit for locked memory counts for all but root")
	}
	if out := look(t); !strings.Contains(out, "unlocked=false") || locked(t, out) == 0 {
		t.Errorf("without one it locks %d kB: %q", locked(t, out), strings.SplitN(out, "\n", 2)[0])
	}
}

// F56: a crash leaves no core, where one would be left without protection.
func TestF56_ACrashLeavesNoCore(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || strings.HasPrefix(string(pattern), "|") || strings.Contains(string(pattern), "/") {
		t.Skipf("cores of this machine do not go to the folder of the process: %q, %v", pattern, err)
	}
	for how, want := range map[string]int{"protected": 0, "open": 1} {
		dir := t.TempDir()
		child := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -c unlimited && exec "$0"`, os.Args[0])
		child.Dir = dir
		child.Env = append(os.Environ(), childEnv+"="+how, "GOTRACEBACK=crash")
		err := child.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Skipf("the process did not end by a signal: %v", err)
		}
		cores, _ := filepath.Glob(filepath.Join(dir, "*core*"))
		if len(cores) != want {
			t.Errorf("%s: %d cores", how, len(cores))
		}
	}
}
