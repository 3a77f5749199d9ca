// Package server is the daemon's socket: HTTP/1.1 and JSON over a Unix stream
// socket, as transport/api/openapi.yaml says.
//
// What a caller may do is decided by who the kernel says it is. The table in
// routes.go gives one role to every route and is the whole of the access policy;
// everything is refused that is not in it. A request passes, in this order: no
// browser behind it, a caller with any role, its rate, a route, the method, the
// role, the form.
package server

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// A Backend is the rest of the daemon, as far as the socket shows it. Its methods
// are called from many goroutines and must be quick.
type Backend interface {
	// Status may leave Active empty: the server fills it from the vault.
	Status() api.Status
	Health() api.Health
	Readers() []api.Reader
	Profiles() []api.Profile
	// Profile returns what is asked under a profile's name.
	Profile(name string) (api.Profile, bool)
	Trust() api.Trust
	// Trace returns what was traced after a position. With nothing there it waits until
	// ctx ends, unless tracing is off or goes off.
	Trace(ctx context.Context, after api.Position) api.Trace
	// SetTrace turns tracing on for a time, or off for 0.
	SetTrace(on time.Duration)
	// Log returns what was logged after a position; with nothing there it waits until ctx
	// ends.
	Log(ctx context.Context, after api.Position) api.Log
	// Bugreport collects what those need who mend the terminal, and logs its marker.
	Bugreport() (api.Bugreport, error)
	// WriteMetrics writes what was counted in the format of api.MediaMetrics.
	WriteMetrics(w io.Writer) error
}

// A Config is what a server is made of. Vault, Backend and Messages are mandatory.
type Config struct {
	Vault   *vault.Vault
	Backend Backend
	Access  Access // at first; see Server.SetAccess
	Version string // of the daemon
	// Messages says what people are told of a code.
	Messages func(fault.Code) api.Message
	// Observe, when set, is told of every request that was answered.
	Observe func(Answered)
	Limits  Limits
}

// Limits bound what callers can take. A zero field takes the default beside it.
// Callers without a role count as one user.
type Limits struct {
	Conns        int     // connections at a time, half of them kept for issuers; 64
	ConnsPerUser int     // of them by one uid; 32
	Streams      int     // event streams at a time, half of them kept for issuers; 32
	StreamsEach  int     // of them by one uid; 8
	Rate         float64 // requests per second by one uid; 50
	Burst        int     // requests at once by one uid; 100
}

func (l Limits) withDefaults() Limits {
	number := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	number(&l.Conns, 64)
	number(&l.ConnsPerUser, 32)
	number(&l.Streams, 32)
	number(&l.StreamsEach, 8)
	number(&l.Burst, 100)
	if l.Rate <= 0 {
		l.Rate = 50
	}
	return l
}

// Times of the socket.
const (
	headerTimeout = 5 * time.Second  // for the header of a request
	readTimeout   = 10 * time.Second // for a request with its body
	writeTimeout  = 10 * time.Second // for an answer, or one line of a stream
	heartbeat     = 10 * time.Second // between lines of a stream where nothing happens
	// quietTimeout is for a connection without a request, to which no presentation is
	// bound.
	quietTimeout = 60 * time.Second
	// idleTimeout is for all others. It outlasts every presentation, so that one which
	// is bound to its connection does not end by the connection being quiet.
	idleTimeout = 10 * time.Minute
	// refuseTimeout is for telling a caller that there is no connection for it.
	refuseTimeout = time.Second
)

// maxRefusing is how many callers are told so at a time; others just find the
// connection closed.
const maxRefusing = 32

// An Answered is a request that was answered, without anything personal in it.
type Answered struct {
	Method string // as in the contract; "" for a method that no route has
	Route  string // path of the contract such as /v1/presentations/{id}; "" for none
	Status int
	Code   fault.Code // OK unless a problem was answered
	UID    uint32
	Took   time.Duration
	// Stack is where a handler panicked, as of [runtime.Callers], innermost first and at
	// most 32 callers; nil if none did. It holds no argument.
	Stack []uintptr
}

// A Server answers on the socket.
type Server struct {
	Config

	access   atomic.Pointer[Access]
	identify func(net.Conn) (Peer, error)
	mux      *http.ServeMux
	http     *http.Server
	conns    quota
	streams  quota
	rates    rates
	bound    bound
	refusing quota
	base     context.Context // of everything that is served
	stop     context.CancelCauseFunc
}

// New returns a server that serves nothing yet.
func New(c Config) *Server {
	c.Limits = c.Limits.withDefaults()
	s := &Server{
		Config:   c,
		identify: peerOf,
		conns:    quota{total: c.Limits.Conns, each: c.Limits.ConnsPerUser},
		streams:  quota{total: c.Limits.Streams, each: c.Limits.StreamsEach},
		rates:    rates{limit: c.Limits.Rate, burst: c.Limits.Burst},
		bound:    bound{vault: c.Vault},
		refusing: quota{total: maxRefusing, each: maxRefusing},
	}
	s.SetAccess(c.Access)
	s.mux = s.newMux()
	s.base, s.stop = context.WithCancelCause(context.Background())
	s.http = &http.Server{
		Handler:                      http.HandlerFunc(s.serveHTTP),
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            headerTimeout,
		ReadTimeout:                  readTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               8 << 10,
		ConnContext:                  connContext,
		ConnState:                    connState,
		BaseContext:                  func(net.Listener) context.Context { return s.base },
		// What net/http would log is said by Observe, or by nobody: it quotes input.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return s
}

// SetAccess changes who has which role, from the next request on. What is under
// way goes on.
func (s *Server) SetAccess(a Access) { s.access.Store(&a) }

// Serve answers on a listener until [Server.Shutdown]; it then returns nil. It may
// be called for several listeners.
func (s *Server) Serve(l net.Listener) error {
	taking := &listener{Listener: l, server: s}
	err := s.http.Serve(taking)
	taking.refusals.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fault.Wrap(fault.SocketUnavailable, err, "serving")
}

// Shutdown stops taking connections, ends long-polls and event streams at once,
// lets other requests finish until ctx ends and then breaks them off. Close the
// vault before: then no request that is still under way can take a result.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop(fault.New(fault.ShuttingDown, "the daemon stops"))
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
