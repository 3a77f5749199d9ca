package server

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

func TestArm(t *testing.T) {
	b := newBench(t)
	r := b.do("issuer", "POST", "/v1/presentations", `{"profile":"address","transaction":"job-1","timeout_ms":5000}`)
	p := as[api.Presentation](t, r, http.StatusCreated)
	if p.State != api.StateArmed || p.Transaction != "job-1" || p.Reader != "front" || len(p.Asked) != 1 || !p.Specimen ||
		p.ExpiresAt.Sub(p.ArmedAt) != 5*time.Second || r.Header.Get("Location") != "/v1/presentations/"+p.ID {
		t.Fatalf("armed %+v at %s", p, r.Header.Get("Location"))
	}
	problem := wantProblem(t, b.do("other", "POST", "/v1/presentations", orderBody), http.StatusConflict, fault.PresentationActive)
	if problem.Current == nil || problem.Current.ID != p.ID {
		t.Fatalf("the conflict names %+v", problem.Current)
	}
	wantProblem(t, b.do("other", "DELETE", "/v1/presentations/"+p.ID, ""), http.StatusForbidden, fault.Forbidden)
	for range 2 {
		p = as[api.Presentation](t, b.do("issuer", "DELETE", "/v1/presentations/"+p.ID, ""), http.StatusOK)
		if p.State != api.StateCancelled || p.Code != fault.PresentationCancelled || p.UserMessage.Ja != "KZ-604 です" {
			t.Fatalf("cancelled: %+v", p)
		}
	}
	wantProblem(t, b.do("issuer", "GET", "/v1/presentations/NONE", ""), http.StatusNotFound, fault.PresentationNotFound)
}

func TestArmNeedsAProfileAndAReader(t *testing.T) {
	b := newBench(t)
	order := func(reader string) received {
		return b.do("issuer", "POST", "/v1/presentations", fmt.Sprintf(`{"profile":"address","transaction":"t","reader":%q}`, reader))
	}
	wantProblem(t, b.do("issuer", "POST", "/v1/presentations", `{"profile":"none","transaction":"t"}`),
		http.StatusUnprocessableEntity, fault.ProfileNotFound)
	wantProblem(t, order("back"), http.StatusServiceUnavailable, fault.ReaderNotFound)
	b.desk.setReaders()
	wantProblem(t, order(""), http.StatusServiceUnavailable, fault.ReaderNotFound)
	b.desk.setReaders(api.Reader{Name: "front", Code: fault.ReaderServiceDown})
	wantProblem(t, order(""), http.StatusServiceUnavailable, fault.ReaderServiceDown)
	b.desk.setReaders(api.Reader{Name: "front", Usable: true}, api.Reader{Name: "back", Usable: true})
	wantProblem(t, order(""), http.StatusUnprocessableEntity, fault.ReaderAmbiguous)
	if p := as[api.Presentation](t, order("back"), http.StatusCreated); p.Reader != "back" {
		t.Fatalf("armed %s", p.Reader)
	}
}

func TestIdempotencyKey(t *testing.T) {
	b := newBench(t)
	send := func(caller, body string, keys ...string) received {
		r := b.request("POST", "/v1/presentations", body)
		r.Header[api.HeaderIdempotencyKey] = keys
		return b.send(caller, r)
	}
	first := as[api.Presentation](t, send("issuer", orderBody, "k-1"), http.StatusCreated)
	b.desk.setReaders() // a repeated request does not depend on what is there now
	again := as[api.Presentation](t, send("issuer", ` {"transaction":"job-1","profile":"address"} `, "k-1"), http.StatusOK)
	if again.ID != first.ID {
		t.Fatal("the same key armed another presentation")
	}
	wantProblem(t, send("issuer", `{"profile":"address","transaction":"job-2"}`, "k-1"), http.StatusConflict, fault.IdempotencyConflict)
	wantProblem(t, send("issuer", orderBody, "k-1", "k-2"), http.StatusBadRequest, fault.MalformedRequest)
	wantProblem(t, send("issuer", orderBody, "no key"), http.StatusBadRequest, fault.MalformedRequest)
	wantProblem(t, send("other", orderBody, "k-1"), http.StatusServiceUnavailable, fault.ReaderNotFound)
}

