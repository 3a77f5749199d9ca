package metrics

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// fleet is where the rules for those who watch many kiosks are.
const fleet = "../../../configs/fleet"

// A rule is one of an alert or of a recording, as Prometheus reads it.
type rule struct {
	Alert, Record, Expr string
	Labels              map[string]string
	Annotations         map[string]string
}

func rulesOf(t *testing.T, name string) []rule {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(fleet, name))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct{ Rules []rule }
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// An exposure is what the daemon shows: names with their labels, and of the labels from
// sets that this package knows their values.
type exposure struct {
	labels map[string][]string
	values map[string][]string
}

// foreign are the metrics of node_exporter and of Prometheus itself that rules use.
var foreign = map[string][]string{"up": {"job"}, "node_textfile_mtime_seconds": {"job", "file"}}

func exposed(t *testing.T) exposure {
	t.Helper()
	m := New(desk{readers: 1})
	m.Tap("front", Verified, fault.OK, time.Second)
	m.Phase("engaging", time.Second)
	m.Exchange("front", 1, 1)
	m.Presentation("address", api.StateAcked, "")
	m.Request("GET", "/v1/status", 200)
	families, err := m.own.Gather()
	if err != nil {
		t.Fatal(err)
	}
	e := exposure{labels: map[string][]string{}, values: map[string][]string{
		"result":   {string(Verified), string(Failed), string(Nothing), string(Ignored)},
		"severity": {string(api.SeverityError), string(api.SeverityWarning)},
		"state": {string(api.HealthOK), string(api.HealthDegraded), string(api.HealthFailing), string(api.StateAcked),
			string(api.StateRejected), string(api.StateExpired), string(api.StateCancelled), string(api.StateLost)},
		"level": {"debug", "info", "warn", "error"}, "kind": {"reader", "anchor"},
	}}
	for _, family := range families {
		var labels []string
		for _, p := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, p.GetName())
		}
		name := family.GetName()
		if family.GetType().String() == "HISTOGRAM" {
			e.labels[name+"_bucket"] = append(slices.Clone(labels), "le")
			e.labels[name+"_count"], e.labels[name+"_sum"] = labels, labels
			continue
		}
		e.labels[name] = labels
	}
	return e
}

var (
	metricName = regexp.MustCompile(`\b(?:kazashi[a-z0-9_:]*|node_[a-z_]+|up)\b(\{[^}]*\})?`)
	matcher    = regexp.MustCompile(`(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"`)
	grouping   = regexp.MustCompile(`\b(?:by|on|ignoring|group_left|without)\s*\(([^)]*)\)`)
	dollar     = regexp.MustCompile(`\$labels\.(\w+)`)
)

// wrong returns what a rule says that the daemon does not show. Recorded holds what other
// rules record.
func (e exposure) wrong(r rule, recorded []string) []string {
	var all []string
	labels := []string{"instance"}
	names := 0
	for _, found := range metricName.FindAllStringSubmatch(r.Expr, -1) {
		name, selector, _ := strings.Cut(found[0], "{")
		names++
		have, ok := e.labels[name]
		if !ok {
			have, ok = foreign[name]
		}
		if !ok && !slices.Contains(recorded, name) {
			all = append(all, "no metric "+name)
		}
		labels = append(labels, have...)
		for _, m := range matcher.FindAllStringSubmatch(selector, -1) {
			if !slices.Contains(have, m[1]) {
				all = append(all, fmt.Sprintf("%s has no label %s", name, m[1]))
			}
			values, closed := e.values[m[1]]
			for value := range strings.SplitSeq(m[3], "|") {
				if closed && !slices.Contains(values, value) {
					all = append(all, fmt.Sprintf("%s is never %s", m[1], value))
				}
			}
		}
	}
	if names == 0 {
		all = append(all, "no metric at all")
	}
	if strings.Contains(r.Expr, "kazashi:") {
		labels = append(labels, "code")
	}
	for _, found := range grouping.FindAllStringSubmatch(r.Expr, -1) {
		for name := range strings.SplitSeq(found[1], ",") {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(labels, name) {
				all = append(all, "no label "+name)
			}
		}
	}
	for _, text := range r.Annotations {
		for _, found := range dollar.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(labels, found[1]) {
				all = append(all, "no label "+found[1]+" for an annotation")
			}
		}
	}
	return all
}

