package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// The callers of the tests. Each has a socket of its own, by which the bench
// knows it: the kernel would see one user behind all.
var callers = map[string]Peer{
	"issuer":     {Known: true, UID: 1001, GID: 1001},
	"other":      {Known: true, UID: 1002, GID: 1002, Groups: []uint32{5, 2000}}, // issuer by a supplementary group
	"observer":   {Known: true, UID: 1003, GID: 3000},
	"technician": {Known: true, UID: 1004, GID: 1004},
	"root":       {Known: true, UID: 0, GID: 0},
	"nobody":     {Known: true, UID: 1005, GID: 1005},
	"foreign":    {Known: true, UID: OverflowID, GID: OverflowID, Groups: []uint32{OverflowID}},
	"unknown":    {UID: 1001, GID: 1001},
}

var policy = Access{
	Observers:   Members{GIDs: []uint32{3000, OverflowID}},
	Issuers:     Members{UIDs: []uint32{1001, OverflowID}, GIDs: []uint32{2000}},
	Technicians: Members{UIDs: []uint32{1004}},
}

// A desk is the backend of the tests.
type desk struct {
	mu      sync.Mutex
	readers []api.Reader
	panics  bool
	tracing time.Duration
}

func (d *desk) Status() api.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.panics {
		panic("secret text")
	}
	return api.Status{StartedAt: time.Now(), Health: api.HealthOK}
}

func (d *desk) Health() api.Health {
	return api.Health{State: api.HealthDegraded, Items: []api.HealthItem{
		{Code: fault.ReaderServiceDown, Severity: api.SeverityWarning, Since: time.Now()},
	}}
}

func (d *desk) Readers() []api.Reader {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.readers
}

func (d *desk) setReaders(readers ...api.Reader) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readers = readers
}

var asked = []api.AskedElement{{
	ElementName: api.ElementName{DocType: "org.iso.23220.1.jp.mnc", Namespace: "org.iso.23220.1", Element: "birth_date"},
	Label:       api.Text{Ja: "生年月日", En: "Date of birth"},
}}

func (d *desk) Profiles() []api.Profile {
	return []api.Profile{{Name: "address", Title: api.Text{Ja: "住所", En: "Address"}, Asked: asked, Usable: true}}
}

func (d *desk) Profile(name string) (api.Profile, bool) { return d.Profiles()[0], name == "address" }

func (d *desk) Trust() api.Trust {
	return api.Trust{LoadedAt: time.Now(), Anchors: []api.TrustAnchor{
		{Country: "JP", CommonName: "x", Fingerprint: strings.Repeat("0a", 32)},
	}}
}

func (d *desk) Trace(ctx context.Context, after api.Position) api.Trace {
	d.mu.Lock()
	on := d.tracing > 0
	d.mu.Unlock()
	if after.Seq > 0 && on {
		<-ctx.Done()
		return api.Trace{On: on, Epoch: "E", Last: after.Seq}
	}
	until := time.Now()
	return api.Trace{On: on, Until: &until, Epoch: "E", Last: 1, Entries: []api.TraceEntry{{
		Seq: 1, At: until, Tap: 1, Reader: "front", Type: api.TraceExchange, Step: "select-ndef-application", Header: "00a40400", Sent: 13, Received: 2, SW: "9000", TookMS: .5,
	}}}
}

func (d *desk) SetTrace(on time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tracing = on
}

func (d *desk) Log(ctx context.Context, after api.Position) api.Log {
	if after.Seq > 0 {
		<-ctx.Done()
		return api.Log{Epoch: "E", Last: after.Seq}
	}
	return api.Log{Epoch: "E", Last: 1, Entries: []api.LogEntry{{
		Seq: 1, Line: json.RawMessage(`{"level":"warn","time":"2026-11-23T09:30:02.000Z","message":"tap failed","code":"KZ-421"}`),
	}}}
}

func (d *desk) Bugreport() (api.Bugreport, error) {
	return api.Bugreport{
		Marker: "2QGWKTN46LZX", At: time.Now(), Health: d.Health(), Trust: d.Trust(), Config: map[string]any{"log.level": "info"},
		Ledger: api.LedgerSummary{States: map[api.State]int{}}, Goroutines: 1,
		Log: api.Log{}, Trace: &api.Trace{On: true},
	}, nil
}

func (d *desk) WriteMetrics(w io.Writer) error {
	_, err := io.WriteString(w, "# TYPE kazashi_test gauge\nkazashi_test 1\n")
	return err
}

// A bench is a server on sockets, one for each caller.
type bench struct {
	t       *testing.T
	server  *Server
	vault   *vault.Vault
	desk    *desk
	dial    func(ctx context.Context, caller string) (net.Conn, error)
	dir     string
	clients map[string]*http.Client
	bubble  bool // on a clock of its own, where the contract cannot be asked

	mu       sync.Mutex
	answered []Answered
}

