package daemon

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"kazashi/session"
	"kazashi/session/conversation"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// F57: a trace that is left on goes off by itself, after 15 minutes at the latest,
// and nothing of it is left. Nobody can ask for longer.
func TestF57_TraceLeftOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace(zap.NewNop())
		start := time.Now()
		tr.set(24 * time.Hour)
		if _, until := tr.state(); until.Sub(start) != 15*time.Minute {
			t.Errorf("on for %s", until.Sub(start))
		}
		tap := tr.begin("front")
		exchange := session.Event{Phase: session.Engaging, Exchange: &conversation.Exchange{Step: "select", Header: [4]byte{0, 0xa4, 4, 0}, Sent: 13, Received: 2}}
		tr.observe(tap, "front", exchange)
		got := tr.read(t.Context(), api.Position{})
		if !got.On || len(got.Entries) != 2 || got.Entries[1].Header != "00a40400" || got.Entries[1].Step != "select" {
			t.Fatalf("%+v", got)
		}
		// Who follows is told at the moment at which it goes off.
		got = tr.read(t.Context(), api.Position{Epoch: got.Epoch, Seq: got.Last})
		if got.On || len(got.Entries) != 0 || time.Since(start) != 15*time.Minute {
			t.Errorf("%+v after %s", got, time.Since(start))
		}
		tr.observe(tap, "front", exchange) // the tap goes on
		tr.end(tap, "front", fault.OK, time.Second)
		if tr.begin("front") != 0 {
			t.Error("a tap is traced that nobody asked for")
		}
		if got := tr.read(t.Context(), api.Position{}); got.On || len(got.Entries) != 0 {
			t.Errorf("something is left: %+v", got)
		}
		// To turn it on again counts anew; the first time's end changes nothing.
		tr.set(time.Minute)
		tr.set(2 * time.Minute)
		<-time.After(time.Minute + time.Second)
		synctest.Wait()
		if on, _ := tr.state(); !on {
			t.Error("the first time's end counted")
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if on, _ := tr.state(); on {
			t.Error("it stays on")
		}
	})
}

// A timer that comes late keeps nothing: every entry looks at the clock.
func TestF57_DeadlineWithoutTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace(zap.NewNop())
		tr.set(time.Minute)
		tr.timer.Stop()
		tap := tr.begin("front")
		<-time.After(time.Minute)
		tr.end(tap, "front", fault.OK, time.Second)
		if on, _ := tr.state(); on || tr.begin("front") != 0 {
			t.Error("it stays on")
		}
	})
}

