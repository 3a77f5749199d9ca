package daemon

import (
	"encoding/base64"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/session/holder"
	"kazashi/session/specimen"
	"kazashi/transport/client"
)

// leftover makes a socket file on which nobody listens.
func leftover(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// canaries are the specimen's values in the forms in which they could be printed.
func canaries(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	now := time.Now()
	documents := []specimen.Document{specimen.MyNumberCard(now).WithIndividualNumber(), specimen.DrivingLicence(now)}
	for _, d := range documents {
		for _, e := range d.Elements {
			var value []byte
			switch v := e.Value.(type) {
			case string:
				value = []byte(v)
			case []byte:
				value = v[:48]
			default:
				value = []byte(strings.Trim(marshal(t, v), `"`))
			}
			// Shorter ones, such as a country or an age, stand in any log.
			if len(value) < 8 || string(value) == specimen.Organization {
				continue
			}
			found[e.Identifier] = string(value)
			found[e.Identifier+" in hex"] = hex.EncodeToString(value)
			found[e.Identifier+" in base64"] = base64.StdEncoding.EncodeToString(value[:len(value)/3*3])
		}
	}
	return found
}

// F56: whatever a phone does, nothing of what it says of its holder is in the
// log, in a state, in an event, in an error, in the metrics, in the trace, in the bug
// report or in the ledger, with a profile that
// hands out evidence and with one that does not.
func TestF56_NoValueLeavesButByTheClaim(t *testing.T) {
	var scenarios []string
	for _, s := range holder.Scenarios() {
		if s != holder.SlowConsent { // says the same as the honest one, later
			scenarios = append(scenarios, string(s))
		}
	}
	for _, profile := range []string{"identity", "centre"} {
		t.Run(profile, func(t *testing.T) { noValueLeaves(t, profile, scenarios) })
	}
}

func noValueLeaves(t *testing.T, profile string, scenarios []string) {
	path := filepath.Join(t.TempDir(), "ledger")
	r := start(t, scenarios, func(d *daemon) {
		d.config.Ledger.Path = path
		if profile == "centre" {
			serveCentre(t, d)
		}
	})
	var seen strings.Builder
	note := func(v any, err error) {
		seen.WriteString(marshal(t, v))
		if err != nil {
			seen.WriteString(err.Error())
		}
	}
	note(r.client.SetTrace(t.Context(), time.Minute))
	claims := 0
	for range scenarios {
		p, _ := r.outcome(r.arm(profile))
		note(p, nil)
		note(r.client.Status(t.Context()))
		note(r.client.Health(t.Context()))
		if claim, err := r.client.Claim(t.Context(), p.ID, "c"); err == nil {
			claims++
			if (claim.Evidence != nil) != (profile == "centre") {
				t.Errorf("evidence %v under %s", claim.Evidence != nil, profile)
			}
			if !strings.Contains(marshal(t, claim), canaries(t)["full_name_unicode"]) {
				t.Error("the claim does not hold the name: the canaries look for the wrong thing")
			}
			note(r.client.Ack(t.Context(), p.ID, "c", "issued"))
		} else {
			note(nil, err)
			note(nil, r.client.Cancel(t.Context(), p.ID))
		}
	}
	if claims != 2 {
		t.Errorf("%d claims, the honest phone and the one with the number make two", claims)
	}
	events := 0
	for e, err := range r.client.Events(t.Context(), client.Position{Epoch: r.daemon.vault.Feed().Epoch()}) {
		note(e, err)
		if events++; e.Seq >= r.daemon.vault.Feed().Last() {
			break
		}
	}
	if events < len(scenarios) {
		t.Errorf("%d events", events)
	}
	counted, err := r.client.Metrics(t.Context())
	note(string(counted), err)
	note(r.client.Log(t.Context(), client.Position{}, 0))
	traced, err := r.client.Trace(t.Context(), client.Position{}, 0)
	note(traced, err)
	if len(traced.Entries) < 10*len(scenarios) {
		t.Errorf("%d entries were traced", len(traced.Entries))
	}
	note(r.client.Bugreport(t.Context()))
	book, err := os.ReadFile(path)
	if err != nil || strings.Count(string(book), "\n") < 2*len(scenarios) {
		t.Errorf("the ledger has %d lines, %v", strings.Count(string(book), "\n"), err)
	}
	for place, text := range map[string]string{"the log": r.log.String(), "an answer": seen.String(), "the ledger": string(book)} {
		for name, value := range canaries(t) {
			if strings.Contains(text, value) {
				t.Errorf("%s holds the value of %s", place, name)
			}
		}
	}
	if !strings.Contains(r.log.String(), `"exchange"`) {
		t.Error("the log is not at its most talkative")
	}
}
