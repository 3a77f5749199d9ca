package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// tracedTap are the entries of a tap at a phone that declines.
func tracedTap(at time.Time) []api.TraceEntry {
	entries := []api.TraceEntry{
		{Type: api.TraceTap},
		{Type: api.TracePhase, Phase: "engaging"},
		{
			Type: api.TraceExchange, Phase: "engaging", Step: "select-capability-container", Header: "00a4000c",
			Sent: 65544, Received: 65538, SW: "9000", TookMS: 12345.67,
		},
		{
			Type: api.TraceExchange, Phase: "requesting", Step: "envelope", Header: "00c30000",
			Sent: 261, Received: 2, SW: "6985", TookMS: 8.3,
		},
		{Type: api.TraceEnd, Code: fault.Declined, TookMS: 123.4},
	}
	for i := range entries {
		entries[i].Seq, entries[i].Tap, entries[i].Reader = uint64(i+1), 7, "front"
		entries[i].At = at.Add(time.Duration(i) * time.Millisecond)
	}
	return entries
}

func TestTraceTellsStatusWordsInWords(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	until := time.Now().Add(time.Hour)
	page := api.Trace{On: true, Until: &until, Epoch: "E", Last: 5, Entries: tracedTap(at)}
	socket := answers{"GET /v1/trace": page}.serve(t)
	for language, want := range map[string][]string{
		"en": {
			"09:00:00.000 -- tap 7 on front\n",
			"09:00:00.002 select-capability-container 00a4000c 65544 65538  9000  12345.7\n",
			"09:00:00.003 envelope                    00c30000   261     2  6985      8.3\n" +
				"             6985: conditions of use not satisfied: declined, or not ready\n",
			"09:00:00.004 end KZ-217 (",
			"the trace is on until ",
		},
		"ja": {
			"09:00:00.000 -- タップ 7、front\n",
			"             6985: 使用条件を満たさない。利用者が断ったか、まだ使えない\n",
			"09:00:00.004 終わり KZ-217 (",
		},
	} {
		exit, stdout, stderr := run(t, "trace", "--lang", language, "--socket", socket)
		if exit != exitOK || stderr != "" {
			t.Fatalf("exit %d, %s", exit, stderr)
		}
		for _, w := range want {
			if !strings.Contains(stdout, w) {
				t.Errorf("%q is missing in\n%s", w, stdout)
			}
		}
	}
}

// --on takes its time with or without a space, and nothing else.
func TestTraceTime(t *testing.T) {
	asked := make(chan api.TraceRequest, 1)
	socket := answers{
		"PUT /v1/trace": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var request api.TraceRequest
			_ = json.NewDecoder(r.Body).Decode(&request)
			asked <- request
			_, _ = w.Write([]byte("{}"))
		}),
		"GET /v1/trace": api.Trace{},
	}.serve(t)
	for _, c := range []struct {
		flags []string
		want  api.TraceRequest
	}{
		{[]string{"--on"}, api.TraceRequest{On: true, DurationMS: api.DefaultTraceMS}},
		{[]string{"--on", "90s"}, api.TraceRequest{On: true, DurationMS: 90_000}},
		{[]string{"--on=15m"}, api.TraceRequest{On: true, DurationMS: api.MaxTraceMS}},
		{[]string{"--off"}, api.TraceRequest{}},
	} {
		exit, _, stderr := run(t, append([]string{"trace", "--socket", socket}, c.flags...)...)
		if got := <-asked; exit != exitOK || got != c.want {
			t.Errorf("%v: exit %d, asked for %+v; %s", c.flags, exit, got, stderr)
		}
	}
	for _, flags := range [][]string{{"--on", "16m"}, {"--on", "0s"}, {"--on=5"}, {"--on", "1m", "2m"}, {"--on", "--off"}} {
		if exit, _, _ := run(t, append([]string{"trace", "--socket", socket}, flags...)...); exit != exitUsage {
			t.Errorf("%v: exit %d", flags, exit)
		}
	}
}

// Who follows gets every page once, and is told of a hole and of the end.
func TestTraceFollowed(t *testing.T) {
	entries := tracedTap(time.Now())
	var positions []string
	socket := answers{"GET /v1/trace": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after := r.URL.Query().Get("after")
		positions = append(positions, after)
		page := api.Trace{Epoch: "E", Last: 5}
		switch after {
		case "":
			page.On, page.Last, page.Entries = true, 2, entries[:2]
		case "2":
			page.On, page.Missed, page.Entries = true, true, entries[3:]
		}
		_ = json.NewEncoder(w).Encode(page)
	})}.serve(t)
	exit, stdout, stderr := run(t, "trace", "--follow", "--json", "--socket", socket)
	if exit != exitOK || strings.Join(positions, ",") != ",2,5" {
		t.Errorf("exit %d, asked after %v", exit, positions)
	}
	if lines := strings.Count(stdout, "\n"); lines != 4 {
		t.Errorf("%d lines:\n%s", lines, stdout)
	}
	if want := "kazashi: older entries are not kept any more: some are missing here\nkazashi: the trace is off\n"; stderr != want {
		t.Errorf("standard error %q", stderr)
	}
}

func TestTraceIsForTechnicians(t *testing.T) {
	denied := api.Problem{Status: http.StatusForbidden, Code: fault.Forbidden, Detail: "the technician role is needed"}
	socket := answers{"GET /v1/trace": denied, "PUT /v1/trace": denied}.serve(t)
	for _, flags := range [][]string{{}, {"--on"}, {"--off"}, {"--follow"}} {
		if exit, stdout, stderr := run(t, append([]string{"trace", "--socket", socket}, flags...)...); exit != exitDenied || stdout != "" || !strings.Contains(stderr, "KZ-6") {
			t.Errorf("%v: exit %d, %s%s", flags, exit, stdout, stderr)
		}
	}
}
