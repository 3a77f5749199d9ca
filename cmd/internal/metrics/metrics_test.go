package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

var epoch = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// A desk is a terminal of which everything is known.
type desk struct{ readers int }

func (d desk) Status() api.Status {
	s := api.Status{StartedAt: epoch, Active: []api.Summary{{ID: "SECRETID"}}, Clock: &api.ClockSummary{Trusted: true}}
	for n := range d.readers {
		s.Readers = append(s.Readers, api.Reader{Name: fmt.Sprintf("reader %d", n), Usable: n == 0, Present: n == 1})
	}
	return s
}

func (desk) Health() api.Health {
	return api.Health{State: api.HealthDegraded, Items: []api.HealthItem{
		{Code: fault.NoAnchor, Severity: api.SeverityWarning, Subject: "address"},
		{Code: fault.NoAnchor, Severity: api.SeverityWarning, Subject: "identity"},
		{Code: fault.LedgerDegraded, Severity: api.SeverityError},
	}}
}

func (desk) Trust() api.Trust {
	next := epoch.Add(time.Hour)
	return api.Trust{
		Anchors: []api.TrustAnchor{
			{Source: "iaca.pem", NotAfter: epoch.Add(2 * time.Hour)}, {Source: "iaca.pem", NotAfter: epoch},
			{Specimen: true, NotAfter: epoch.Add(3 * time.Hour)},
		},
		Lists: []api.TrustList{
			{Kind: "crl", Of: "A", IssuedAt: time.Now().Add(-time.Hour), NextUpdate: &next},
			{Kind: "crl", Of: "B", IssuedAt: time.Now().Add(-3 * time.Hour), Fresh: true},
		},
	}
}
func (desk) ReaderCertificate() (time.Time, bool) { return epoch.Add(time.Minute), true }
func (desk) Tracing() bool                        { return true }
func (desk) Build() (version, commit string)      { return "1.2.3", "abc" }

func text(t *testing.T, m *Metrics) string {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// has holds a text to lines, each by its beginning.
func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("no line %s", line)
		}
	}
}

