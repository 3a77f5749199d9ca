package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// hold takes connections as a caller and leaves them open. What the server refuses
// counts too: it does not matter to who is kept out by it.
func hold(t *testing.T, b *bench, caller string, n int) {
	t.Helper()
	for range n {
		c, err := b.dial(t.Context(), caller)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
}

// Who may only look, or not even that, takes every connection it gets and says
// nothing on them. The issuer is served all the same.
func TestF49_OthersCannotTakeTheIssuersConnections(t *testing.T) {
	b := newBench(t)
	for _, caller := range []string{"nobody", "observer", "technician", "root", "foreign"} {
		hold(t, b, caller, 40)
	}
	p := b.arm(orderBody)
	as[api.Presentation](t, b.do("issuer", "DELETE", "/v1/presentations/"+p.ID, ""), http.StatusOK)
	b.server.conns.mu.Lock()
	defer b.server.conns.mu.Unlock()
	if q := &b.server.conns; q.others > 32 || q.held[OverflowID] > 8 {
		t.Fatalf("%d connections of others, %d of them without a role", q.others, q.held[OverflowID])
	}
}

func TestQuotaGivesBackWhatItTook(t *testing.T) {
	q := quota{total: 4, each: 3}
	observer, issuer := holder{uid: 1}, holder{uid: 2, issuer: true}
	take := func(h holder, want bool) func() {
		t.Helper()
		release, ok := q.take(h)
		if ok != want {
			t.Fatalf("%+v: %v, want %v", h, ok, want)
		}
		return release
	}
	first, second := take(observer, true), take(observer, true)
	take(observer, false) // half is for issuers
	third, fourth := take(issuer, true), take(issuer, true)
	take(issuer, false) // that is all
	first()
	first()
	fifth := take(issuer, true)
	take(holder{uid: 2, issuer: true}, false)
	for _, release := range []func(){second, third, fourth, fifth} {
		release()
	}
	if q.sum != 0 || q.others != 0 || len(q.held) != 0 {
		t.Fatalf("left %+v", q.held)
	}
}

// A caller without a role is told so once, and its connection is free for another.
func TestConnectionsWithoutARoleEndAfterTheirAnswer(t *testing.T) {
	b := newBench(t)
	for caller, closes := range map[string]bool{"nobody": true, "foreign": true, "observer": false} {
		if r := b.do(caller, "GET", "/v1/status", ""); r.Close != closes {
			t.Errorf("%s: closed %v", caller, r.Close)
		}
	}
}

// on speaks over one connection.
type on struct {
	net.Conn
	*bufio.Reader
}

func dialOn(t *testing.T, b *bench, caller string) on {
	t.Helper()
	c, err := b.dial(t.Context(), caller)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return on{c, bufio.NewReader(c)}
}

func (c on) do(t *testing.T, method, path, body string, headers ...string) received {
	t.Helper()
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: kazashi\r\n", method, path)
	for _, h := range headers {
		head += h + "\r\n"
	}
	if body != "" {
		head += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	if _, err := io.WriteString(c.Conn, head+"\r\n"+body); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return received{r, content}
}

const boundBody = `{"profile":"address","transaction":"t","bind":true,"timeout_ms":300000}`

func TestQuietConnectionsAreClosedUnlessBoundTo(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		quiet := dialOn(t, b, "issuer")
		quiet.do(t, "GET", "/v1/status", "")
		bound := dialOn(t, b, "issuer")
		p := as[api.Presentation](t, bound.do(t, "POST", "/v1/presentations", boundBody), http.StatusCreated)
		start := time.Now()
		if _, err := quiet.ReadByte(); !errors.Is(err, io.EOF) || time.Since(start) != quietTimeout {
			t.Fatalf("a quiet connection ended after %v: %v", time.Since(start), err)
		}
		if _, err := bound.ReadByte(); !errors.Is(err, io.EOF) || time.Since(start) < 5*time.Minute || time.Since(start) > 6*time.Minute {
			t.Fatalf("a connection that was bound to ended after %v: %v", time.Since(start), err)
		}
		if got, err := b.vault.Get(p.ID, 1001); err != nil || got.State != api.StateExpired {
			t.Fatalf("its presentation is %s: %v", got.State, err)
		}
	})
}

func TestConnectionInUseIsNotQuiet(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		c := dialOn(t, b, "issuer")
		for range 5 {
			c.do(t, "GET", "/v1/status", "")
			<-time.After(quietTimeout - time.Second)
		}
		p := as[api.Presentation](t, c.do(t, "POST", "/v1/presentations", orderBody), http.StatusCreated)
		c.do(t, "GET", "/v1/presentations/"+p.ID+"?wait=60s", "")
		c.do(t, "GET", "/v1/status", "")
	})
}

// What hangs on a connection is only what has not ended, however often it arms.
func TestBoundPresentationsAreForgottenWithTheirEnd(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Rate, c.Limits.Burst = 1e6, 1e6 })
	c := dialOn(t, b, "issuer")
	for range 200 {
		p := as[api.Presentation](t, c.do(t, "POST", "/v1/presentations", boundBody), http.StatusCreated)
		c.do(t, "DELETE", "/v1/presentations/"+p.ID, "")
	}
	b.server.bound.mu.Lock()
	defer b.server.bound.mu.Unlock()
	if n := len(b.server.bound.byID); n > 1 {
		t.Fatalf("%d presentations hang on a connection after 200 that have ended", n)
	}
}

