package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kazashi/transport/api"
	"kazashi/transport/client"
)

// A child is a daemon in a process of its own.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	client *client.Client
	dir    string
	socket string
	lines  chan string // of its log
	told   *net.UnixConn
	log    io.Closer // the end of its log that the test reads
}

// alive is what systemd is told while nothing hangs.
const alive = "WATCHDOG=1"

// spawn starts a daemon and waits until it tells systemd, whose part the test
// plays, that it is ready.
func spawn(t *testing.T, dir string, env []string, args ...string) *child {
	t.Helper()
	c := &child{t: t, dir: dir, socket: filepath.Join(dir, "s"), lines: make(chan string, 10_000)}
	notify := filepath.Join(dir, "n")
	_ = os.Remove(notify)
	var err error
	if c.told, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.told.Close() })
	c.cmd = exec.Command(os.Args[0], append([]string{"--socket", c.socket}, args...)...)
	c.cmd.Env = append(os.Environ(), append(env, "KAZASHID_TEST_CHILD=1", "NOTIFY_SOCKET="+notify)...)
	log, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.start(log)
	if c.client, err = client.Dial(c.socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.client.Close() })
	return c
}

func (c *child) start(log io.ReadCloser) {
	c.t.Helper()
	c.log = log
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(c.kill)
	go func() {
		defer close(c.lines)
		for scan := bufio.NewScanner(log); scan.Scan(); {
			c.lines <- scan.Text()
		}
	}()
	c.hears("READY=1")
}

// hears waits for a message to systemd; signs of life may come at any time.
func (c *child) hears(want string) {
	c.t.Helper()
	buffer := make([]byte, 4096)
	n, err := c.told.Read(buffer)
	for err == nil && string(buffer[:n]) == alive && want != alive {
		n, err = c.told.Read(buffer)
	}
	if err != nil || !strings.HasPrefix(string(buffer[:n]), want) {
		c.t.Fatalf("systemd is told %q, want %q; %v", buffer[:n], want, err)
	}
}

// logged waits for a line of the log with this message.
func (c *child) logged(message string) map[string]any {
	c.t.Helper()
	for line := range c.lines {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["message"] == message {
			return entry
		}
	}
	c.t.Fatalf("the log ended without %q", message)
	return nil
}

// kill ends the process as the kernel does: without a word.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

func (c *child) hangup() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		c.t.Fatal(err)
	}
}

func (c *child) arm(profile string) api.Presentation {
	c.t.Helper()
	p, err := c.client.Arm(c.t.Context(), api.ArmRequest{Profile: profile, Transaction: "job-1"}, "")
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// until waits until a presentation is as wanted.
func (c *child) until(p api.Presentation, wanted func(api.Presentation) bool) api.Presentation {
	c.t.Helper()
	for !wanted(p) {
		if p.State.Ended() {
			c.t.Fatalf("presentation ended %s with %s", p.State, p.Code)
		}
		var err error
		if p, err = c.client.Wait(c.t.Context(), p.ID, p.Version); err != nil {
			c.t.Fatal(err)
		}
	}
	return p
}

func (c *child) health() api.Health {
	c.t.Helper()
	h, err := c.client.Health(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return h
}
