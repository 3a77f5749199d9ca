package cli

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"kazashi/transport/api"
)

// answers is a daemon that gives the same answer to a route each time. A
// Problem is answered as one, and a handler answers for itself.
type answers map[string]any

// serve answers on a socket of its own until the test ends.
func (routes answers) serve(t *testing.T) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for route, answer := range routes {
		if handler, ok := answer.(http.HandlerFunc); ok {
			mux.Handle(route, handler)
			continue
		}
		mux.HandleFunc(route, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", api.MediaJSON)
			if p, ok := answer.(api.Problem); ok {
				w.Header().Set("Content-Type", api.MediaProblem)
				w.WriteHeader(p.Status)
			}
			_ = json.NewEncoder(w).Encode(answer)
		})
	}
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return socket
}

// run runs the command and returns its exit status and what it wrote. What is
// written for people has to stay within the columns.
func run(t *testing.T, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	exit = Run(t.Context(), Process{
		Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs,
	})
	if !strings.HasPrefix(out.String(), "{") {
		for line := range strings.Lines(out.String()) {
			if w := width(strings.TrimSuffix(line, "\n")); w > columns {
				t.Errorf("line of %d columns: %s", w, line)
			}
		}
	}
	return exit, out.String(), errs.String()
}
