package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestF49_BrowsersAreRefused(t *testing.T) {
	b := newBench(t)
	for _, origin := range []string{"http://localhost", "null", ""} {
		r := b.request("GET", "/v1/status", "")
		r.Header["Origin"] = []string{origin}
		wantProblem(t, b.send("observer", r), http.StatusForbidden, fault.ForeignOrigin)
	}
	for host, status := range map[string]int{
		"kazashi": 200, "localhost": 200, "unix": 200, "evil.example": 403, "localhost:80": 403, "127.0.0.1": 403,
	} {
		r := b.request("GET", "/v1/status", "")
		r.Host = host
		if got := b.send("observer", r); got.StatusCode != status {
			t.Errorf("host %s: %d", host, got.StatusCode)
		}
	}
}

func TestF49_BodiesAreBounded(t *testing.T) {
	b := newBench(t)
	long := `{"profile":"address","transaction":"` + strings.Repeat("x", api.MaxBody) + `"}`
	wantProblem(t, b.do("issuer", "POST", "/v1/presentations", long), http.StatusRequestEntityTooLarge, fault.RequestTooLarge)
	r := b.request("POST", "/v1/presentations", long)
	r.ContentLength = -1 // chunked
	wantProblem(t, b.send("issuer", r), http.StatusRequestEntityTooLarge, fault.RequestTooLarge)
	r = b.request("GET", "/v1/status", "{}")
	wantProblem(t, b.send("issuer", r), http.StatusBadRequest, fault.MalformedRequest)
}

func TestF49_MediaTypes(t *testing.T) {
	b := newBench(t)
	for media, ok := range map[string]bool{
		"application/json": true, "Application/JSON; charset=utf-8": true,
		"text/plain": false, "": false, "application/x-www-form-urlencoded": false,
	} {
		r := b.request("POST", "/v1/presentations", `{}`)
		r.Header.Set("Content-Type", media)
		got := b.send("issuer", r)
		if refused := got.StatusCode == http.StatusUnsupportedMediaType; refused == ok {
			t.Errorf("%q: %d", media, got.StatusCode)
		}
	}
	r := b.request("POST", "/v1/presentations", orderBody)
	r.Header.Set("Content-Encoding", "gzip")
	wantProblem(t, b.send("issuer", r), http.StatusUnsupportedMediaType, fault.UnsupportedMediaType)
}

// raw sends bytes as the issuer and returns the status line and what came with it.
func (b *bench) raw(text string) (*http.Response, error) {
	b.t.Helper()
	c, err := net.Dial("unix", filepath.Join(b.dir, "issuer"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, text)
	return http.ReadResponse(bufio.NewReader(c), nil)
}

func TestF49_MalformedHTTP(t *testing.T) {
	b := newBench(t)
	const post = "POST /v1/presentations HTTP/1.1\r\nHost: kazashi\r\nContent-Type: application/json\r\n"
	for name, text := range map[string]string{
		"garbage":                    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"header too large":           "GET /v1/status HTTP/1.1\r\nHost: kazashi\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"two lengths":                post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
		"length of a chunked body":   post + "Content-Length: 2\r\nTransfer-Encoding: gzip, chunked\r\n\r\n{}",
		"chunked garbage":            post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"two hosts":                  "GET /v1/status HTTP/1.1\r\nHost: kazashi\r\nHost: kazashi\r\n\r\n",
		"foreign host in the target": "GET http://evil.example/v1/status HTTP/1.1\r\nHost: kazashi\r\n\r\n",
		"request to a proxy":         "CONNECT evil.example:443 HTTP/1.1\r\nHost: kazashi\r\n\r\n",
		"every resource":             "OPTIONS * HTTP/1.1\r\nHost: kazashi\r\n\r\n",
	} {
		response, err := b.raw(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if response.StatusCode < 400 || response.StatusCode >= 600 {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	if n := len(b.vault.Active()); n != 0 {
		t.Errorf("%d presentations armed by garbage", n)
	}
}

func TestF49_IdleConnectionsAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Conns, c.Limits.ConnsPerUser = 8, 5 })
	var idle []net.Conn
	defer func() {
		for _, c := range idle {
			_ = c.Close()
		}
	}()
	for range 5 {
		c, err := net.Dial("unix", filepath.Join(b.dir, "issuer"))
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
	}
	for range 500 {
		r := b.request("GET", "/v1/status", "")
		response, err := b.clients["issuer"].Do(r)
		if err != nil {
			t.Fatalf("a refusal that cannot be read: %v", err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		conform(t, r, response, body)
		if response.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("a connection over the limit got %d", response.StatusCode)
		}
	}
	// Others are served meanwhile, and the user is as soon as a connection ends.
	as[api.Status](t, b.do("observer", "GET", "/v1/status", ""), http.StatusOK)
	_, _ = fmt.Fprint(idle[0], "GET /v1/status HTTP/1.1\r\nHost: kazashi\r\nConnection: close\r\n\r\n")
	if _, err := io.ReadAll(idle[0]); err != nil {
		t.Fatal(err)
	}
	_ = idle[0].Close()
	for {
		response, err := b.clients["issuer"].Do(b.request("GET", "/v1/status", ""))
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

func TestRateIsPerUser(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Rate, c.Limits.Burst = 1e-9, 3 })
	for range 3 {
		as[api.Status](t, b.do("observer", "GET", "/v1/status", ""), http.StatusOK)
	}
	r := b.do("observer", "GET", "/v1/status", "")
	wantProblem(t, r, http.StatusTooManyRequests, fault.TooManyRequests)
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	as[api.Status](t, b.do("issuer", "GET", "/v1/status", ""), http.StatusOK)
}

func TestPanicsTellNothing(t *testing.T) {
	b := newBench(t)
	b.desk.panics = true
	r := b.do("observer", "GET", "/v1/status", "")
	p := wantProblem(t, r, http.StatusInternalServerError, fault.Internal)
	if p.Detail != "" || strings.Contains(string(r.body), "secret") {
		t.Fatalf("a panic told: %s", r.body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.answered[len(b.answered)-1]
	if last.Code != fault.Internal || last.Route != "/v1/status" {
		t.Fatalf("told of the panic: %+v", last)
	}
	for frames := runtime.CallersFrames(last.Stack); ; {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, ".Status") {
			return
		}
		if !more {
			t.Fatal("the stack does not hold the handler's function")
		}
	}
}
