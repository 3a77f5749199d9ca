package daemon

import (
	"context"
	"errors"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
)

// probeTimeout bounds the question whether somebody answers on a socket.
const probeTimeout = time.Second

// listen opens the daemon's socket with the permissions of the configuration. A
// socket that a dead daemon left behind is replaced; one that answers belongs to a
// living daemon and is fault.SocketUnavailable, as is every failure but a group
// that does not exist, which is fault.ConfigInvalid.
func listen(ctx context.Context, c configs.Socket) (net.Listener, error) {
	gid := -1
	if c.Group != "" {
		group, err := user.LookupGroup(c.Group)
		if err != nil {
			return nil, fault.Wrap(fault.ConfigInvalid, err, "socket.group")
		}
		if gid, err = strconv.Atoi(group.Gid); err != nil {
			return nil, fault.Wrap(fault.ConfigInvalid, err, "socket.group")
		}
	}
	unlock, err := lockDirectory(filepath.Dir(c.Path))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := removeStale(ctx, c.Path); err != nil {
		return nil, err
	}
	// The mask keeps everybody else out until owner and mode are as configured.
	mask := syscall.Umask(0o177)
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", c.Path)
	syscall.Umask(mask)
	if err != nil {
		return nil, fault.Wrap(fault.SocketUnavailable, err, "opening socket")
	}
	if gid >= 0 {
		err = os.Chown(c.Path, -1, gid)
	}
	if err == nil {
		err = os.Chmod(c.Path, os.FileMode(c.Mode))
	}
	if err != nil {
		return nil, fault.Wrap(fault.SocketUnavailable, errors.Join(err, l.Close()), "setting owner and mode of socket")
	}
	return l, nil
}

// lockDirectory keeps two daemons that start at once from replacing each other's
// socket: between asking and opening, one of them has the directory's lock.
func lockDirectory(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fault.Wrap(fault.SocketUnavailable, err, "opening the socket's directory")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fault.Wrap(fault.SocketUnavailable, errors.Join(err, f.Close()), "another daemon starts in %s", dir)
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back
}

// removeStale removes a socket on which nobody answers any more.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.SocketUnavailable, err, "looking at socket")
	}
	if info.Mode().Type() != os.ModeSocket {
		return fault.New(fault.SocketUnavailable, "%s is there and is no socket", path)
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return fault.New(fault.SocketUnavailable, "another daemon answers on %s", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fault.Wrap(fault.SocketUnavailable, err, "asking who is on the socket")
	}
	return fault.Wrap(fault.SocketUnavailable, os.Remove(path), "removing a stale socket")
}
