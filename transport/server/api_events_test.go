package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pb33f/libopenapi"
	schemas "github.com/pb33f/libopenapi-validator/schema_validation"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// lines follows the events until the test ends.
func (b *bench) lines(caller, query string) *bufio.Scanner {
	b.t.Helper()
	response, err := b.clients[caller].Do(b.request("GET", "/v1/events"+query, ""))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != api.MediaEvents {
		b.t.Fatalf("events: %d %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	return bufio.NewScanner(response.Body)
}

func next(t *testing.T, lines *bufio.Scanner, kind api.EventType) api.Event {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the stream ended before %s: %v", kind, lines.Err())
	}
	var e api.Event
	if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != kind {
		t.Fatalf("%s where %s was due: %s", e.Type, kind, lines.Bytes())
	}
	return e
}

func TestEventsConform(t *testing.T) {
	document, err := libopenapi.NewDocument(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	schema := model.Model.Components.Schemas.GetOrZero("Event").Schema()
	b := newBench(t)
	lines := b.lines("observer", "")
	conforms := func(kind api.EventType) api.Event {
		t.Helper()
		e := next(t, lines, kind)
		if ok, errs := schemas.NewSchemaValidator().ValidateSchemaBytes(schema, lines.Bytes()); !ok {
			t.Errorf("%s against the contract: %v", lines.Bytes(), errs)
		}
		return e
	}
	snapshot := conforms(api.EventSnapshot)
	if snapshot.Snapshot.Health.Items[0].UserMessage == nil || snapshot.Snapshot.Status.Active == nil {
		t.Fatalf("snapshot %+v", snapshot.Snapshot)
	}
	p := b.arm(orderBody)
	if e := conforms(api.EventPresentation); e.Presentation.ID != p.ID || e.Seq != snapshot.Seq+1 || e.Epoch != snapshot.Epoch {
		t.Fatalf("event %+v after %d", e, snapshot.Seq)
	}
	attempt, _ := b.vault.Begin("front")
	conforms(api.EventPresentation)
	attempt.Again(fault.New(fault.PhoneLocked, "locked"))
	if e := conforms(api.EventPresentation); e.Presentation.LastTap.UserMessage == nil {
		t.Fatal("a tap without a text")
	}
	b.vault.Feed().Publish(api.Event{Type: api.EventReader, Reader: &api.Reader{Name: "front", Usable: true}})
	conforms(api.EventReader)
	health := b.desk.Health()
	b.vault.Feed().Publish(api.Event{Type: api.EventHealth, Health: &health})
	conforms(api.EventHealth)
}

func TestEventsGoOn(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		first := next(t, b.lines("observer", ""), api.EventSnapshot)
		b.arm(orderBody)
		resume := func(after uint64, epoch string) *bufio.Scanner {
			return b.lines("observer", fmt.Sprintf("?after=%d&epoch=%s", after, epoch))
		}
		if e := next(t, resume(first.Seq, first.Epoch), api.EventPresentation); e.Seq != first.Seq+1 {
			t.Fatalf("went on at %d after %d", e.Seq, first.Seq)
		}
		for _, lines := range []*bufio.Scanner{resume(first.Seq, "ANOTHERRUN"), resume(first.Seq+9, first.Epoch)} {
			next(t, lines, api.EventGap)
			if e := next(t, lines, api.EventSnapshot); len(e.Snapshot.Status.Active) != 1 || e.Seq != first.Seq+1 {
				t.Fatalf("snapshot after a gap: %+v", e)
			}
		}
		for _, query := range []string{"?after=1", "?epoch=x", "?after=x&epoch=x"} {
			wantProblem(t, b.do("observer", "GET", "/v1/events"+query, ""), http.StatusBadRequest, fault.MalformedRequest)
		}
	})
}

func TestHeartbeatAndShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		lines := b.lines("observer", "")
		next(t, lines, api.EventSnapshot)
		start := time.Now()
		for n := range 3 {
			next(t, lines, api.EventHeartbeat)
			if at := time.Since(start); at != time.Duration(n+1)*10*time.Second {
				t.Fatalf("heartbeat %d after %v", n, at)
			}
		}
		b.vault.Close()
		next(t, lines, api.EventShutdown)
		if lines.Scan() {
			t.Fatalf("%s after the shutdown", lines.Bytes())
		}
	})
}

// A reader that never reads is let go after its time; until then and after, others
// are served at once, and the place it held is free again.
func TestF48_StuckReaderIsLetGo(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		stuck, err := b.dial(t.Context(), "observer")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stuck.Close() }()
		if _, err := fmt.Fprint(stuck, "GET /v1/events HTTP/1.1\r\nHost: kazashi\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if b.server.streams.sum != 1 {
			t.Fatalf("%d streams", b.server.streams.sum)
		}
		start := time.Now()
		p := b.arm(orderBody)
		b.do("issuer", "DELETE", "/v1/presentations/"+p.ID, "")
		if took := time.Since(start); took != 0 {
			t.Fatalf("a stuck reader held the issuer up for %v", took)
		}
		<-time.After(writeTimeout)
		synctest.Wait()
		if b.server.streams.sum != 0 {
			t.Fatal("a stuck reader keeps its stream")
		}
	})
}

func TestF48_SlowReaderIsToldWhatItLost(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		lines := b.lines("observer", "")
		next(t, lines, api.EventSnapshot)
		for range 5000 {
			b.vault.Feed().Publish(api.Event{Type: api.EventReader, Reader: &api.Reader{Name: "front"}})
		}
		var kinds []api.EventType
		for last := uint64(0); last < 5000; {
			if !lines.Scan() {
				t.Fatal(lines.Err())
			}
			var e api.Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			kinds, last = append(kinds, e.Type), e.Seq
		}
		lost := slices.Index(kinds, api.EventOverflow)
		if lost < 0 || len(kinds) > lost+1 && kinds[lost+1] != api.EventSnapshot {
			t.Fatalf("%d lines, overflow at %d", len(kinds), lost)
		}
	})
}

func TestF48_StreamsAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Streams, c.Limits.StreamsEach = 3, 2 })
	b.lines("observer", "")
	b.lines("observer", "")
	wantProblem(t, b.do("observer", "GET", "/v1/events", ""), http.StatusTooManyRequests, fault.TooManyRequests)
	b.lines("issuer", "")
	wantProblem(t, b.do("issuer", "GET", "/v1/events", ""), http.StatusTooManyRequests, fault.TooManyRequests)
	as[api.Status](t, b.do("observer", "GET", "/v1/status", ""), http.StatusOK)
}
