package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestLogLineTakesObjectsOnly(t *testing.T) {
	const whole = `{"level":"warn","time":"2026-12-01T00:00:01.000Z","message":"tap failed","code":"KZ-204","fault":"malformed-ndef","took_ms":2,"codes":["a"]}`
	l, ok := parseLogLine([]byte(whole))
	if !ok || l.level != "warn" || l.message != "tap failed" || l.code != fault.MalformedNDEF || string(l.object()) != whole {
		t.Errorf("%v, %+v", ok, l)
	}
	if want := []logField{{"took_ms", "2"}, {"codes", `["a"]`}}; len(l.fields) != 2 || l.fields[0] != want[0] || l.fields[1] != want[1] {
		t.Errorf("%v", l.fields)
	}
	for _, text := range []string{
		"", "Started kazashid.service", "[]", "null", `{"message":"no time"}`, whole[:len(whole)-1], whole + whole,
		`{"level":"info","time":"2026-12-01T00:00:01.000Z"}`, `{"time":1,"message":"x"}`,
	} {
		if _, ok := parseLogLine([]byte(text)); ok {
			t.Errorf("%q is taken for a line", text)
		}
	}
}

func TestNewestOfKeepsTheNewest(t *testing.T) {
	for limit, want := range map[int]string{0: "abcde", 1: "e", 3: "cde", 5: "abcde", 9: "abcde"} {
		n := &newestOf{limit: limit}
		for _, c := range "abcde" {
			n.add(logLine{message: string(c)})
		}
		got := ""
		for _, l := range n.lines() {
			got += l.message
		}
		if got != want {
			t.Errorf("the newest %d: %s", limit, got)
		}
	}
}

// Nothing that a line holds steers the terminal, and nothing is wider than it.
func TestLogLineIsHarmless(t *testing.T) {
	line, _ := json.Marshal(map[string]string{
		"level": "warn\x1b[2J", "time": time.Now().Format(time.RFC3339), "message": "m\x1b[31m\n" + strings.Repeat("長", 100),
		"code": "KZ-204", "detail": strings.Repeat("y", 500), "reader": "a b\u202e",
	})
	socket := answers{"GET /v1/log": api.Log{Epoch: "E", Last: 1, Entries: []api.LogEntry{{Seq: 1, Line: line}}}}.serve(t)
	exit, stdout, _ := run(t, "log", "--socket", socket) // measures the lines
	if exit != exitOK || strings.ContainsAny(stdout, "\x1b\u202e") || !strings.Contains(stdout, "malformed-ndef") {
		t.Errorf("exit %d, %q", exit, stdout)
	}
}

// A follower reads on behind what it has, and is told of a hole.
func TestLogFollowsTheDaemon(t *testing.T) {
	entry := func(message string) api.LogEntry {
		return api.LogEntry{Line: json.RawMessage(`{"level":"info","time":"2026-12-01T00:00:01.000Z","message":"` + message + `"}`)}
	}
	var positions []string
	socket := answers{"GET /v1/log": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after := r.URL.Query().Get("after")
		positions = append(positions, after)
		page := api.Log{Epoch: "E", Last: 4}
		switch after {
		case "":
			page.Last, page.Entries = 2, []api.LogEntry{entry("one"), entry("two")}
		case "2":
			page.Missed, page.Entries = true, []api.LogEntry{entry("four")}
		default:
			w.Header().Set("Content-Type", api.MediaProblem)
			w.WriteHeader(http.StatusServiceUnavailable)
			_ = json.NewEncoder(w).Encode(api.Problem{Status: 503, Code: fault.ShuttingDown})
			return
		}
		_ = json.NewEncoder(w).Encode(page)
	})}.serve(t)
	exit, stdout, stderr := run(t, "log", "--follow", "-n", "1", "--socket", socket)
	if exit != exitUnavailable || strings.Join(positions, ",") != ",2,4" {
		t.Errorf("exit %d, asked after %v", exit, positions)
	}
	if strings.Contains(stdout, "one") || strings.Index(stdout, "two") > strings.Index(stdout, "four") {
		t.Errorf("%s", stdout)
	}
	if !strings.Contains(stderr, "some are missing here") {
		t.Errorf("standard error %q", stderr)
	}
}

// What the journal has at the beginning is shown once, and the follower goes on behind
// the last of it.
func TestLogFollowsTheJournal(t *testing.T) {
	dir := t.TempDir()
	const script = `#!/bin/sh
echo "$*" >>"$ASKED"
line() { printf '{"__CURSOR":"s=%s","__REALTIME_TIMESTAMP":"1796083200000000","PRIORITY":"4","MESSAGE":"%s"}\n' "$1" "$2"; }
case "$*" in
*--follow*) line 3 three ;;
*) line 1 one; line 2 two ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "journalctl"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	asked := filepath.Join(dir, "asked")
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("ASKED", asked)
	exit, stdout, stderr := run(t, "log", "--follow")
	if exit != exitOK || stderr != "kazashi: lines of the journal\n" {
		t.Errorf("exit %d, %s", exit, stderr)
	}
	for _, text := range []string{" warn  one\n", " warn  two\n", " warn  three\n"} {
		if strings.Count(stdout, text) != 1 {
			t.Errorf("%q stands %d times in\n%s", text, strings.Count(stdout, text), stdout)
		}
	}
	flags, err := os.ReadFile(asked) //nolint:gosec // of this test
	if err != nil || !strings.Contains(string(flags), "--follow --lines=all --after-cursor=s=2\n") {
		t.Errorf("%v, %s", err, flags)
	}
}

func TestLogIsForTechnicians(t *testing.T) {
	socket := answers{"GET /v1/log": api.Problem{Status: http.StatusForbidden, Code: fault.Forbidden}}.serve(t)
	if exit, stdout, _ := run(t, "log", "--socket", socket); exit != exitDenied || stdout != "" {
		t.Errorf("exit %d, %s", exit, stdout)
	}
}
