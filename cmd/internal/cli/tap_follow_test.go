package cli

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// Phases that follow each other faster than anybody could poll are all told.
func TestTapTellsEveryPhase(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	armed := make(chan struct{})
	daemon := phoneAt(api.Presentation{State: api.StateVerified})
	p := daemon["POST /v1/presentations"].(api.Presentation)
	p.ArmedAt = at
	daemon["GET /v1/presentations/{id}"] = api.Presentation{
		ID: p.ID, Version: 9, State: api.StateVerified, ArmedAt: at,
		Received: []api.ElementName{{Element: "resident_address_unicode"}}, Warnings: []api.Warning{{Code: fault.UnaskedElements}},
	}
	daemon["POST /v1/presentations"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(armed)
		_ = json.NewEncoder(w).Encode(p)
	})
	daemon["GET /v1/events"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		enc := json.NewEncoder(w)
		_ = enc.Encode(api.Event{Type: api.EventSnapshot, Snapshot: &api.Snapshot{}})
		_ = http.NewResponseController(w).Flush()
		<-armed
		for i, s := range []api.Summary{
			{ID: p.ID, Version: p.Version, State: api.StateArmed},
			{ID: "other", Version: 7, State: api.StateLost},
			{ID: p.ID, Version: 3, State: api.StateReading, Phase: "engaging"},
			{ID: p.ID, Version: 4, State: api.StateReading, Phase: "requesting"},
			{ID: p.ID, Version: 9, State: api.StateVerified},
		} {
			_ = enc.Encode(api.Event{Type: api.EventPresentation, At: at.Add(time.Duration(i) * time.Millisecond), Presentation: &s})
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	exit, stdout, stderr := run(t, "tap", "--json", "--socket", daemon.serve(t))
	var got tapResult
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || exit != exitOK {
		t.Fatalf("exit %d, %v, %s", exit, err, stderr)
	}
	want := []tapStep{
		{State: api.StateArmed},
		{AtMS: 2, State: api.StateReading, Phase: "engaging"},
		{AtMS: 3, State: api.StateReading, Phase: "requesting"},
		{AtMS: 4, State: api.StateVerified},
	}
	if !slices.Equal(got.Steps, want) || len(got.Received) != 1 || len(got.Warnings) != 1 {
		t.Errorf("%+v", got)
	}
}
