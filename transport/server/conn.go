package server

import (
	"context"
	"net"
	"sync"
)

// A listener takes connections, asks the kernel who made them and refuses those
// over the limits before anything is read.
type listener struct {
	net.Listener
	server *Server
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
		if release, ok := l.server.conns.take(peer.UID); ok {
			return &conn{Conn: nc, peer: peer, atClose: []func(){release}}, nil
		}
		l.server.refuse(nc)
	}
}

// A conn is a connection with who made it and what ends with it.
type conn struct {
	net.Conn
	peer Peer

	mu      sync.Mutex
	closed  bool
	atClose []func()
}

// Close closes the connection and runs what was to be done then.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	actions := c.atClose
	c.closed, c.atClose = true, nil
	c.mu.Unlock()
	for _, action := range actions {
		action()
	}
	return err
}

// whenClosed runs action once the connection is closed, at once if it is already.
func (c *conn) whenClosed(action func()) {
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.atClose = append(c.atClose, action)
	}
	c.mu.Unlock()
	if closed {
		action()
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

// A quota counts what users hold, in total and each.
type quota struct {
	total, each int

	mu   sync.Mutex
	held map[uint32]int
	sum  int
}

// take counts one more for a user, and returns how to give it back, once.
func (q *quota) take(uid uint32) (release func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sum >= q.total || q.held[uid] >= q.each {
		return nil, false
	}
	if q.held == nil {
		q.held = make(map[uint32]int)
	}
	q.sum++
	q.held[uid]++
	return sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.sum--
		if q.held[uid]--; q.held[uid] == 0 {
			delete(q.held, uid)
		}
	}), true
}
