package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// However the two streams overtake each other, an exchange stands behind the step of
// its phase and before the next one, and those of other readers and taps nowhere.
func TestExchangesStandInTheirPhases(t *testing.T) {
	tap := func(n uint64, reader string, end fault.Code, phases ...string) (entries []api.TraceEntry) {
		entries = append(entries, api.TraceEntry{Type: api.TraceTap, Tap: n, Reader: reader})
		for _, p := range phases {
			entries = append(entries,
				api.TraceEntry{Type: api.TracePhase, Tap: n, Reader: reader, Phase: p},
				api.TraceEntry{Type: api.TraceExchange, Tap: n, Reader: reader, Phase: p, Step: p + "-1"},
				api.TraceEntry{Type: api.TraceExchange, Tap: n, Reader: reader, Phase: p, Step: p + "-2"})
		}
		return append(entries, api.TraceEntry{Type: api.TraceEnd, Tap: n, Reader: reader, Code: end})
	}
	all := slices.Concat(
		tap(1, "front", fault.OK, "verifying")[1:], // the rest of a tap before
		tap(2, "back", fault.OK, "engaging"),
		tap(3, "front", fault.CardRemoved, "engaging"),
		tap(4, "front", fault.OK, "engaging", "verifying"),
	)
	steps := []tapStep{
		{State: api.StateArmed},
		{State: api.StateReading}, {State: api.StateReading, Phase: "engaging"},
		{State: api.StateArmed, Code: fault.CardRemoved},
		{State: api.StateReading}, {State: api.StateReading, Phase: "engaging"}, {State: api.StateReading, Phase: "verifying"},
		{State: api.StateVerified},
	}
	const want = "armed reading engaging engaging-1 engaging-2 armed " +
		"reading engaging engaging-1 engaging-2 verifying verifying-1 verifying-2 verified"
	for ahead := range len(all) + 1 { // so many entries came before the first step
		synctest.Test(t, func(t *testing.T) {
			entries := make(chan api.TraceEntry, len(all))
			for _, e := range all {
				entries <- e
			}
			close(entries)
			var got []string
			trace := &tapTrace{
				entries: entries, reader: "front", seen: map[tryPhase]bool{}, told: map[tryPhase]bool{},
				show: func(e api.TraceEntry) { got = append(got, e.Step) },
			}
			for range ahead {
				trace.take(<-entries, true)
			}
			for _, s := range steps {
				trace.before(t.Context(), s)
				name := s.Phase
				if name == "" {
					name = string(s.State)
				}
				got = append(got, name)
				trace.after(s)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%d ahead: %v", ahead, got)
			}
		})
	}
}

// A trace that falls silent holds a tap up for a moment and no longer.
func TestSilentTraceDoesNotHoldUpATap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trace := &tapTrace{entries: make(chan api.TraceEntry), seen: map[tryPhase]bool{}, told: map[tryPhase]bool{}}
		start := time.Now()
		trace.before(t.Context(), tapStep{State: api.StateVerified})
		if took := time.Since(start); took != catchUpTime {
			t.Errorf("%s", took)
		}
	})
}

// Tracing is put back as it was: off, or on for what was left; and left alone when
// somebody else set it meanwhile.
func TestTapPutsTracingBack(t *testing.T) {
	now := time.Now()
	at := func(d time.Duration) *time.Time { u := now.Add(d); return &u }
	for name, c := range map[string]struct {
		before, found api.Trace
		least, most   time.Duration // -1: nothing is set
	}{
		"off":              {api.Trace{}, api.Trace{On: true, Until: at(time.Hour)}, 0, 0},
		"on":               {api.Trace{On: true, Until: at(10 * time.Minute)}, api.Trace{On: true, Until: at(time.Hour)}, 9 * time.Minute, 10 * time.Minute},
		"on, over by now":  {api.Trace{On: true, Until: at(-time.Second)}, api.Trace{On: true, Until: at(time.Hour)}, 0, 0},
		"set by another":   {api.Trace{}, api.Trace{On: true, Until: at(2 * time.Hour)}, -1, -1},
		"ended by another": {api.Trace{}, api.Trace{}, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			set := time.Duration(-1)
			socket := answers{
				"GET /v1/trace": c.found,
				"PUT /v1/trace": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var request api.TraceRequest
					_ = json.NewDecoder(r.Body).Decode(&request)
					set = time.Duration(request.DurationMS) * time.Millisecond
					_, _ = w.Write([]byte("{}"))
				}),
			}.serve(t)
			daemon, err := client.Dial(socket)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = daemon.Close() }()
			restoreTrace(context.Background(), daemon, c.before, api.Trace{On: true, Until: at(time.Hour)})
			if set < c.least || set > c.most {
				t.Errorf("set to %s", set)
			}
		})
	}
}
