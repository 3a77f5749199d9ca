package server

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kazashi/transport/api"
	"kazashi/transport/vault"
)

const (
	// armerEnv makes the test binary arm over a socket, bound, and leave the connection
	// to a child.
	armerEnv = "KAZASHI_TEST_ARM"
	// holderEnv makes it that child: it holds the connection until its input ends.
	holderEnv = "KAZASHI_TEST_HOLD"
)

const bindBody = `{"profile":"address","transaction":"t","bind":true}`

func armAndLeave(path string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	c, err := net.Dial("unix", path)
	fail(err)
	_, err = fmt.Fprintf(c, "POST /v1/presentations HTTP/1.1\r\nHost: kazashi\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(bindBody), bindBody)
	fail(err)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	fail(err)
	fmt.Println(filepath.Base(response.Header.Get("Location")))
	held, err := c.(*net.UnixConn).File()
	fail(err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), armerEnv+"=", holderEnv+"=1")
	child.Stdin, child.ExtraFiles = os.Stdin, []*os.File{held}
	fail(child.Start())
	_, _ = bufio.NewReader(os.NewFile(4, "go")).ReadByte() // until the test has looked
	os.Exit(0)
}

func needPidfd(t *testing.T) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.Close(pair[0]), unix.Close(pair[1]) }()
	fd, err := unix.GetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	if err != nil {
		t.Skipf("this kernel tells of no peer's process: %v", err)
	}
	_ = unix.Close(fd)
}

// A process that armed and is gone cancels, although a child of it still holds the
// connection: the child is not who was let in.
func TestF44_BoundProcessEndsAndItsChildHoldsTheConnection(t *testing.T) {
	needPidfd(t)
	b := newBench(t)
	holds, letGo, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = letGo.Close() }() // the child ends
	waits, leave, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	armer := exec.CommandContext(t.Context(), os.Args[0])
	armer.Env = append(os.Environ(), armerEnv+"="+filepath.Join(b.dir, "issuer"))
	armer.Stdin, armer.Stderr = holds, os.Stderr
	unused, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	armer.ExtraFiles = []*os.File{unused, waits}
	out, err := armer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := armer.Start(); err != nil {
		t.Fatal(err)
	}
	_, _, _ = holds.Close(), waits.Close(), unused.Close()
	var id string
	if _, err := fmt.Fscanln(out, &id); err != nil {
		t.Fatal(err)
	}
	p, err := b.vault.Get(id, 1001)
	if err != nil || p.State != api.StateArmed {
		t.Fatalf("%s %v", p.State, err)
	}
	_ = leave.Close()
	if p, err = b.vault.Wait(t.Context(), id, 1001, vault.Past(p.Version)); err != nil || p.State != api.StateCancelled {
		t.Errorf("after its process ended: %s, %v", p.State, err)
	}
	if err := armer.Wait(); err != nil {
		t.Error(err)
	}
}

// The number of a process that has ended may belong to another by now; what was asked
// of the connection cannot be taken for that one.
func TestF44_ProcessThatHasEnded(t *testing.T) {
	needPidfd(t)
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), dialerEnv+"="+l.Addr().String())
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	process, err := processOf(c)
	if err != nil || process == nil {
		t.Fatalf("a living process is %v, %v", process, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // its number is free from here on
	if !awaitExit(process) {
		t.Error("its end is not seen")
	}
	_ = process.Close()
	late, err := processOf(c)
	if late != nil {
		// Newer kernels give a file of a process that has ended, too.
		if !awaitExit(late) {
			t.Error("it is taken for another")
		}
		_ = late.Close()
	} else if !errors.Is(err, errProcessGone) {
		t.Errorf("asked later: %v", err)
	}
	own, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	alive, err := processOf(own)
	if err != nil || alive == nil {
		t.Fatalf("this process is %v, %v", alive, err)
	}
	ended := make(chan bool)
	go func() { ended <- awaitExit(alive) }()
	_ = alive.Close()
	if <-ended {
		t.Error("a file that was closed is a process that has ended")
	}
}

// Root of a user namespace of its own is nobody but its user here.
func TestF44_PeerInAUserNamespace(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can map another user into a namespace")
	}
	dir, err := os.MkdirTemp("", "kazashi")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	needOthersReach(t, dir)
	l, err := Listen(t.Context(), filepath.Join(dir, "s"), 0o666, NoGroup)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	child := exec.CommandContext(t.Context(), "/proc/self/exe")
	child.Env = append(os.Environ(), dialerEnv+"="+l.Addr().String())
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 12345, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 23456, Size: 1}},
		Credential:  &syscall.Credential{Uid: 0, Gid: 0, NoSetGroups: true},
	}
	if err := child.Start(); err != nil {
		t.Skipf("no user namespaces here: %v", err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer, err := peerOf(c)
	_ = c.Close()
	_ = child.Wait()
	if err != nil || peer.UID != 12345 || peer.GID != 23456 {
		t.Errorf("root of the namespace is %+v here, %v", peer, err)
	}
	if roles := (Access{}).Roles(peer); roles != 0 {
		t.Errorf("it has the roles %s", roles)
	}
}