// What the shipped rules ask for is what the daemon shows, by name, label and value: an
// alert on a metric that is called otherwise never fires, and nobody is told.
func TestRulesOfFleetNameWhatIsExposed(t *testing.T) {
	e := exposed(t)
	records, alerts := rulesOf(t, "recording.yaml"), rulesOf(t, "alerts.yaml")
	var recorded []string
	for _, r := range records {
		recorded = append(recorded, r.Record)
	}
	if len(records) < 5 || len(alerts) < 10 {
		t.Fatalf("%d records and %d alerts", len(records), len(alerts))
	}
	guide, err := os.ReadFile(filepath.Join(fleet, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range slices.Concat(records, alerts) {
		for _, problem := range e.wrong(r, recorded) {
			t.Errorf("%s%s: %s", r.Alert, r.Record, problem)
		}
	}
	for _, r := range alerts {
		if r.Annotations["summary_ja"] == "" || r.Annotations["summary_en"] == "" {
			t.Errorf("%s does not say in both languages what is wrong", r.Alert)
		}
		if s := r.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s has the severity %q", r.Alert, s)
		}
		if !strings.Contains(string(guide), "`"+r.Alert+"`") {
			t.Errorf("README.md does not say what to do about %s", r.Alert)
		}
	}
}

// The rule above itself: what is spelt wrong is found.
func TestRulesOfFleetThatAreWrongAreFound(t *testing.T) {
	e := exposed(t)
	for expr, wrong := range map[string]bool{
		`kazashi_reader_up == 0`:                                         false,
		`kazashi_readers_up == 0`:                                        true,
		`kazashi_taps_total{result="failed"}`:                            false,
		`kazashi_taps_total{result="faild"}`:                             true,
		`kazashi_taps_total{outcome="failed"}`:                           true,
		`sum by (profile) (kazashi_taps_total)`:                          true,
		`rate(kazashi_tap_duration_seconds_bucket{le="1"}[5m])`:          false,
		`rate(kazashi_tap_duration_seconds{result="verified"}[5m])`:      true,
		`kazashi:nothing:recorded > 1`:                                   true,
		`1 > 0`:                                                          true,
		`kazashi_certificate_expiry_timestamp_seconds{kind!~"signer"}`:   true,
		`sum by (instance) (kazashi_presentations_total{state="acked"})`: false,
	} {
		if got := e.wrong(rule{Expr: expr}, nil); (len(got) > 0) != wrong {
			t.Errorf("%s: %v", expr, got)
		}
	}
}

// Prometheus's own tool takes the rules, and they fire and keep silent as they should.
func TestRulesOfFleetByPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here; Debian has it in the package prometheus")
	}
	for _, arguments := range [][]string{{"check", "rules", "alerts.yaml", "recording.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		cmd := exec.CommandContext(t.Context(), promtool, arguments...)
		cmd.Dir = fleet
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
	}
}

// What README.md tells of the number of series holds for a kiosk in use: one reader,
// every phase, a handful of codes.
func TestSeriesOfOneKiosk(t *testing.T) {
	m := New(desk{readers: 1})
	for _, code := range []fault.Code{fault.DigestMismatch, fault.PhoneLocked, fault.CardRemoved, fault.Declined, fault.CardTimeout} {
		m.Tap("front", Failed, code, time.Second)
		m.Presentation("address", api.StateRejected, code)
	}
	m.Tap("front", Verified, fault.OK, time.Second)
	m.Exchange("front", 1, 1)
	for _, phase := range []string{"engaging", "connecting", "requesting", "receiving", "verifying", "done"} {
		m.Phase(phase, time.Second)
	}
	own := 0
	for line := range strings.Lines(text(t, m)) {
		if strings.HasPrefix(line, "kazashi_") {
			own++
		}
	}
	if own < 150 || own > 300 {
		t.Errorf("%d series; README.md says some 200", own)
	}
}
