package server

import (
	"net/http"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestMetrics(t *testing.T) {
	b := newBench(t)
	r := b.do("observer", "GET", "/metrics", "")
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != api.MediaMetrics ||
		!strings.Contains(string(r.body), "\nkazashi_test 1\n") || r.ContentLength != int64(len(r.body)) {
		t.Errorf("%d %s %s", r.StatusCode, r.Header.Get("Content-Type"), r.body)
	}
	wantProblem(t, b.do("observer", "GET", "/metrics?name=x", ""), http.StatusBadRequest, fault.MalformedRequest)
	wantProblem(t, b.do("observer", "GET", "/metrics", "{}"), http.StatusBadRequest, fault.MalformedRequest)
}
