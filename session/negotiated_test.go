package session_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/holder"
)

// lookAt returns the number of the command by which a negotiating phone is first asked
// for what it has to say.
func lookAt(t *testing.T, step string) int {
	t.Helper()
	r := tap(t, t.Context(), phone(t, holder.Options{Negotiated: true}))
	n := slices.Index(r.steps(), step)
	if n < 0 {
		t.Fatalf("no %s in %v", step, r.steps())
	}
	return n
}

// A wallet that has Bluetooth alone may answer the offer of NFC in many ways. The
// holder was not asked for anything yet, and the terminal knows what is wrong.
func TestF20_OfferThatIsDeclined(t *testing.T) {
	at := lookAt(t, "read-handover-select")
	for name, c := range map[string]struct {
		scenario holder.Scenario
		faults   []loopback.Fault
		text     string
	}{
		"with Bluetooth":        {holder.BLEOnly, nil, "the phone offers BLE, this terminal has NFC"},
		"with an error status":  {holder.Honest, []loopback.Fault{loopback.ReplaceAt(at, []byte("\x00\x06\xd1\x02\x01Te\x01\x90\x00"))}, "answered the offer of NFC with TNEP protocol error"},
		"with an empty record":  {holder.Honest, []loopback.Fault{loopback.ReplaceAt(at, []byte("\x00\x03\xd0\x00\x00\x90\x00"))}, "with an empty record"},
		"with a select of none": {holder.Honest, []loopback.Fault{loopback.ReplaceAt(at, []byte("\x00\x06\xd1\x02\x01Hs\x15\x90\x00"))}, "with nothing"},
	} {
		r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{Negotiated: true, Scenario: c.scenario}), c.faults...))
		if fault.CodeOf(r.err) != fault.NoCommonTransport || !strings.Contains(r.err.Error(), c.text) || session.RequestSent(r.err) {
			t.Errorf("%s: %v", name, r.err)
		}
	}
}

// A phone that stays silent is waited for, and not for ever.
func TestF18_PhoneThatStaysSilent(t *testing.T) {
	for step, want := range map[string]fault.Code{
		"read-service-status": fault.HandoverTimeout, "read-handover-select": fault.NoCommonTransport,
	} {
		at := lookAt(t, step)
		synctest.Test(t, func(t *testing.T) {
			var silence []loopback.Fault
			for n := range 1000 {
				silence = append(silence, loopback.ReplaceAt(at+n, []byte{0, 0, 0x90, 0}))
			}
			start := time.Now()
			r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{Negotiated: true}), silence...))
			if took := time.Since(start); fault.CodeOf(r.err) != want || took < 2*time.Second || took > 6*time.Second {
				t.Errorf("%s: %v after %s", step, r.err, took)
			}
		})
	}
}
