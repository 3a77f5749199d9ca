//go:build !linux

package vpcd

import "net"

// quickACK does nothing where the system has no such hint.
func quickACK(net.Conn) {}
