package server

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// processOf returns what tells of the end of the process that made a connection, nil
// where the kernel (before Linux 6.5) does not say. It holds on to that process and not
// to its number, which another may have by now. errProcessGone means that the process
// has ended already.
func processOf(c net.Conn) (*os.File, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	pidfd := -1
	var perr error
	if err := raw.Control(func(fd uintptr) {
		pidfd, perr = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	}); err != nil {
		return nil, err
	}
	switch {
	case errors.Is(perr, unix.ESRCH), errors.Is(perr, unix.EINVAL): // which of them, the kernel's version decides
		return nil, errProcessGone
	case perr != nil:
		return nil, nil //nolint:nilerr // an old kernel, or a socket that is none of Unix
	}
	// Without it the runtime would give the wait a thread.
	if err := unix.SetNonblock(pidfd, true); err != nil {
		return nil, errors.Join(err, unix.Close(pidfd))
	}
	return os.NewFile(uintptr(pidfd), "pidfd"), nil
}

// awaitExit waits until the process has ended, and returns true, or until the file is
// closed.
func awaitExit(process *os.File) bool {
	raw, err := process.SyscallConn()
	if err != nil {
		return false
	}
	ended := false
	err = raw.Read(func(fd uintptr) bool {
		state := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(state, 0)
		ended = err == nil && n > 0
		return ended
	})
	return err == nil && ended
}
