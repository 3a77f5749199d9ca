package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kazashi/transport/api"
	"kazashi/transport/client"
)

// Nobody takes the log any more: every line that is written fails with EPIPE.
func TestF51_LogThatNobodyReads(t *testing.T) {
	c := spawn(t, directory(t), nil, "--specimen")
	if err := c.log.Close(); err != nil {
		t.Fatal(err)
	}
	c.taps(3)
}

// Somebody holds the log and does not read it: a pipe that is full takes nothing, and
// every write to it hangs.
func TestF51_LogThatNobodyReadsAndNobodyCloses(t *testing.T) {
	held, log, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = held.Close(), log.Close() }()
	if _, err := unix.FcntlInt(log.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	// Full already, so that the daemon's very first line hangs.
	if _, err := log.Write(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	dir := directory(t)
	c := &child{t: t, dir: dir, socket: filepath.Join(dir, "s")}
	notify := filepath.Join(dir, "n")
	if c.told, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.told.Close() }()
	c.cmd = exec.Command(os.Args[0], "--specimen", "--socket", c.socket)
	c.cmd.Env = append(os.Environ(), "KAZASHID_TEST_CHILD=1", "NOTIFY_SOCKET="+notify, "WATCHDOG_USEC=2000000", "KAZASHI_LOG_LEVEL=debug")
	c.cmd.Stderr = log
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	c.hears("READY=1")
	if c.client, err = client.Dial(c.socket); err != nil {
		t.Fatal(err)
	}
	c.taps(3)
	c.hears(alive)
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
}

// taps does some taps to their end.
func (c *child) taps(n int) {
	t := c.t
	t.Helper()
	for range n {
		p := c.until(c.arm("address"), func(p api.Presentation) bool { return p.State == api.StateVerified })
		if _, err := c.client.Claim(t.Context(), p.ID, "c"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
			t.Fatal(err)
		}
	}
}
