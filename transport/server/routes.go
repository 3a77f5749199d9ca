package server

import (
	"net/http"
	"path"
	"strings"
)

// A route is one line of the access policy.
type route struct {
	method string
	path   string // pattern of net/http
	role   Role   // whom it serves
	handle func(*Server, *call) error
}

const ackPath = "/v1/presentations/{id}/ack"

// routes is everything that the socket can do, and for whom. What is not here is
// refused. Presentations belong to the user who armed them; the vault sees to that.
var routes = []route{
	{"GET", "/v1/status", Observer, (*Server).getStatus},
	{"GET", "/v1/health", Observer, (*Server).getHealth},
	{"GET", "/v1/events", Observer, (*Server).getEvents},
	{"GET", "/v1/readers", Observer, (*Server).getReaders},
	{"GET", "/v1/profiles", Observer, (*Server).getProfiles},
	{"GET", "/v1/trust", Observer, (*Server).getTrust},
	{"GET", "/metrics", Observer, (*Server).getMetrics},
	{"GET", "/v1/trace", Technician, (*Server).getTrace},
	{"PUT", "/v1/trace", Technician, (*Server).putTrace},
	{"GET", "/v1/log", Technician, (*Server).getLog},
	{"POST", "/v1/bugreport", Technician, (*Server).postBugreport},
	{"POST", "/v1/presentations", Issuer, (*Server).postPresentation},
	{"GET", "/v1/presentations/{id}", Issuer, (*Server).getPresentation},
	{"DELETE", "/v1/presentations/{id}", Issuer, (*Server).deletePresentation},
	{"POST", "/v1/presentations/{id}/claim", Issuer, (*Server).postClaim},
	{"POST", ackPath, Issuer, (*Server).postAck},
}

// newMux leads every path to the routes that it has, and all others to none.
func (s *Server) newMux() *http.ServeMux {
	paths := make(map[string][]*route)
	for i := range routes {
		paths[routes[i].path] = append(paths[routes[i].path], &routes[i])
	}
	mux := http.NewServeMux()
	for pattern, methods := range paths {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, methods) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, nil) })
	return mux
}

// serveHTTP keeps the mux from answering by itself: it would redirect a path that
// is not clean.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/") || path.Clean(r.URL.Path) != r.URL.Path {
		s.serve(w, r, nil)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// pick returns the route of a request among those of its path, or the methods
// that the path has.
func pick(methods []*route, method string) (rt *route, allow []string) {
	for _, rt := range methods {
		if rt.method == method {
			return rt, nil
		}
		allow = append(allow, rt.method)
	}
	return nil, allow
}
