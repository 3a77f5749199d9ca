package vpcd

import (
	"net"
	"syscall"
)

// quickACK has what arrives on c acknowledged at once. The kernel takes it as a
// hint for the next few segments, so it is repeated. Failing, it costs time only.
func quickACK(c net.Conn) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
