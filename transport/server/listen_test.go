package server

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"kazashi/session/fault"
)

func TestListenModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for _, umask := range []int{0o000, 0o077, 0o777} {
		for _, mode := range []fs.FileMode{ModeGroup, ModePrivate} {
			old := unix.Umask(umask)
			l, err := Listen(t.Context(), path, mode, os.Getgid())
			unix.Umask(old)
			if err != nil {
				t.Fatalf("umask %o: %v", umask, err)
			}
			info, err := os.Lstat(path)
			if err != nil || info.Mode() != fs.ModeSocket|mode {
				t.Errorf("umask %o: %v, %v", umask, info.Mode(), err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(path); err == nil {
				t.Error("the socket file outlived its listener")
			}
		}
	}
}

func TestListenReplacesALeftover(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	if err := stale.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(t.Context(), path, ModePrivate, NoGroup)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := Listen(t.Context(), path, ModePrivate, NoGroup); fault.CodeOf(err) != fault.SocketUnavailable {
		t.Fatalf("a living daemon's socket was taken: %v", err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the living daemon lost its socket: %v", err)
	}
	_ = c.Close()
}

func TestListenLeavesOtherThingsAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link, dir, filepath.Join(dir, "none", "s")} {
		if l, err := Listen(t.Context(), path, ModePrivate, NoGroup); fault.CodeOf(err) != fault.SocketUnavailable {
			t.Errorf("%s: %v, %v", path, l, err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("the file is %q, %v", b, err)
	}
}

func TestListenWhileAnotherStarts(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockStart(filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), filepath.Join(dir, "s"), ModePrivate, NoGroup); fault.CodeOf(err) != fault.SocketUnavailable {
		t.Fatalf("two starts at once: %v", err)
	}
	unlock()
	l, err := Listen(t.Context(), filepath.Join(dir, "s"), ModePrivate, NoGroup)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

// Whoever can open a file can lock it. The directory is open to everyone.
func TestListenCannotBeBlockedByALockOnTheDirectory(t *testing.T) {
	dir := t.TempDir()
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	l, err := Listen(t.Context(), path, ModeGroup, NoGroup)
	if err != nil {
		t.Fatalf("a lock that any user can take kept the daemon from starting: %v", err)
	}
	_ = l.Close()
	info, err := os.Lstat(path + ".lock")
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("what is locked instead is %v, %v: others could open it", info.Mode(), err)
	}
	if err := os.Chmod(path+".lock", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), path, ModeGroup, NoGroup); fault.CodeOf(err) != fault.SocketUnavailable {
		t.Fatalf("a lock file that others can open was used: %v", err)
	}
}

func TestListenFollowsNoLinkToItsLock(t *testing.T) {
	dir := t.TempDir()
	path, elsewhere := filepath.Join(dir, "s"), filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, path+".lock"); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), path, ModePrivate, NoGroup); fault.CodeOf(err) != fault.SocketUnavailable {
		t.Fatalf("a link in the lock's place: %v", err)
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("the link was followed")
	}
}
