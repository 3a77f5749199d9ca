package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// A listener takes connections, asks the kernel who made them and refuses those
// over the limits.
type listener struct {
	net.Listener
	server   *Server
	refusals sync.WaitGroup
}

// Accept returns the next connection within the limits, as a *conn.
func (l *listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := l.server.identify(nc)
		if err != nil {
			peer = Peer{UID: overflowID} // unknown: will be told that it may do nothing
		}
		if release, ok := l.server.conns.take(l.server.holder(peer)); ok {
			return &conn{Conn: nc, peer: peer, server: l.server, release: release}, nil
		}
		l.refuse(nc)
	}
}

// A conn is a connection with who made it and what ends with it.
type conn struct {
	net.Conn
	peer    Peer
	server  *Server
	release func() // gives the connection's place to another

	mu     sync.Mutex
	closed bool
	turn   uint64      // grows when a request begins or ends
	quiet  *time.Timer // runs while no request is under way
}

// Close closes the connection and ends what was bound to it.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	c.closed = true
	if c.quiet != nil {
		c.quiet.Stop()
	}
	c.mu.Unlock()
	c.release()
	c.server.bound.closed(c)
	return err
}

func (c *conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// connState is [http.Server.ConnState]. A connection without a request is closed
// after a while: it takes the place of another. One that a presentation is bound to
// stays as long as that.
func connState(nc net.Conn, state http.ConnState) {
	c, ok := nc.(*conn)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	if c.quiet != nil {
		c.quiet.Stop()
	}
	if turn := c.turn; state == http.StateIdle && !c.closed {
		c.quiet = time.AfterFunc(quietTimeout, func() { c.wasQuiet(turn) })
	}
}

// wasQuiet closes a connection that nothing came over, unless it is bound to.
func (c *conn) wasQuiet(turn uint64) {
	bound := c.server.bound.holds(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.turn != turn || c.closed: // a request came just now
	case bound:
		c.quiet.Reset(quietTimeout)
	default:
		_ = c.Conn.Close() // net/http notices, and closes c
	}
}

type connKey struct{}

// connContext is [http.Server.ConnContext].
func connContext(ctx context.Context, nc net.Conn) context.Context {
	if c, ok := nc.(*conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// connOf returns the connection of a request, nil when it came by another way
// than a listener of ours.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}
