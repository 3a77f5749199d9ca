package server

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxGroups is NGROUPS_MAX of Linux.
const maxGroups = 65536

// peerOfSocket reads SO_PEERCRED and SO_PEERGROUPS. The former alone would miss a
// user whose role comes from a supplementary group.
func peerOfSocket(fd int) (Peer, error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Peer{}, fmt.Errorf("reading peer credentials: %w", err)
	}
	groups, err := peerGroups(fd)
	if err != nil {
		return Peer{}, fmt.Errorf("reading peer groups: %w", err)
	}
	return Peer{Known: true, PID: cred.Pid, UID: cred.Uid, GID: cred.Gid, Groups: groups}, nil
}

func peerGroups(fd int) ([]uint32, error) {
	for n := 64; n <= maxGroups; n *= 4 {
		groups := make([]uint32, n)
		size := uint32(n) * 4
		// x/sys has no call for an option that is a list of numbers.
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(&groups[0])), uintptr(unsafe.Pointer(&size)), 0)
		switch {
		case errno == 0:
			return groups[:min(int(size/4), n)], nil
		case !errors.Is(errno, unix.ERANGE):
			return nil, errno
		}
	}
	return nil, unix.ERANGE
}
