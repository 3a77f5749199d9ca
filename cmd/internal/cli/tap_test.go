package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// phoneAt is a daemon whose presentation ends in a given way at the first poll.
func phoneAt(end api.Presentation) answers {
	armed := api.Presentation{
		ID: "p1", Version: 1, State: api.StateArmed, Profile: "address", Reader: "loopback", Specimen: true,
		Asked: []api.AskedElement{{
			ElementName: api.ElementName{DocType: "d", Namespace: "n", Element: "resident_address_unicode"},
			Label:       api.Text{Ja: "住所", En: "Address"},
		}},
	}
	end.ID, end.Version, end.Profile, end.Reader = armed.ID, armed.Version+1, armed.Profile, armed.Reader
	return answers{
		"GET /v1/profiles":              api.Profiles{Profiles: []api.Profile{{Name: "address"}, {Name: "age-over-20"}}},
		"POST /v1/presentations":        armed,
		"GET /v1/presentations/{id}":    end,
		"DELETE /v1/presentations/{id}": end,
	}
}

func TestTapShowsNamesAndNeverClaims(t *testing.T) {
	// There is no route to claim: an attempt would fail the command.
	socket := phoneAt(api.Presentation{
		State:    api.StateVerified,
		Received: []api.ElementName{{DocType: "d", Namespace: "n", Element: "resident_address_unicode"}},
	}).serve(t)
	exit, stdout, stderr := run(t, "tap", "--socket", socket)
	if exit != exitOK || stderr != "" {
		t.Fatalf("exit %d, %s", exit, stderr)
	}
	for _, want := range []string{
		"SPECIMEN", "armed address on loopback", "  Address  resident_address_unicode\n",
		" s  armed      waiting for a phone\n", " s  verified   verified\n",
		"verified KZ-000, elements that came: 1", "no value was taken",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

func TestTapTellsWhyItWasRejected(t *testing.T) {
	socket := phoneAt(api.Presentation{State: api.StateRejected, Code: fault.DigestMismatch}).serve(t)
	exit, stdout, _ := run(t, "tap", "--socket", socket, "--lang", "ja")
	if exit != exitFailed {
		t.Errorf("exit %d", exit)
	}
	for _, want := range []string{"\n拒否: KZ-421 (digest-mismatch)\n  原因: ", "\n  ヒント: "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

func TestTapForMachines(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	socket := phoneAt(api.Presentation{
		State: api.StateLost, Code: fault.CardRemoved,
		LastTap: &api.Tap{Code: fault.PhoneLocked, At: at},
	}).serve(t)
	exit, stdout, _ := run(t, "tap", "--json", "--socket", socket)
	if exit != exitFailed {
		t.Errorf("exit %d", exit)
	}
	var got tapResult
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	for i := range got.Steps {
		got.Steps[i].AtMS = 0
	}
	got.TookMS = 0
	want := tapResult{
		Presentation: "p1", Profile: "address", Reader: "loopback", Specimen: true,
		State: api.StateLost, Code: fault.CardRemoved, Name: "card-removed", LastTap: fault.PhoneLocked,
		Steps:    []tapStep{{State: api.StateArmed}, {State: api.StateLost, Code: fault.PhoneLocked}},
		Received: []api.ElementName{}, Warnings: []api.Warning{}, APDUs: []tapExchange{}, Checks: checksOf(api.Presentation{}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTapWhileAnotherGoesOnIsTemporary(t *testing.T) {
	daemon := phoneAt(api.Presentation{})
	daemon["POST /v1/presentations"] = api.Problem{Status: 409, Code: fault.PresentationActive, Detail: "armed already"}
	exit, _, stderr := run(t, "tap", "--socket", daemon.serve(t))
	if exit != exitTemporary || !strings.Contains(stderr, "KZ-602") {
		t.Errorf("exit %d, %s", exit, stderr)
	}
}

// A presentation that nobody ends would block the kiosk until it expires.
func TestTapEndsItsPresentationWhenInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	cancelled := make(chan string, 1)
	daemon := phoneAt(api.Presentation{})
	daemon["GET /v1/presentations/{id}"] = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		interrupt() // Ctrl-C while nobody has tapped yet
		<-r.Context().Done()
	})
	daemon["DELETE /v1/presentations/{id}"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancelled <- r.PathValue("id")
		_, _ = w.Write([]byte("{}"))
	})
	var stdout, stderr bytes.Buffer
	exit := Run(ctx, Process{
		Args: []string{"tap", "--socket", daemon.serve(t)}, Getenv: func(string) string { return "" },
		Stdout: &stdout, Stderr: &stderr,
	})
	if exit != exitInterrupted || stderr.String() != "kazashi: interrupted\n" {
		t.Errorf("exit %d, standard error %q", exit, stderr.String())
	}
	select {
	case id := <-cancelled:
		if id != "p1" {
			t.Errorf("cancelled %q", id)
		}
	default:
		t.Error("the presentation was left armed")
	}
}

func TestASeriesCountsTheLastTryOfEachTap(t *testing.T) {
	verified := func(engaging, verifying int64) tapResult {
		return tapResult{State: api.StateVerified, Steps: []tapStep{
			{AtMS: 0, State: api.StateArmed},
			{AtMS: 10, State: api.StateReading, Phase: "engaging"}, // a try that came to nothing
			{AtMS: 500, State: api.StateArmed, Code: fault.CardRemoved},
			{AtMS: 1000, State: api.StateReading, Phase: "engaging"},
			{AtMS: 1000 + engaging, State: api.StateReading, Phase: "verifying"},
			{AtMS: 1000 + engaging + verifying, State: api.StateVerified},
		}}
	}
	s := tapSeries{Taps: []tapResult{
		verified(30, 3),
		{State: api.StateExpired, Code: fault.PresentationExpired, LastTap: fault.PhoneLocked},
		{State: api.StateRejected, Code: fault.DigestMismatch},
		verified(10, 1),
		{State: api.StateRejected, Code: fault.DigestMismatch},
		verified(20, 2),
	}}
	s.summarise()
	want := tapSummary{
		Taps: 6, Verified: 3,
		Failures: []tapFailure{{fault.DigestMismatch, "digest-mismatch", 2}, {fault.PhoneLocked, fault.PhoneLocked.Slug(), 1}},
		Medians:  []phaseMedian{{"engaging", 20}, {"verifying", 2}, {allPhases, 22}},
	}
	if diff := cmp.Diff(want, s.Summary); diff != "" {
		t.Error(diff)
	}
}
