package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
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
			peer = Peer{UID: OverflowID} // unknown: will be told that it may do nothing
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
	// process tells of the end of the process that made the connection; nil while
	// nothing was bound to it, or where nobody tells.
	process *os.File
	left    bool // that process has ended
}

// Close closes the connection and ends what was bound to it.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	c.closed = true
	if c.quiet != nil {
		c.quiet.Stop()
	}
	if c.process != nil {
		_ = c.process.Close()
	}
	c.mu.Unlock()
	c.release()
	c.server.bound.closed(c)
	return err
}

// isOver reports whether nothing can be bound to the connection any more.
func (c *conn) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed || c.left
}

// followProcess has what is bound to the connection end with the process that made it,
// even when a child of that process holds the connection open.
func (c *conn) followProcess() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.left || c.process != nil {
		return
	}
	process, err := processOf(c.Conn)
	if c.process = process; process == nil {
		c.left = errors.Is(err, errProcessGone)
		return
	}
	go func() {
		if !awaitExit(process) {
			return
		}
		c.mu.Lock()
		c.left = true
		c.mu.Unlock()
		c.server.bound.closed(c)
	}()
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
