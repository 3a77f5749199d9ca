package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

const longReader = "ACS ACR1252 1S CL Reader [ACR1252 1S CL Reader PICC] (RR554-123456) 00 00"

func failingDaemon() answers {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(2030, 3, 31, 0, 0, 0, 0, time.UTC)
	return answers{
		"GET /v1/status": api.Status{
			Version: "v0.1.0", StartedAt: at, Specimen: true, Health: api.HealthFailing,
			Readers:  []api.Reader{{Name: longReader, Code: fault.ReaderServiceDown}, {Name: "二号機", Usable: true, Present: true}},
			Trust:    api.TrustSummary{Anchors: 2, Specimen: 1, NextEnd: &end},
			Profiles: []string{"address", "age-over-20", "identity", "mdl-age-over-21", "residence-certificate", "seal-registration-certificate"},
			Active:   []api.Summary{{Profile: "address", State: api.StateArmed, Reader: "二号機", LastTap: &api.Tap{Code: fault.PhoneLocked}}},
			Taps:     &api.TapCounts{Total: 15, Ignored: 1, Verified: 9, Failed: 2, Nothing: 3},
			Clock:    &api.ClockSummary{Now: at, Trusted: true},
		},
		"GET /v1/health": api.Health{State: api.HealthFailing, Items: []api.HealthItem{{
			Code: fault.ReaderServiceDown, Severity: api.SeverityError, Subject: "pcscd\x1b[31m", Detail: "connection refused", Since: at,
		}}},
	}
}

func TestStatusInEnglish(t *testing.T) {
	exit, stdout, stderr := run(t, "status", "--socket", failingDaemon().serve(t))
	if exit != exitFailed || stderr != "" {
		t.Errorf("exit %d, standard error %q", exit, stderr)
	}
	head, rest, _ := strings.Cut(stdout, "\n\n")
	want := `kazashid  v0.1.0
since     2026-12-01 09:00:00 +09:00
mode      SPECIMEN (見本): invented documents are accepted
health    failing: it cannot verify anybody at present
reader    ACS ACR1252 1S CL Reader [ACR1252 1S CL Reader PICC] (RR554-123456)
          00 00: not usable, KZ-108 (reader-service-down)
          二号機: ready, something lies on it
trust     issuer certificates: 2, 1 of them specimens, the first expires
          2030-03-31
profiles  address, age-over-20, identity, mdl-age-over-21,
          residence-certificate, seal-registration-certificate
active    address armed (二号機), last tap KZ-201 (unlock-and-retap)
taps      15 in all: 9 verified, 2 failed, 3 came to nothing, 1 ignored
clock     2026-12-01 09:00:00 +09:00 accepted`
	if diff := cmp.Diff(want, head); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(rest, "error: KZ-108 (reader-service-down) pcscd?[31m: connection refused\n  cause: ") ||
		!strings.Contains(rest, "\n  hint: ") {
		t.Errorf("health item: %s", rest)
	}
}