func TestTraceOfATap(t *testing.T) {
	r := start(t, []string{string(holder.Honest), string(holder.TamperedElement)}, nil)
	off, err := r.client.Trace(t.Context(), client.Position{}, time.Minute)
	if err != nil || off.On || off.Until != nil {
		t.Fatalf("at the start: %+v, %v", off, err) // and a wait is not waited
	}
	p, _ := r.outcome(r.arm("identity"))
	if err := r.client.Cancel(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if on, err := r.client.SetTrace(t.Context(), time.Minute); err != nil || !on.On || on.Last != 0 {
		t.Fatalf("%+v, %v: a tap was traced before anybody asked", on, err)
	}
	r.outcome(r.arm("identity"))
	var all []api.TraceEntry
	position := client.Position{}
	for len(all) == 0 || all[len(all)-1].Type != api.TraceEnd {
		page, err := r.client.Trace(t.Context(), position, 10*time.Second)
		if err != nil || len(page.Entries) == 0 || page.Missed {
			t.Fatalf("%+v, %v", page, err)
		}
		all = append(all, page.Entries...)
		position = client.Position{Epoch: page.Epoch, Seq: page.Last}
	}
	steps := map[string]bool{}
	for i, e := range all {
		steps[e.Step] = true
		if e.Seq != uint64(i+1) || e.Tap != 1 || e.Reader != sandboxReader {
			t.Errorf("entry %d: %+v", i, e)
		}
		if e.Type == api.TraceExchange && (len(e.Header) != 8 || len(e.SW) != 4 || e.Sent < 4 || e.Received < 2) {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	if last := all[len(all)-1]; all[0].Type != api.TraceTap || last.Code != fault.DigestMismatch || last.TookMS <= 0 {
		t.Errorf("%+v ... %+v", all[0], last)
	}
	if len(steps) < 4 {
		t.Errorf("steps: %v", steps)
	}
	if !strings.Contains(r.scrape(), "\nkazashi_trace_on 1\n") {
		t.Error("the metrics do not say that a trace is on")
	}
	if off, err := r.client.SetTrace(t.Context(), 0); err != nil || off.On || len(off.Entries) != 0 {
		t.Errorf("%+v, %v", off, err)
	}
	_, err = r.client.SetTrace(t.Context(), 16*time.Minute)
	if fault.CodeOf(err) != fault.MalformedRequest {
		t.Errorf("longer than 15 minutes: %v", err)
	}
}

func TestLogOfTheSocket(t *testing.T) {
	r := start(t, []string{string(holder.TamperedElement)}, nil)
	r.outcome(r.arm("address"))
	page, err := r.client.Log(t.Context(), client.Position{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, e := range page.Entries {
		// As it was logged, letter by letter.
		if !strings.Contains(r.log.String(), string(e.Line)+"\n") {
			t.Errorf("was never logged: %s", e.Line)
		}
		if strings.Contains(string(e.Line), `"message":"tap failed"`) && strings.Contains(string(e.Line), `"code":"KZ-421"`) {
			failed++
		}
	}
	if failed != 1 || page.Last != uint64(len(page.Entries)) {
		t.Errorf("%d failed taps in %d lines, last %d", failed, len(page.Entries), page.Last)
	}
	// The request itself is logged, so that something follows.
	next, err := r.client.Log(t.Context(), client.Position{Epoch: page.Epoch, Seq: page.Last}, 10*time.Second)
	if err != nil || len(next.Entries) == 0 || next.Entries[0].Seq != page.Last+1 {
		t.Errorf("%+v, %v", next, err)
	}
	if !strings.Contains(r.scrape(), `kazashi_log_entries_total{level="warn"} 1`) {
		t.Error("the warning is not counted")
	}
}

func TestLogIsBounded(t *testing.T) {
	log, ring := keepLog(zap.NewExample(), nil, false)
	log.Error("panic", zap.String("stack", strings.Repeat("x", maxLogEntry)))
	for range logEntries + 10 {
		log.Info("filling", zap.String("text", strings.Repeat("x", 100)))
	}
	past, cancel := context.WithCancel(t.Context())
	cancel()
	if page := ring.Read(past, "", 0); len(page.Entries) != logEntries {
		t.Errorf("%d lines", len(page.Entries))
	}
	log.Error("panic", zap.String("stack", strings.Repeat("x", maxLogEntry)))
	page := ring.Read(past, ring.Epoch(), logEntries+11)
	if len(page.Entries) != 1 || len(page.Entries[0].Line) > 200 || !strings.Contains(string(page.Entries[0].Line), `"shortened":true`) {
		t.Errorf("%d lines: %s", len(page.Entries), page.Entries[0].Line)
	}
}

func TestBugreport(t *testing.T) {
	r := start(t, []string{string(holder.TamperedElement)}, nil)
	if _, err := r.client.SetTrace(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	r.outcome(r.arm("address"))
	report, err := r.client.Bugreport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := string(report.Log.Entries[len(report.Log.Entries)-1].Line)
	if len(report.Marker) != 12 || !strings.Contains(last, report.Marker) || !strings.Contains(r.log.String(), report.Marker) {
		t.Errorf("marker %s, last line %s", report.Marker, last)
	}
	if !report.Status.Specimen || report.Status.Version == "" || report.Trace == nil || report.Goroutines < 5 ||
		report.Config["reader.backend"] != "loopback" || report.Ledger.Kept || len(report.Trust.Anchors) != 1 ||
		!strings.Contains(report.Metrics, "kazashi_taps_total{") || !strings.HasPrefix(report.Build.Go, "go1") {
		t.Errorf("%+v", report)
	}
}