func newServer(t *testing.T, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, desk: &desk{}, clients: make(map[string]*http.Client)}
	b.desk.setReaders(api.Reader{Name: "front", Usable: true})
	b.vault = vault.New(vault.Options{Specimen: true})
	config := Config{
		Vault: b.vault, Backend: b.desk, Access: policy, Version: "0.0.1-test",
		Messages: func(code fault.Code) api.Message {
			return api.Message{User: api.Text{Ja: string(code) + " です", En: "it is " + string(code)}, Retry: api.RetryLater}
		},
		Observe: func(a Answered) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.answered = append(b.answered, a)
		},
	}
	for _, f := range change {
		f(&config)
	}
	b.server = New(config)
	b.server.identify = func(c net.Conn) (Peer, error) {
		peer := callers[filepath.Base(c.LocalAddr().String())]
		if !peer.Known {
			return peer, errNoPeer
		}
		return peer, nil
	}
	return b
}

// serve serves listeners, by caller, until the test ends.
func (b *bench) serve(listeners map[string]net.Listener) {
	b.t.Helper()
	var serving sync.WaitGroup
	for name, l := range listeners {
		serving.Go(func() {
			if err := b.server.Serve(l); err != nil {
				b.t.Errorf("serve: %v", err)
			}
		})
		b.clients[name] = b.client(name)
	}
	b.t.Cleanup(func() {
		b.stop()
		serving.Wait()
	})
}

func newBench(t *testing.T, change ...func(*Config)) *bench {
	t.Helper()
	b := newServer(t, change...)
	b.dir = t.TempDir()
	b.dial = func(ctx context.Context, caller string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(b.dir, caller))
	}
	listeners := make(map[string]net.Listener)
	for name := range callers {
		l, err := Listen(t.Context(), filepath.Join(b.dir, name), ModePrivate, NoGroup)
		if err != nil {
			t.Fatal(err)
		}
		listeners[name] = l
	}
	b.serve(listeners)
	return b
}

func (b *bench) client(name string) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return b.dial(ctx, name)
	}}
	b.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (b *bench) stop() {
	b.vault.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, c := range b.clients {
		c.CloseIdleConnections()
	}
	if err := b.server.Shutdown(ctx); err != nil {
		b.t.Errorf("shutdown: %v", err)
	}
}

// A received is an answer that was read to its end.
type received struct {
	*http.Response
	body []byte
}

func (b *bench) request(method, path, body string) *http.Request {
	b.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, "http://kazashi"+path, reader)
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", api.MediaJSON)
	}
	return r
}

// send sends a request as a caller and holds the answer against the contract.
func (b *bench) send(as string, r *http.Request) received {
	b.t.Helper()
	response, err := b.clients[as].Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	if v, n := response.Header.Get(api.HeaderVersion), response.Header.Get(api.HeaderAPI); v != "0.0.1-test" || n != "1" {
		b.t.Errorf("%s %s answered with version %q of interface %q", r.Method, r.URL.Path, v, n)
	}
	if response.Header.Get("Cache-Control") != "no-store" {
		b.t.Errorf("%s %s may be cached", r.Method, r.URL.Path)
	}
	if !b.bubble {
		conform(b.t, r, response, body)
	}
	return received{response, body}
}

func (b *bench) do(as, method, path, body string) received {
	b.t.Helper()
	return b.send(as, b.request(method, path, body))
}

// contract is openapi.yaml, made once.
var contract = sync.OnceValues(func() (validator.Validator, error) {
	document, err := libopenapi.NewDocument(api.OpenAPI)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return v, nil
})

// contractLock: the validator keeps state between calls.
var contractLock sync.Mutex

// conform holds an answer against the contract.
func conform(t *testing.T, r *http.Request, response *http.Response, body []byte) {
	t.Helper()
	contractLock.Lock()
	defer contractLock.Unlock()
	v, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	status := response.StatusCode
	if status >= http.StatusBadRequest { // the same on every route, and where there is none
		r, _ = http.NewRequest(http.MethodGet, "http://kazashi/v1/status", nil)
	}
	copied := *response
	copied.Body = io.NopCloser(bytes.NewReader(body))
	if ok, errs := v.ValidateHttpResponse(r, &copied); !ok {
		for _, e := range errs {
			t.Errorf("%s %s answered %d against the contract: %s: %s %v", r.Method, r.URL.Path, status, e.Message, e.Reason, e.SchemaValidationErrors)
		}
		t.Logf("answer: %s", body)
	}
}

// wantProblem checks for a problem with a status and a code.
func wantProblem(t *testing.T, r received, status int, code fault.Code) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(r.body, &p); err != nil {
		t.Fatalf("no problem: %v: %s", err, r.body)
	}
	if r.StatusCode != status || p.Code != code || p.Status != status {
		t.Fatalf("got %d %s (%s), want %d %s %s", r.StatusCode, p.Code, p.Detail, status, code, code.Slug())
	}
	if media := r.Header.Get("Content-Type"); media != api.MediaProblem {
		t.Fatalf("problem of type %q", media)
	}
	if p.UserMessage.En != "it is "+string(code) || p.Type != api.ProblemType+code.Slug() {
		t.Fatalf("problem is %+v", p)
	}
	return p
}

// as decodes an answer with a status.
func as[T any](t *testing.T, r received, status int) T {
	t.Helper()
	var v T
	if r.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", r.StatusCode, status, r.body)
	}
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (b *bench) arm(body string) api.Presentation {
	b.t.Helper()
	return as[api.Presentation](b.t, b.do("issuer", "POST", "/v1/presentations", body), http.StatusCreated)
}

const orderBody = `{"profile":"address","transaction":"job-1"}`