func TestLongPoll(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		p := b.arm(orderBody)
		path := "/v1/presentations/" + p.ID
		start := time.Now()
		got := as[api.Presentation](t, b.do("issuer", "GET", path+"?wait=25s", ""), http.StatusOK)
		if waited := time.Since(start); got.Version != p.Version || waited != 25*time.Second {
			t.Fatalf("nothing changed, yet version %d after %v", got.Version, waited)
		}
		poll := func() <-chan received {
			return b.start("issuer", "GET", fmt.Sprintf("%s?wait=60s&seen=%d", path, p.Version))
		}
		answer := poll()
		attempt, _ := b.vault.Begin("front")
		if p = as[api.Presentation](t, <-answer, http.StatusOK); p.State != api.StateReading {
			t.Fatalf("woke up at %s", p.State)
		}
		answer = poll()
		attempt.Again(fault.New(fault.PhoneLocked, "locked"))
		p = as[api.Presentation](t, <-answer, http.StatusOK)
		if p.State != api.StateArmed || p.LastTap.Code != fault.PhoneLocked || p.LastTap.UserMessage == nil || p.LastTap.Retry != api.RetryLater {
			t.Fatalf("after a locked phone: %+v", p.LastTap)
		}
		if time.Since(start) != 25*time.Second {
			t.Fatal("a change was told late")
		}
	})
}

// The simplest client arms and waits, and knows no version: it is woken when there
// is something to do, and not late when the tap was faster than its second request.
func TestLongPollWithoutSeenWaitsForTheTap(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		p := b.arm(orderBody)
		start := time.Now()
		answer := b.start("issuer", "GET", "/v1/presentations/"+p.ID+"?wait=60s")
		attempt, _ := b.vault.Begin("front")
		attempt.Progress("engaging")
		synctest.Wait()
		select {
		case early := <-answer:
			t.Fatalf("woken by a tap that brought nothing yet: %+v", early)
		default:
		}
		if err := attempt.Offer(verifiedAnswer(t)); err != nil {
			t.Fatal(err)
		}
		if got := as[api.Presentation](t, <-answer, http.StatusOK); got.State != api.StateVerified {
			t.Fatalf("woke up at %s", got.State)
		}
		again := b.do("issuer", "GET", "/v1/presentations/"+p.ID+"?wait=60s", "")
		if got := as[api.Presentation](t, again, http.StatusOK); got.State != api.StateVerified || time.Since(start) != 0 {
			t.Fatalf("%s after %v, want the result at once", got.State, time.Since(start))
		}
	})
}

// start sends a request and returns when the server has it and waits.
func (b *bench) start(caller, method, path string) <-chan received {
	b.t.Helper()
	answer := make(chan received, 1)
	go func() {
		defer close(answer)
		answer <- b.do(caller, method, path, "")
	}()
	synctest.Wait()
	return answer
}

func TestF52_ShutdownEndsLongPollsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		p := b.arm(orderBody)
		answer := b.start("issuer", "GET", fmt.Sprintf("/v1/presentations/%s?wait=60s&seen=%d", p.ID, p.Version))
		start := time.Now()
		b.stop()
		if p := as[api.Presentation](t, <-answer, http.StatusOK); p.State != api.StateLost || p.Code != fault.ShuttingDown {
			t.Fatalf("%s %s", p.State, p.Code)
		}
		if took := time.Since(start); took > time.Second {
			t.Fatalf("shutdown took %v", took)
		}
	})
}

// armOn arms over a connection of the test's own.
func armOn(t *testing.T, b *bench, body string) (net.Conn, string) {
	t.Helper()
	c, err := net.Dial("unix", filepath.Join(b.dir, "issuer"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(c, "POST /v1/presentations HTTP/1.1\r\nHost: kazashi\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("%v, %v", response, err)
	}
	_ = response.Body.Close()
	return c, filepath.Base(response.Header.Get("Location"))
}

func TestF46_ClientDiesAfterArming(t *testing.T) {
	b := newBench(t)
	bound, id := armOn(t, b, `{"profile":"address","transaction":"t","bind":true}`)
	p, err := b.vault.Get(id, 1001)
	if err != nil || p.State != api.StateArmed {
		t.Fatalf("%s %v", p.State, err)
	}
	_ = bound.Close()
	if p, err = b.vault.Wait(t.Context(), id, 1001, vault.Past(p.Version)); err != nil || p.State != api.StateCancelled {
		t.Fatalf("after the client died: %s, %v", p.State, err)
	}

	free, id := armOn(t, b, orderBody)
	_ = free.Close()
	// Once another connection is served the first one's end was noticed, or is
	// nothing to anybody: an unbound presentation outlives it.
	p = as[api.Presentation](t, b.do("issuer", "GET", "/v1/presentations/"+id+"?wait=50ms", ""), http.StatusOK)
	if p.State != api.StateArmed {
		t.Fatalf("an unbound presentation is %s after its client died", p.State)
	}
}

func TestF46_BoundClientDiesMidLongPoll(t *testing.T) {
	b := newBench(t)
	c, id := armOn(t, b, `{"profile":"address","transaction":"t","bind":true}`)
	if _, err := fmt.Fprintf(c, "GET /v1/presentations/%s?wait=60s&seen=1 HTTP/1.1\r\nHost: kazashi\r\n\r\n", id); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	p, err := b.vault.Wait(t.Context(), id, 1001, vault.Past(1))
	if err != nil || p.State != api.StateCancelled {
		t.Fatalf("%s, %v", p.State, err)
	}
}
