package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kazashi": main})
}

// TestScripts runs the command as a person would: every file of testdata is a
// terminal session with what it must print.
func TestScripts(t *testing.T) {
	daemon := filepath.Join(t.TempDir(), "kazashid")
	build := exec.Command("go", "build", "-o", daemon, "kazashi/cmd/kazashid")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the daemon: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for name, value := range map[string]string{
				"LC_ALL": "", "LC_MESSAGES": "", "LANG": "C.UTF-8", "TERM": "dumb",
				"KAZASHI_SOCKET": "", "KAZASHID": daemon, "PEERS": os.Getenv("MDOC_PEERS"),
			} {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "await": await, "claim": claim, "revocable": revocable},
		Condition: func(cond string) (bool, error) {
			return cond == "peers" && os.Getenv("MDOC_PEERS") != "", nil
		},
	})
}

// exits runs a command that must end with a given status: exits STATUS COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// await waits for what another program makes: a socket, or a file with something in
// it: await FILE.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	name := ts.MkAbs(args[0])
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := os.Stat(name); err == nil && (!info.Mode().IsRegular() || info.Size() > 0) {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			ts.Fatalf("%s did not come", name)
		}
	}
}
