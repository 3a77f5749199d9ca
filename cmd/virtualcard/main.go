// Virtualcard is a phone made of software that plugs into the virtual PC/SC reader
// of the vsmartcard project (vpcd), so that a terminal can be tried through a real
// pcscd without a reader or a phone:
//
//	virtualcard --pki /tmp/specimen &
//	kazashid --config kazashid.yaml --specimen --specimen-pki /tmp/specimen
//
// It holds specimen documents of an invented person and lies on the reader until
// somebody has read it; then it is taken away for a moment and laid down anew. It
// prints every command without its data, and the names of the elements that it was
// asked for.
//
// Exit status: 0 all taps done, 1 failed, 64 wrong command line, 66 unreadable PKI,
// 69 no virtual reader, 130 interrupted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
