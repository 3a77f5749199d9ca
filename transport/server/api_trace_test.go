package server

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestTraceIsTurnedOnForAWhile(t *testing.T) {
	b := newBench(t)
	for body, want := range map[string]time.Duration{
		`{"on":true}`: 5 * time.Minute, `{"on":true,"duration_ms":900000}`: 15 * time.Minute,
		`{"duration_ms":1,"on":true}`: time.Millisecond, `{"on":false}`: 0,
	} {
		got := as[api.Trace](t, b.do("technician", "PUT", "/v1/trace", body), http.StatusOK)
		if got.On != (want > 0) || b.desk.tracing != want {
			t.Errorf("%s: %v for %s", body, got.On, b.desk.tracing)
		}
	}
	for _, body := range []string{
		`{}`, `{"on":true,"duration_ms":900001}`, `{"on":true,"duration_ms":-1}`, `{"on":false,"duration_ms":1}`,
		`{"on":"yes"}`, `{"on":true,"redact":false}`,
	} {
		wantProblem(t, b.do("technician", "PUT", "/v1/trace", body), http.StatusBadRequest, fault.MalformedRequest)
	}
	wantProblem(t, b.do("technician", "PUT", "/v1/trace?on=true", `{"on":true}`), http.StatusBadRequest, fault.MalformedRequest)
}

func TestWhereTraceAndLogGoOn(t *testing.T) {
	b := newBench(t)
	as[api.Trace](t, b.do("technician", "PUT", "/v1/trace", `{"on":true}`), http.StatusOK)
	for _, path := range []string{"/v1/trace", "/v1/log"} {
		for query, status := range map[string]int{
			"": 200, "?wait=1ms": 200, "?after=1&epoch=E&wait=1ms": 200, "?after=0&epoch=": 200,
			"?after=1": 400, "?epoch=E": 400, "?after=x&epoch=E": 400, "?after=-1&epoch=E": 400, "?wait=61s": 400, "?wait=x": 400,
			"?seen=1": 400, "?since=1h": 400,
		} {
			if r := b.do("technician", "GET", path+query, ""); r.StatusCode != status {
				t.Errorf("%s%s: %d", path, query, r.StatusCode)
			}
		}
		wantProblem(t, b.do("technician", "GET", path, "{}"), http.StatusBadRequest, fault.MalformedRequest)
	}
}

// A technician who waits for the log to go on does not hold up the daemon's end.
func TestF53_WaitForTheLogEndsWithTheDaemon(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		answered := make(chan received)
		go func() { answered <- b.do("technician", "GET", "/v1/log?after=1&epoch=E&wait=60s", "") }()
		synctest.Wait()
		start := time.Now()
		b.stop()
		if r := <-answered; r.StatusCode != http.StatusOK || time.Since(start) > time.Second {
			t.Errorf("%d after %s", r.StatusCode, time.Since(start))
		}
	})
}

func TestBugreport(t *testing.T) {
	b := newBench(t)
	got := as[api.Bugreport](t, b.do("technician", "POST", "/v1/bugreport", ""), http.StatusOK)
	if got.Marker != "2QGWKTN46LZX" || got.Status.Version != "0.0.1-test" || got.Health.Items[0].UserMessage == nil {
		t.Errorf("%+v", got)
	}
	wantProblem(t, b.do("technician", "POST", "/v1/bugreport", "{}"), http.StatusBadRequest, fault.MalformedRequest)
	wantProblem(t, b.do("issuer", "POST", "/v1/bugreport", ""), http.StatusForbidden, fault.Forbidden)
}