func TestStatusInJapanese(t *testing.T) {
	exit, stdout, _ := run(t, "status", "--lang", "ja", "--socket", failingDaemon().serve(t))
	if exit != exitFailed {
		t.Errorf("exit %d", exit)
	}
	for _, want := range []string{
		"\nモード        見本 (SPECIMEN): 架空の証明書を受け付ける\n",
		"\n状態          利用不可 (failing)\n",
		"二号機: 待機中、何か置かれている\n",
		"\n受付中        address タップ待ち (二号機)、最後のタップ KZ-201\n              (unlock-and-retap)\n",
		"\nタップ        計 15: 検証済み 9、失敗 2、成立せず 3、受付外 1\n",
		"\n異常: KZ-108 (reader-service-down) ",
		"\n  原因: ", "\n  ヒント: ",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

func TestStatusForMachines(t *testing.T) {
	socket := failingDaemon().serve(t)
	exit, stdout, _ := run(t, "status", "--json", "--socket", socket)
	var got report
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if exit != exitFailed || got.Socket != socket || got.Status.Version != "v0.1.0" || len(got.Health.Items) != 1 {
		t.Errorf("exit %d, %+v", exit, got)
	}
}

func TestStatusOfAHealthyDaemonIsSuccess(t *testing.T) {
	for _, state := range []api.HealthState{api.HealthOK, api.HealthDegraded} {
		daemon := failingDaemon()
		daemon["GET /v1/health"] = api.Health{State: state, Items: []api.HealthItem{}}
		if exit, _, stderr := run(t, "status", "--socket", daemon.serve(t)); exit != exitOK || stderr != "" {
			t.Errorf("%s: exit %d, %s", state, exit, stderr)
		}
	}
}

func TestReaders(t *testing.T) {
	daemon := answers{"GET /v1/readers": api.Readers{Readers: []api.Reader{
		{Name: longReader, Usable: true, MaxCommand: 65535, MaxResponse: 65536},
		{Name: "loopback", Usable: true, Presentation: "p1"},
	}}}
	socket := daemon.serve(t)
	_, stdout, _ := run(t, "readers", "--socket", socket)
	want := `READER                                    STATE                     APDU OUT/IN
ACS ACR1252 1S CL Reader [ACR1252 1S CL   ready                     65535/65536
Reader PICC] (RR554-123456) 00 00
loopback                                  in use by a presentation  -
`
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Error(diff)
	}
	if _, stdout, _ = run(t, "readers", "--json", "--socket", socket); !json.Valid([]byte(stdout)) {
		t.Errorf("no JSON: %s", stdout)
	}
}

func TestNoReaderSaysWhatToDo(t *testing.T) {
	socket := answers{
		"GET /v1/readers": api.Readers{Readers: []api.Reader{}},
		"GET /v1/health":  api.Health{Items: []api.HealthItem{{Code: fault.ReaderNotFound}}},
	}.serve(t)
	if _, stdout, _ := run(t, "readers", "--socket", socket); !strings.HasPrefix(stdout, "no reader found\nhint: ") {
		t.Error(stdout)
	}
	if _, stdout, _ := run(t, "readers", "--lang", "ja", "--socket", socket); !strings.HasPrefix(stdout, "リーダーが見つかりません\nヒント: ") {
		t.Error(stdout)
	}
}

func TestNoReaderServiceIsNamed(t *testing.T) {
	socket := answers{
		"GET /v1/readers": api.Readers{Readers: []api.Reader{}},
		"GET /v1/health":  api.Health{Items: []api.HealthItem{{Code: fault.NoAnchor}, {Code: fault.ReaderServiceDown}}},
	}.serve(t)
	for lang, want := range map[string]string{
		"en": "no reader found: KZ-108 (reader-service-down)\ncause: ",
		"ja": "リーダーが見つかりません: KZ-108 (reader-service-down)\n原因: ",
	} {
		exit, stdout, _ := run(t, "readers", "--socket", socket, "--lang", lang)
		if exit != exitUnavailable || !strings.HasPrefix(stdout, want) {
			t.Errorf("exit %d, %s", exit, stdout)
		}
	}
	exit, stdout, _ := run(t, "readers", "--socket", socket, "--json")
	var got readerList
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || exit != exitUnavailable || got.Code != fault.ReaderServiceDown {
		t.Errorf("exit %d, %v, %s", exit, err, stdout)
	}
}

// What the daemon refuses decides the exit status.
func TestProblemsBecomeExitStatuses(t *testing.T) {
	for code, want := range map[fault.Code]int{
		fault.Forbidden:        exitDenied,
		fault.TooManyRequests:  exitTemporary,
		fault.ShuttingDown:     exitUnavailable,
		fault.Internal:         exitInternal,
		fault.MalformedRequest: exitFailed,
	} {
		socket := answers{"GET /v1/readers": api.Problem{Status: 403, Code: code, Detail: "because"}}.serve(t)
		exit, stdout, stderr := run(t, "readers", "--json", "--socket", socket)
		if exit != want {
			t.Errorf("%s: exit %d, want %d", code, exit, want)
		}
		var got struct{ Error failure }
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		if got.Error.Code != code || got.Error.Exit != want || got.Error.Detail != "because" {
			t.Errorf("%s: %+v", code, got.Error)
		}
		if !strings.HasPrefix(stderr, "kazashi: error: "+string(code)+" (") {
			t.Errorf("%s: standard error %q", code, stderr)
		}
	}
}
