package server

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// dialerEnv makes the test binary connect to a socket and wait for its end.
const dialerEnv = "KAZASHI_TEST_DIAL"

func TestMain(m *testing.M) {
	if path := os.Getenv(armerEnv); path != "" {
		armAndLeave(path)
	}
	if os.Getenv(holderEnv) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	if path := os.Getenv(dialerEnv); path != "" {
		c, err := net.Dial("unix", path)
		if err != nil {
			os.Exit(1)
		}
		_, _ = io.Copy(io.Discard, c)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestPeerIsThisProcess(t *testing.T) {
	peer := dialled(t, nil)
	if !peer.Known || peer.UID != uint32(os.Getuid()) || peer.GID != uint32(os.Getgid()) || peer.PID == 0 {
		t.Fatalf("this process is %+v", peer)
	}
}

func TestF44_SupplementaryGroups(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a process as another user")
	}
	var many []uint32 // more than the first guess of the option's size
	for gid := uint32(20000); gid < 20200; gid++ {
		many = append(many, gid)
	}
	for _, groups := range [][]uint32{nil, {2000}, many} {
		peer := dialled(t, &syscall.Credential{Uid: 12345, Gid: 23456, Groups: groups})
		if peer.UID != 12345 || peer.GID != 23456 || !slices.Equal(peer.Groups, groups) {
			t.Errorf("a process of user 12345, group 23456 and %d more is %d, %d and %d more",
				len(groups), peer.UID, peer.GID, len(peer.Groups))
		}
		if got, want := policy.Roles(peer).Has(Issuer), slices.Contains(groups, 2000); got != want {
			t.Errorf("in %d groups the process is issuer: %v", len(groups), got)
		}
	}
}

// needOthersReach skips where other users cannot get to a folder, as below a root
// folder that is closed to them.
func needOthersReach(t *testing.T, dir string) {
	t.Helper()
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o001 == 0 {
			t.Skipf("%s is closed to other users, so none can be started here", dir)
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

// dialled returns the peer that a process with these credentials makes.
func dialled(t *testing.T, credential *syscall.Credential) Peer {
	t.Helper()
	dir, err := os.MkdirTemp("", "kazashi") // not below this user's own directory
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "dial")
	if err := os.Link(os.Args[0], binary); err != nil {
		data, err := os.ReadFile(os.Args[0])
		if err == nil {
			err = os.WriteFile(binary, data, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	needOthersReach(t, dir)
	path := filepath.Join(dir, "s")
	l, err := Listen(t.Context(), path, 0o666, NoGroup)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	child := exec.CommandContext(t.Context(), binary)
	child.Env = append(os.Environ(), dialerEnv+"="+path)
	child.Dir = dir
	child.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer, err := peerOf(c)
	_ = c.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return peer
}
