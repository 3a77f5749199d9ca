package daemon

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// scrape returns the metrics as the socket tells them.
func (r *rig) scrape() string {
	r.t.Helper()
	text, err := r.client.Metrics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func hasLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

func TestMetricsOfTaps(t *testing.T) {
	r := start(t, []string{string(holder.Honest), string(holder.TamperedElement), string(holder.LockedPhone)}, nil)
	p, _ := r.outcome(r.arm("address"))
	if _, err := r.client.Claim(t.Context(), p.ID, "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
		t.Fatal(err)
	}
	r.outcome(r.arm("address"))
	p, _ = r.outcome(r.arm("age-over-20"))
	if err := r.client.Cancel(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	name := `reader="` + sandboxReader + `"`
	got := r.scrape()
	hasLines(t, got,
		`kazashi_taps_total{code="KZ-000",`+name+`,result="verified"} 1`,
		`kazashi_taps_total{code="KZ-421",`+name+`,result="failed"} 1`,
		`kazashi_taps_total{code="KZ-201",`+name+`,result="nothing"} 1`,
		`kazashi_presentations_total{code="KZ-000",profile="address",state="acked"} 1`,
		`kazashi_presentations_total{code="KZ-421",profile="address",state="rejected"} 1`,
		`kazashi_presentations_total{code="KZ-604",profile="age-over-20",state="cancelled"} 1`,
		`kazashi_presentations_active 0`,
		`kazashi_tap_phase_duration_seconds_count{phase="engaging"} 3`,
		`kazashi_tap_phase_duration_seconds_count{phase="verifying"} 2`,
		`kazashi_reader_up{`+name+`} 1`,
		`kazashi_specimen_mode 1`, `kazashi_health_state{state="ok"} 1`,
		`kazashi_certificate_expiry_timestamp_seconds{kind="reader",source="reader_key"} `,
		`kazashi_http_requests_total{method="POST",route="/v1/presentations/{id}/claim",status="200"} 1`,
	)
	for _, id := range []string{p.ID, "job-1"} {
		if strings.Contains(got, id) {
			t.Errorf("the metrics name %s", id)
		}
	}
}

func TestMetricsFileAfterATap(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kazashi.prom")
	r := start(t, nil, func(d *daemon) {
		d.textfile = newTextfile(d.metrics, configs.Textfile{Path: path, Interval: time.Hour}, d.nudgeHealth)
	})
	p, _ := r.outcome(r.arm("age-over-20"))
	awaitFile(t, path, `result="verified"} 1`)
	if err := r.client.Cancel(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	r.stop() // the end writes once more
	if err := <-r.ended; err != nil {
		t.Fatal(err)
	}
	r.ended <- nil
	awaitFile(t, path, `state="cancelled"} 1`)
}

// awaitFile waits until a file holds a text.
func awaitFile(t *testing.T, path, text string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), text) {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("%s does not hold %s: %v\n%s", path, text, err, content)
		}
	}
}

func TestMetricsFileThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	r := start(t, nil, func(d *daemon) {
		d.textfile = newTextfile(d.metrics, configs.Textfile{Path: filepath.Join(dir, "k.prom"), Interval: time.Millisecond}, d.nudgeHealth)
	})
	r.awaitHealth(func(h api.Health) bool {
		return h.State == api.HealthDegraded && len(h.Items) == 1 && h.Items[0].Code == fault.MetricsUnwritten
	})
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.awaitHealth(func(h api.Health) bool { return h.State == api.HealthOK })
}

// awaitHealth follows the events until health is as wanted.
func (r *rig) awaitHealth(wanted func(api.Health) bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	for e, err := range r.client.Events(ctx, client.Position{}) {
		if err != nil {
			r.t.Fatal(err)
		}
		if e.Snapshot != nil && wanted(e.Snapshot.Health) || e.Health != nil && wanted(*e.Health) {
			return
		}
	}
}
