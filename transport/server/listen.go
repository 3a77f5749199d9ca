package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kazashi/session/fault"
)

// Modes of the socket file: who may connect at all. Roles are checked after that.
const (
	ModeGroup   fs.FileMode = 0o660 // the kiosk: the daemon's user and its group
	ModePrivate fs.FileMode = 0o600 // the sandbox: nobody but its owner
)

// NoGroup leaves the socket file to the group that it is made with.
const NoGroup = -1

// Listen makes the socket file for a group, or [NoGroup]. At no moment does it allow more than mode, and in
// the end it allows exactly that, whatever the umask is. A socket that nobody
// answers on is a leftover and replaced. One that answers, and everything that is
// no socket, stays as it is: the error then has the code SocketUnavailable.
//
// The directory must belong to the daemon: who can write there can take the
// socket's place. Closing the listener removes the socket; the file beside it that
// two starts at once are told apart by, path and ".lock", stays.
func Listen(ctx context.Context, path string, mode fs.FileMode, gid int) (net.Listener, error) {
	l, err := listen(ctx, path, mode, gid)
	return l, fault.Wrap(fault.SocketUnavailable, err, "listening on %s", path)
}

func listen(ctx context.Context, path string, mode fs.FileMode, gid int) (net.Listener, error) {
	unlock, err := lockStart(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		// The file that bind makes takes over the socket's own mode, less the umask.
		var failed error
		err := c.Control(func(fd uintptr) { failed = unix.Fchmod(int(fd), uint32(mode.Perm())) })
		return errors.Join(err, failed)
	}}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if gid != NoGroup {
		err = os.Chown(path, -1, gid)
	}
	if err == nil {
		err = os.Chmod(path, mode.Perm()) // gives back what the umask took
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// lockStart keeps two daemons that start at once from each removing the other's
// new socket as a leftover. It locks a file that nobody else can open: whoever may
// open a file may lock it too, and so could keep the daemon from starting. The
// file is never removed: a third start could lock a new one of that name meanwhile.
func lockStart(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0:
		err = errors.New("the lock file is not a file of the daemon alone")
	default:
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			err = fmt.Errorf("another start is under way: %w", err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives up the lock
}

func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("the path exists and is no socket")
	}
	dialer := net.Dialer{Timeout: time.Second}
	c, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(errors.New("another daemon answers there"), c.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("asking whether the socket is in use: %w", err)
	}
	return os.Remove(path)
}
