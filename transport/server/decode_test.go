package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestF49_StrictBodies(t *testing.T) {
	b := newBench(t)
	for name, body := range map[string]string{
		"unknown member":     `{"profile":"address","transaction":"t","extra":1}`,
		"other letter case":  `{"Profile":"address","transaction":"t"}`,
		"member twice":       `{"profile":"address","transaction":"t","profile":"address"}`,
		"twice by an escape": `{"profile":"address","transaction":"t","\u0070rofile":"address"}`,
		"missing member":     `{"profile":"address"}`,
		"null":               `{"profile":"address","transaction":null}`,
		"trailing data":      `{"profile":"address","transaction":"t"}{}`,
		"trailing garbage":   `{"profile":"address","transaction":"t"}]`,
		"array":              `[]`,
		"nested":             `{"profile":{"name":"address"},"transaction":"t"}`,
		"wrong type":         `{"profile":"address","transaction":7}`,
		"fraction":           `{"profile":"address","transaction":"t","timeout_ms":1500.5}`,
		"text for a boolean": `{"profile":"address","transaction":"t","bind":"yes"}`,
		"not UTF-8":          "{\"profile\":\"address\",\"transaction\":\"\xff\"}",
		"cut off":            `{"profile":"address","transaction":"t"`,
		"no comma":           `{"profile":"address" "transaction":"t"}`,
		"bad name":           `{"profile":"address","transaction":"見本 花子"}`,
		"empty name":         `{"profile":"address","transaction":""}`,
		"long name":          `{"profile":"address","transaction":"` + strings.Repeat("x", 65) + `"}`,
		"time too short":     `{"profile":"address","transaction":"t","timeout_ms":999}`,
		"time too long":      `{"profile":"address","transaction":"t","timeout_ms":300001}`,
		"time negative":      `{"profile":"address","transaction":"t","timeout_ms":-1}`,
		"long reader":        `{"profile":"address","transaction":"t","reader":"` + strings.Repeat("x", 129) + `"}`,
	} {
		p := wantProblem(t, b.do("issuer", "POST", "/v1/presentations", body), http.StatusBadRequest, fault.MalformedRequest)
		if p.Detail == "" || strings.Contains(p.Detail, "見本") || strings.Contains(p.Detail, "extra") {
			t.Errorf("%s: detail %q", name, p.Detail)
		}
	}
	for _, query := range []string{"?x=1", "?wait=25s&wait=25s", "?wait=61s", "?wait=-1s", "?wait=x", "?seen=1", "?wait=1s&seen=-1", "?wait=%zz", "?wait=1s;seen=1"} {
		p := b.arm(orderBody)
		wantProblem(t, b.do("issuer", "GET", "/v1/presentations/"+p.ID+query, ""), http.StatusBadRequest, fault.MalformedRequest)
		b.do("issuer", "DELETE", "/v1/presentations/"+p.ID, "")
	}
	wantProblem(t, b.do("issuer", "GET", "/v1/status?verbose=1", ""), http.StatusBadRequest, fault.MalformedRequest)
}

// Whatever is accepted is exactly what was sent: encoded again and decoded again
// it is the same, and a plain decoder sees the same.
func FuzzDecodeArm(f *testing.F) {
	for _, seed := range []string{
		orderBody, `{"profile":"address","transaction":"t","timeout_ms":1000,"reader":"front","bind":true}`,
		`{"profile":"a","transaction":"b","profile":"c"}`, `{}`, `null`, `{"profile":"a","transaction":"\ud800"}`,
		`{"profile":"a","transaction":"b","timeout_ms":1e3}`, `{"profile":[[[[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got api.ArmRequest
		err := decodeObject(body, &got, armMust, armMay)
		if err == nil {
			err = checkArm(got, 5*time.Minute)
		}
		if err != nil {
			if fault.CodeOf(err) != fault.MalformedRequest {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if !api.ValidName(got.Profile) || !api.ValidName(got.Transaction) {
			t.Fatalf("accepted %+v", got)
		}
		var plain map[string]any
		if err := json.Unmarshal(body, &plain); err != nil || plain["transaction"] != got.Transaction || plain["profile"] != got.Profile {
			t.Fatalf("a plain decoder sees %v (%v)", plain, err)
		}
		encoded, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again api.ArmRequest
		if err := decodeObject(encoded, &again, armMust, armMay); err != nil {
			t.Fatalf("refused when encoded again: %v", err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