func TestWhatIsCounted(t *testing.T) {
	m := New(desk{readers: 2})
	m.Tap("front", Verified, fault.OK, 1500*time.Millisecond)
	m.Tap("front", Failed, fault.DigestMismatch, time.Second)
	m.Tap("front", Ignored, fault.OK, 0)
	m.Phase("engaging", 20*time.Millisecond)
	m.Exchange("front", 10, 300)
	m.Exchange("front", 5, 2)
	m.Presentation("address", api.StateAcked, "")
	m.Presentation("address", api.StateExpired, fault.PresentationExpired)
	m.Request("GET", "/v1/status", 200)
	m.Request("DELETE", "", 404)
	m.LogEntry("warn")
	got := text(t, m)
	has(t, got,
		`kazashi_taps_total{code="KZ-000",reader="front",result="verified"} 1`,
		`kazashi_taps_total{code="KZ-421",reader="front",result="failed"} 1`,
		`kazashi_taps_total{code="none",reader="front",result="ignored"} 1`,
		`kazashi_tap_duration_seconds_bucket{result="verified",le="2.5"} 1`,
		`kazashi_tap_duration_seconds_count{result="nothing"} 0`,
		`kazashi_tap_phase_duration_seconds_sum{phase="engaging"} 0.02`,
		`kazashi_apdus_total{reader="front"} 2`,
		`kazashi_apdu_bytes_total{direction="sent",reader="front"} 15`,
		`kazashi_apdu_bytes_total{direction="received",reader="front"} 302`,
		`kazashi_presentations_total{code="KZ-000",profile="address",state="acked"} 1`,
		`kazashi_presentations_total{code="KZ-603",profile="address",state="expired"} 1`,
		`kazashi_http_requests_total{method="GET",route="/v1/status",status="200"} 1`,
		`kazashi_http_requests_total{method="none",route="none",status="404"} 1`,
		`kazashi_log_entries_total{level="error"} 0`, `kazashi_log_entries_total{level="warn"} 1`,
		`kazashi_build_info{commit="abc",go="go`, `kazashi_start_time_seconds 1.7954244e+09`,
		`kazashi_specimen_mode 0`, `kazashi_clock_trusted 1`, `kazashi_trace_on 1`, `kazashi_presentations_active 1`,
		`kazashi_readers 2`, `kazashi_reader_up{reader="reader 0"} 1`, `kazashi_reader_up{reader="reader 1"} 0`,
		`kazashi_reader_present{reader="reader 1"} 1`,
		`kazashi_health_state{state="degraded"} 1`, `kazashi_health_state{state="ok"} 0`,
		`kazashi_health_items{code="KZ-501",severity="warning"} 2`, `kazashi_health_items{code="KZ-802",severity="error"} 1`,
		`kazashi_trust_anchors{specimen="false"} 2`, `kazashi_trust_anchors{specimen="true"} 1`,
		`kazashi_trust_lists{kind="crl"} 2`, `kazashi_trust_lists_stale{kind="crl"} 1`,
		`kazashi_trust_list_age_seconds{kind="crl"} 1080`, `kazashi_trust_list_next_update_timestamp_seconds{kind="crl"} `,
		`kazashi_certificate_expiry_timestamp_seconds{kind="anchor",source="iaca.pem"} `,
		`kazashi_certificate_expiry_timestamp_seconds{kind="reader",source="reader_key"} `,
		`go_goroutines `, `process_resident_memory_bytes `,
	)
	if strings.Contains(got, "SECRETID") {
		t.Error("an id of a presentation is told")
	}
	families, err := m.own.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// Readers name themselves: one that comes back under ever new names must not fill
// the memory of the terminal and of whoever scrapes it.
func TestF58_ReadersOfManyNamesAreBounded(t *testing.T) {
	m := New(desk{readers: 500})
	for n := range 500 {
		name := fmt.Sprintf("reader %d", n)
		m.Tap(name, Ignored, fault.OK, 0)
		m.Exchange(name, 1, 1)
	}
	got := text(t, m)
	for family, most := range map[string]int{"kazashi_taps_total{": 33, "kazashi_apdus_total{": 33, "kazashi_reader_up{": 32} {
		if n := strings.Count(got, "\n"+family); n != most {
			t.Errorf("%s has %d series", family, n)
		}
	}
	has(t, got, `kazashi_taps_total{code="none",reader="other",result="ignored"} 468`)
}

// A driver may name its reader in any encoding, and nobody's tap may end the daemon.
func TestF58_ReaderNameThatIsNoUTF8(t *testing.T) {
	m := New(desk{})
	m.Tap("\x83\x8a\x81[\x83_", Ignored, fault.OK, 0)
	has(t, text(t, m), "kazashi_taps_total{code=\"none\",reader=\"\uFFFD[\uFFFD_\",result=\"ignored\"} 1")
}

func TestNothingIsCountedByNobody(t *testing.T) {
	var m *Metrics
	m.Tap("a", Verified, fault.OK, time.Second)
	m.Phase("a", 1)
	m.Exchange("a", 1, 1)
	m.Presentation("a", api.StateAcked, "")
	m.Request("GET", "/", 200)
	m.LogEntry("info")
}

func TestFileForNodeExporter(t *testing.T) {
	m := New(desk{})
	dir := t.TempDir()
	path := filepath.Join(dir, "kazashi.prom")
	for range 2 {
		if err := m.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(content), "kazashi_build_info{")
	// node_exporter refuses a file with metrics that it has itself, and reads it as
	// another user.
	for line := range strings.Lines(string(content)) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "kazashi_") {
			t.Errorf("a stranger: %s", line)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
	err = m.WriteFile(filepath.Join(dir, "none", "kazashi.prom"))
	if fault.CodeOf(err) != fault.MetricsUnwritten || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