func TestF46_NewestConnectionIsBoundTo(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		older, newer := dialOn(t, b, "issuer"), dialOn(t, b, "issuer")
		const key = "Idempotency-Key: k-1"
		p := as[api.Presentation](t, older.do(t, "POST", "/v1/presentations", boundBody, key), http.StatusCreated)
		again := as[api.Presentation](t, newer.do(t, "POST", "/v1/presentations", boundBody, key), http.StatusOK)
		if again.ID != p.ID {
			t.Fatal("the same key armed another presentation")
		}
		_ = older.Close()
		synctest.Wait()
		if got, _ := b.vault.Get(p.ID, 1001); got.State != api.StateArmed {
			t.Fatalf("%s after an older connection closed", got.State)
		}
		_ = newer.Close()
		synctest.Wait()
		if got, _ := b.vault.Get(p.ID, 1001); got.State != api.StateCancelled {
			t.Fatalf("%s after the newest connection closed", got.State)
		}
	})
}

func TestBindNeedsAConnectionThatStays(t *testing.T) {
	b := newBench(t)
	r := dialOn(t, b, "issuer").do(t, "POST", "/v1/presentations", boundBody, "Connection: close")
	wantProblem(t, r, http.StatusBadRequest, fault.MalformedRequest)
	if n := len(b.vault.Active()); n != 0 {
		t.Fatal("armed all the same")
	}
	as[api.Presentation](t, dialOn(t, b, "issuer").do(t, "POST", "/v1/presentations", orderBody, "Connection: close"), http.StatusCreated)
}

// Every caller that is refused a connection can read why, even one that sends its
// request late or all at once.
func TestF49_RefusalCanBeRead(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Conns, c.Limits.ConnsPerUser = 8, 2 })
	hold(t, b, "issuer", 2)
	for range 200 {
		r := b.do("issuer", "POST", "/v1/presentations/NONE/claim", `{"claim_id":"`+strings.Repeat("x", 4000)+`"}`)
		wantProblem(t, r, http.StatusServiceUnavailable, fault.TooManyConnections)
		if !r.Close || r.Header.Get("Retry-After") != "1" {
			t.Fatalf("refused with %v", r.Header)
		}
	}
}

func TestRefusalDoesNotWaitForever(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		hold(t, b, "issuer", 32)
		start := time.Now()
		silent := dialOn(t, b, "issuer")
		r, err := http.ReadResponse(silent.Reader, nil)
		if err != nil || r.StatusCode != http.StatusServiceUnavailable || time.Since(start) != refuseTimeout {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
		_ = r.Body.Close()
	})
}

// What a claim or an ack of the ended is told is what helps against that end.
func TestGoneTellsTheEnd(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Messages = func(code fault.Code) api.Message {
			retry := api.RetryTapAgain
			if code == fault.DigestMismatch {
				retry = api.RetryNever
			}
			return api.Message{User: api.Text{Ja: string(code) + " です", En: "it is " + string(code)}, Retry: retry}
		}
	})
	tap := func(end func(*vault.Attempt)) api.Presentation {
		p := b.arm(orderBody)
		attempt, _ := b.vault.Begin("front")
		end(attempt)
		return p
	}
	p := tap(func(a *vault.Attempt) { a.Fail(fault.New(fault.DigestMismatch, "spoilt")) })
	told := as[api.Problem](t, b.claim("issuer", p.ID, "c"), http.StatusGone)
	if told.Code != fault.ClaimGone || told.Retry != api.RetryNever || told.UserMessage.En != "it is "+string(fault.DigestMismatch) ||
		told.Current == nil || told.Current.Code != fault.DigestMismatch || told.Current.Retry != api.RetryNever || told.Current.Transaction != "job-1" {
		t.Fatalf("%+v", told)
	}
	p = tap(func(a *vault.Attempt) { a.Fail(fault.New(fault.CardRemoved, "gone")) })
	if told = as[api.Problem](t, b.claim("issuer", p.ID, "c"), http.StatusGone); told.Retry != api.RetryTapAgain {
		t.Fatalf("%+v", told)
	}
	if told = as[api.Problem](t, b.ack("issuer", p.ID, "c", "issued"), http.StatusGone); told.Retry != api.RetryNever {
		t.Fatalf("an ack sends somebody to the reader: %+v", told)
	}
	if told = as[api.Problem](t, b.ack("issuer", "NONE", "c", "issued"), http.StatusNotFound); told.Retry != api.RetryNever {
		t.Fatalf("an ack sends somebody to the reader: %+v", told)
	}
	p = b.arm(orderBody)
	if told = as[api.Problem](t, b.do("issuer", "POST", "/v1/presentations", orderBody), http.StatusConflict); told.Current.Transaction != "job-1" {
		t.Fatalf("the caller's own: %+v", told.Current)
	}
	if told = as[api.Problem](t, b.do("other", "POST", "/v1/presentations", orderBody), http.StatusConflict); told.Current.ID != p.ID || told.Current.Transaction != "" {
		t.Fatalf("somebody else's: %+v", told.Current)
	}
}

func TestWaitHasTheContractsForm(t *testing.T) {
	for text, ok := range map[string]bool{
		"25s": true, "1.5s": true, "0s": true, "60s": true, "1m": true, "500ms": true,
		"61s": false, "1h": false, "1s500ms": false, "+1s": false, "-1s": false, ".5s": false, "1.s": false,
		"0": false, "100us": false, "1.2.3s": false, "": false,
	} {
		if _, err := parseWait(map[string]string{"wait": text}); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
