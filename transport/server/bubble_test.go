package server

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
)

// A pipeListener takes connections without a kernel, which a test on a clock of
// its own cannot wait for.
type pipeListener struct {
	caller string
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

type pipeConn struct {
	net.Conn
	caller string
}

func (c pipeConn) LocalAddr() net.Addr { return &net.UnixAddr{Net: "unix", Name: c.caller} }

func newPipeListener(caller string) *pipeListener {
	l := &pipeListener{caller: caller, conns: make(chan net.Conn), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.close(); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Net: "unix", Name: l.caller} }

// inBubble runs a test of a server on a clock of its own.
func inBubble(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newServer(t)
		b.bubble = true
		listeners := make(map[string]net.Listener)
		for name := range callers {
			listeners[name] = newPipeListener(name)
		}
		b.dial = func(ctx context.Context, caller string) (net.Conn, error) {
			l := listeners[caller].(*pipeListener)
			ours, theirs := net.Pipe()
			select {
			case l.conns <- pipeConn{theirs, caller}:
				return ours, nil
			case <-l.closed:
				return nil, net.ErrClosed
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		b.serve(listeners)
		f(t, b)
	})
}
