package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/cmd/internal/daemon"
	"kazashi/configs"
	"kazashi/reader/pcsctest"
	"kazashi/session/holder"
	"kazashi/session/specimen"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// daemonEnv makes the test binary the daemon of a kiosk, with its socket there, until
// its input ends: the phone is played by another process, and so is the kiosk.
const daemonEnv = "KAZASHI_TEST_DAEMON"

func serve() {
	config := configs.Default()
	config.Reader.Backend = configs.BackendPCSC
	config.Socket.Path = os.Getenv(daemonEnv)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	err := daemon.Run(ctx, config, daemon.Options{
		Specimen: true, SpecimenPKI: config.Socket.Path + ".pki", Started: func() { fmt.Println("started") },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// F56: when a claim was acknowledged, and after taps that failed, nothing of the person
// is in the memory that the daemon can write to.
func TestF56_MemoryOfTheDaemonThroughPCSC(t *testing.T) {
	pcsctest.Start(t)
	socket := filepath.Join(t.TempDir(), "s")
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), daemonEnv+"="+socket)
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stdin.Close()
		if err := child.Wait(); err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
	}()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "started\n" {
		t.Fatalf("%q, %v", line, err)
	}
	c, err := client.Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	k := kiosk{c, socket + ".pki"}

	if p, _ := k.tap(t, "identity", "--behaviour", string(holder.TamperedElement)); p.State == api.StateVerified {
		t.Fatal("a tampered document is verified")
	}
	person := values()
	// A claim with a portrait, and one that would fit into net/http's buffers.
	for _, profile := range []string{"identity", "residence-certificate"} {
		p, _ := k.tap(t, profile)
		if p.State != api.StateVerified {
			t.Fatalf("%s %s", p.State, p.Code)
		}
		if found := remains(t, child.Process.Pid, person); len(found) == 0 {
			t.Fatal("what waits for its claim is not found: the search is blind")
		}
		if _, err := c.Claim(t.Context(), p.ID, "claim"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ack(t.Context(), p.ID, "claim", api.OutcomeIssued); err != nil {
			t.Fatal(err)
		}
	}
	for where, what := range remains(t, child.Process.Pid, person) {
		t.Errorf("%s holds %s", where, what)
	}
}

// values are what the specimen's document says of its holder, where that is long enough
// to be told from other things.
func values() map[string][]byte {
	found := map[string][]byte{}
	for _, e := range specimen.MyNumberCard(time.Now()).Elements {
		if v, ok := e.Value.(string); ok && len(v) >= 12 && v != specimen.Organization {
			found[e.Identifier] = []byte(v)
		}
	}
	return found
}

// remains searches the memory that a process can write to, and returns in which parts
// what was found.
func remains(t *testing.T, pid int, person map[string][]byte) map[string]string {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skipf("the memory of another process is closed here: %v", err)
	}
	defer func() { _ = mem.Close() }()
	found := map[string]string{}
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		var from, to int64
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &from, &to); err != nil || !strings.HasPrefix(fields[1], "rw") {
			continue
		}
		content := make([]byte, min(to-from, 256<<20))
		n, _ := mem.ReadAt(content, from)
		for name, value := range person {
			if at := bytes.Index(content[:n], value); at >= 0 {
				found[fmt.Sprintf("%s at %#x", line[:len(line)-1], from+int64(at))] += " " + name
			}
		}
	}
	return found
}
