package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"kazashi/transport/client"
)

// socketUnit plays systemd with a socket unit: it listens before the daemon is
// there, and hands the socket over as descriptor 3 and up.
func socketUnit(t *testing.T, c *child, files ...*os.File) {
	t.Helper()
	// LISTEN_PID has to be the daemon's own, which a shell knows before it becomes it.
	script := `LISTEN_PID=$$ LISTEN_FDS=` + string(rune('0'+len(files))) + ` exec "$0" "$@"`
	c.cmd = exec.Command("sh", "-c", script, os.Args[0], "--specimen", "--socket", filepath.Join(c.dir, "unused"))
	c.cmd.Env = append(os.Environ(), "KAZASHID_TEST_CHILD=1", "NOTIFY_SOCKET="+filepath.Join(c.dir, "n"))
	c.cmd.ExtraFiles = files
}

func TestSocketOfSystemdIsTakenOver(t *testing.T) {
	dir := directory(t)
	c := &child{t: t, dir: dir, socket: filepath.Join(dir, "s"), lines: make(chan string, 10_000)}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	handed, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	if c.told, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "n"), Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.told.Close() }()
	if err := os.Chmod(c.socket, 0o666); err != nil {
		t.Fatal(err)
	}
	// Who connects before the daemon runs waits in the socket.
	if c.client, err = client.Dial(c.socket); err != nil {
		t.Fatal(err)
	}
	socketUnit(t, c, handed)
	log, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.start(log)
	status, err := c.client.Status(t.Context())
	if err != nil || !status.Specimen {
		t.Fatalf("status %+v, %v", status, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "unused")); err == nil {
		t.Error("the daemon made a socket of its own as well")
	}
	_ = c.client.Close()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.hears("STOPPING=1")
	if err := c.cmd.Wait(); err != nil {
		t.Error(err)
	}
	info, err := os.Lstat(c.socket)
	if err != nil || info.Mode().Perm() != 0o666 {
		t.Errorf("systemd's socket after the end: %v, %v", info, err)
	}
}

func TestSocketThatIsNoneIsRefused(t *testing.T) {
	dir := directory(t)
	plain, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	c := &child{t: t, dir: dir}
	socketUnit(t, c, plain)
	out, err := c.cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 69 { //nolint:errorlint // exec returns it bare
		t.Errorf("%v: %s", err, out)
	}
}
