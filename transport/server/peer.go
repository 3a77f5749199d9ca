package server

import (
	"errors"
	"net"
	"syscall"
)

// A Peer is who made a connection, as the kernel noted it when the connection was
// made. What a caller may do rests on users and groups only, never on the process
// number: a reused one gains nothing.
type Peer struct {
	Known  bool // false: the kernel did not tell; such a peer has no role
	PID    int32
	UID    uint32
	GID    uint32
	Groups []uint32 // supplementary groups
}

var (
	errNoPeer      = errors.New("connection tells no peer")
	errProcessGone = errors.New("the process that made the connection has ended")
)

// peerOf asks the kernel who made a connection.
func peerOf(c net.Conn) (Peer, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return Peer{}, errNoPeer
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var peer Peer
	var perr error
	if err := raw.Control(func(fd uintptr) { peer, perr = peerOfSocket(int(fd)) }); err != nil {
		return Peer{}, err
	}
	return peer, perr
}
