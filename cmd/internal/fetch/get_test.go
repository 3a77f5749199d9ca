package fetch_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kazashi/cmd/internal/fetch"
	"kazashi/session/fault"
)

// What a line and a server can do to a transfer, each with its code, and none of it
// touches what is installed.
func TestF42_TransferThatFails(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	newer := iaca.crl(t, 6, tomorrow())
	for name, c := range map[string]struct {
		handler   http.HandlerFunc
		code      fault.Code
		temporary bool
	}{
		"cut off before its length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(newer)))
			_, _ = w.Write(newer[:len(newer)/2])
		}, fault.FetchTruncated, true},
		"cut off in a chunk": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(newer[:len(newer)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, fault.FetchTruncated, true},
		"closed before any answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault.FetchUnreachable, true},
		"too large by its length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1048577")
			_, _ = w.Write(newer)
		}, fault.FetchTooLarge, false},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, fault.FetchTooLarge, false},
		"not there":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, fault.FetchRefused, false},
		"forbidden":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, fault.FetchRefused, false},
		"no content":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, fault.FetchRefused, false},
		"a part":                {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }, fault.FetchRefused, false},
		"not modified, unasked": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, fault.FetchRefused, false},
		"too many requests":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, fault.FetchServerError, true},
		"out of order":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, fault.FetchServerError, true},
		"headers without end": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 200 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
			w.WriteHeader(http.StatusOK)
		}, fault.FetchUnreachable, true},
		"redirect to http": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/list", http.StatusFound)
		}, fault.FetchRedirect, false},
		"redirect to a file": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusMovedPermanently)
		}, fault.FetchRedirect, false},
		"redirect in a circle": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}, fault.FetchRedirect, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTerminal(t, iaca)
			var failing atomic.Bool
			good := &publisher{list: iaca.crl(t, 5, tomorrow())}
			server := x.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if failing.Load() {
					c.handler(w, r)
					return
				}
				good.ServeHTTP(w, r)
			}))
			expect(t, x.update(t, fetch.Source{URL: server.URL}), fault.OK)
			failing.Store(true)
			results := x.update(t, fetch.Source{URL: server.URL})
			expect(t, results, c.code)
			if results[0].Temporary() != c.temporary {
				t.Errorf("temporary is %v", results[0].Temporary())
			}
			if got := x.number(t, iaca); got != "5" {
				t.Errorf("number %q counts", got)
			}
		})
	}
}

func TestUpdateFollowsARedirectToHTTPS(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	x, p := newTerminal(t, iaca), &publisher{list: iaca.crl(t, 5, tomorrow())}
	mux := http.NewServeMux()
	mux.Handle("/here", p)
	mux.Handle("/there", http.RedirectHandler("/here", http.StatusFound))
	expect(t, x.update(t, fetch.Source{URL: x.serve(t, mux).URL + "/there"}), fault.OK)
	if x.number(t, iaca) != "5" {
		t.Error("nothing installed")
	}
}

// A server that sends a byte now and then is given up in time, whether it answers
// never or slowly.
func TestF42_SlowSource(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	list := iaca.crl(t, 5, tomorrow())
	for name, handler := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"slow body": func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for i := range list {
				if _, err := w.Write(list[i : i+1]); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTerminal(t, iaca)
			x.options.Timeout = 300 * time.Millisecond
			results := x.update(t, fetch.Source{URL: x.serve(t, handler).URL})
			expect(t, results, fault.FetchTimeout)
			if !results[0].Temporary() || x.number(t, iaca) != "" {
				t.Errorf("%+v", results[0])
			}
		})
	}
}

func TestUpdateBelievesNoUnknownServer(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	x, p := newTerminal(t, iaca), &publisher{list: iaca.crl(t, 5, tomorrow())}
	server := x.serve(t, p)
	x.options.Roots = nil
	expect(t, x.update(t, fetch.Source{URL: server.URL}), fault.FetchTLS)

	plain := httptest.NewServer(p)
	defer plain.Close()
	expect(t, x.update(t, fetch.Source{URL: "https://" + plain.Listener.Addr().String()}), fault.FetchTLS)
	if p.served != 0 {
		t.Error("served all the same")
	}
}

// Errors are read in logs, and a URL may hold what admits to the source.
func TestUpdateKeepsTheURLToItself(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // nobody listens there any more
	x := newTerminal(t, newAuthority(t, "IACA"))
	results := x.update(t, fetch.Source{URL: "https://" + address + "/list?token=sesame"})
	expect(t, results, fault.FetchUnreachable)
	if text := results[0].Err.Error(); strings.Contains(text, "sesame") {
		t.Errorf("%q", text)
	}
}

func TestUpdateTakesTheProxyOfTheEnvironment(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	child := newVictim(t, newTerminal(t, iaca), iaca, "https://lists.example/iaca.crl")
	child.Env = append(child.Env, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	out, err := child.Output()
	if err != nil || string(out) != string(fault.FetchUnreachable) {
		t.Errorf("%v: %s", err, out)
	}
	if got := <-asked; got != "CONNECT lists.example:443" {
		t.Errorf("asked for %q", got)
	}
}
