package server

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A call is one request on its way.
type call struct {
	w    *answer
	r    *http.Request
	peer Peer
}

// An answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	code   fault.Code
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// serve answers a request whose path has these routes.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, methods []*route) {
	start := time.Now()
	c := &call{w: &answer{ResponseWriter: w, code: fault.OK}, r: r}
	if conn := connOf(r.Context()); conn != nil {
		c.peer = conn.peer
	}
	header := w.Header()
	header.Set(api.HeaderVersion, s.Version)
	header.Set(api.HeaderAPI, api.Version)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	c.within(writeTimeout)

	rt, allow := pick(methods, r.Method)
	stack, err := s.guarded(c, rt, allow)
	if err != nil {
		s.problem(c, err)
	}
	if s.Observe == nil {
		return
	}
	done := Answered{Status: c.w.status, Code: c.w.code, UID: c.peer.UID, Took: time.Since(start), Stack: stack}
	if rt != nil {
		done.Method, done.Route = rt.method, rt.path
	}
	s.Observe(done)
}

// maxStack is how many callers are told of a panic.
const maxStack = 32

// guarded serves a request; a handler that panics is an internal fault, of which
// nothing is told but that.
func (s *Server) guarded(c *call, rt *route, allow []string) (stack []uintptr, err error) {
	defer func() {
		if p := recover(); p != nil {
			stack = make([]uintptr, maxStack)
			stack = stack[:runtime.Callers(2, stack)] // without this function
			err = fault.New(fault.Internal, "handler panicked")
		}
	}()
	if err := s.admit(c, rt, allow); err != nil {
		return nil, err
	}
	return nil, rt.handle(s, c)
}

// admit refuses what may not come as far as a handler.
func (s *Server) admit(c *call, rt *route, allow []string) error {
	roles := s.access.Load().Roles(c.peer)
	if roles == 0 {
		c.w.Header().Set("Connection", "close") // nothing will ever be served on it
	}
	if _, browser := c.r.Header["Origin"]; browser {
		return fault.New(fault.ForeignOrigin, "requests with an Origin are refused")
	}
	if !slices.Contains([]string{"", "kazashi", "localhost", "unix"}, c.r.Host) {
		return fault.New(fault.ForeignOrigin, "the Host is not this one: say kazashi or localhost")
	}
	if !s.rates.allow(s.holder(c.peer).uid) {
		c.w.Header().Set("Retry-After", "1")
		return fault.New(fault.TooManyRequests, "more requests than this user may send")
	}
	switch {
	case roles == 0:
		return fault.New(fault.Forbidden, "this user has no role")
	case rt == nil && len(allow) > 0:
		c.w.Header().Set("Allow", strings.Join(allow, ", "))
		return fault.New(fault.MethodNotAllowed, "the path has only: %s", strings.Join(allow, ", "))
	case rt == nil:
		return fault.New(fault.RouteNotFound, "no such path")
	case !roles.Has(rt.role):
		return fault.New(fault.Forbidden, "the role %s is needed", rt.role)
	}
	return nil
}

// within gives the answer this long to be written, from now on.
func (c *call) within(d time.Duration) {
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(d))
}

// linger takes away the time limit for reading: the request is read, and only the
// caller's end is still waited for. It would end the request's context otherwise.
func (c *call) linger() {
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Time{})
}

// gone reports why nobody needs the answer any more, nil while somebody does.
func (c *call) gone() error {
	if c.r.Context().Err() == nil {
		return nil
	}
	if cause := context.Cause(c.r.Context()); fault.CodeOf(cause) == fault.ShuttingDown {
		return cause
	}
	return fault.New(fault.SocketUnavailable, "the caller is gone")
}
