// Package metrics is what the daemon counts, in the form of Prometheus.
//
// A [Metrics] is a registry of its own: nothing is registered with the library's
// default one, and it serves nothing by itself. Counters are told of what happens;
// what is a state (readers, health, trust, certificates) is looked up when somebody
// asks, so that a scrape never shows an old one.
//
// Labels come from closed sets only: codes, names of profiles and readers, states,
// phases, routes of the contract. No label and no value is about a person, and none
// names a presentation, a transaction or a caller.
package metrics

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A Result is how a tap ended. Its text is stable.
type Result string

// The results. They are those of [api.TapCounts].
const (
	Verified Result = "verified"
	Failed   Result = "failed"
	Nothing  Result = "nothing" // nothing was asked of the phone, or its presentation ended first
	Ignored  Result = "ignored" // nothing was armed
)

// maxReaders bounds how many readers have counters of their own. A reader names
// itself, and one that is plugged in again may have another name: those past the
// number share the name [Other].
const maxReaders = 32

// Other stands for every reader past the first 32.
const Other = "other"

// A Metrics counts. It is safe for use by many goroutines; the methods that count do
// nothing on a nil one.
type Metrics struct {
	own prometheus.Gatherer // names that begin with kazashi_
	all prometheus.Gatherer // those, and the ones of the Go runtime and the process

	taps          *prometheus.CounterVec
	tapDuration   *prometheus.HistogramVec
	phaseDuration *prometheus.HistogramVec
	presentations *prometheus.CounterVec
	apdus         *prometheus.CounterVec
	apduBytes     *prometheus.CounterVec
	requests      *prometheus.CounterVec
	logEntries    *prometheus.CounterVec

	mu      sync.Mutex
	readers map[string]bool
}

// buckets of durations in seconds: an exchange takes a millisecond, a portrait over
// a slow reader five seconds, a holder who reads what is asked a minute.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// New returns metrics that look states up in source.
func New(source Source) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help, label string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{label})
	}
	m := &Metrics{
		readers: map[string]bool{},
		taps: counter("kazashi_taps_total",
			"Taps that are over, by reader, result (verified, failed, nothing, ignored) and code (none where nothing was armed).",
			"reader", "result", "code"),
		tapDuration: histogram("kazashi_tap_duration_seconds",
			"How long taps took from the card's arrival to their end, the holder's consent included, by result.", "result"),
		phaseDuration: histogram("kazashi_tap_phase_duration_seconds",
			"How long taps stayed in each phase; requesting holds the wait for the holder's consent.", "phase"),
		presentations: counter("kazashi_presentations_total",
			"Presentations that have ended, by profile, terminal state and code (KZ-000 for acked).", "profile", "state", "code"),
		apdus: counter("kazashi_apdus_total", "Command APDUs that were answered, by reader.", "reader"),
		apduBytes: counter("kazashi_apdu_bytes_total",
			"Bytes of APDUs, by reader and direction (sent, received); headers and status words count.", "reader", "direction"),
		requests: counter("kazashi_http_requests_total",
			"Requests on the socket, by method and route of the contract (none where there is no such route) and HTTP status.",
			"method", "route", "status"),
		logEntries: counter("kazashi_log_entries_total", "Lines that were logged, by level.", "level"),
	}
	own, runtime := prometheus.NewRegistry(), prometheus.NewRegistry()
	own.MustRegister(m.taps, m.tapDuration, m.phaseDuration, m.presentations, m.apdus, m.apduBytes, m.requests, m.logEntries,
		newStates(source))
	// The process collector leaves out what it cannot read: where /proc shows processes
	// only (ProcSubset=pid) that is the time at which the process started.
	runtime.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.own, m.all = own, prometheus.Gatherers{own, runtime}
	for _, r := range []Result{Verified, Failed, Nothing} {
		m.tapDuration.WithLabelValues(string(r))
	}
	for _, level := range []string{"warn", "error"} {
		m.logEntries.WithLabelValues(level)
	}
	return m
}

// Tap counts a tap that is over. Took is 0 where nobody measured it.
func (m *Metrics) Tap(reader string, result Result, code fault.Code, took time.Duration) {
	if m == nil {
		return
	}
	text := string(code)
	if result == Ignored {
		text = "none"
	}
	m.taps.WithLabelValues(m.reader(reader), string(result), text).Inc()
	if took > 0 {
		m.tapDuration.WithLabelValues(string(result)).Observe(took.Seconds())
	}
}

// Phase counts how long a tap stayed in a phase. Phases are those of package session.
func (m *Metrics) Phase(phase string, took time.Duration) {
	if m != nil {
		m.phaseDuration.WithLabelValues(phase).Observe(took.Seconds())
	}
}

// Exchange counts one command APDU and its answer, both in bytes.
func (m *Metrics) Exchange(reader string, sent, received int) {
	if m == nil {
		return
	}
	reader = m.reader(reader)
	m.apdus.WithLabelValues(reader).Inc()
	m.apduBytes.WithLabelValues(reader, "sent").Add(float64(sent))
	m.apduBytes.WithLabelValues(reader, "received").Add(float64(received))
}

// Presentation counts a presentation that has ended.
func (m *Metrics) Presentation(profile string, state api.State, code fault.Code) {
	if m == nil {
		return
	}
	if code == "" {
		code = fault.OK
	}
	m.presentations.WithLabelValues(profile, string(state), string(code)).Inc()
}

// Request counts a request that was answered. An empty method or route is one that
// the contract does not have.
func (m *Metrics) Request(method, route string, status int) {
	if m == nil {
		return
	}
	if route == "" {
		method, route = "none", "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
}

// LogEntry counts a line of the log.
func (m *Metrics) LogEntry(level string) {
	if m != nil {
		m.logEntries.WithLabelValues(level).Inc()
	}
}

// reader returns the name under which a reader is counted.
func (m *Metrics) reader(name string) string {
	// The name is what a driver says, and a label that is no UTF-8 is a panic.
	name = strings.ToValidUTF8(name, "\uFFFD")
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.readers[name] {
		return name
	}
	if len(m.readers) >= maxReaders {
		return Other
	}
	m.readers[name] = true
	return name
}

// Write writes everything in the text format of Prometheus, version 0.0.4.
func (m *Metrics) Write(w io.Writer) error {
	families, err := m.all.Gather()
	if err != nil {
		return fault.Wrap(fault.Internal, err, "gathering metrics")
	}
	encoder := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return fault.Wrap(fault.Internal, err, "encoding metrics")
		}
	}
	return nil
}

// WriteFile writes what is the daemon's own into a file for the textfile collector
// of node_exporter, readable by everybody. It is written beside its place and then
// takes it at once: a reader finds the old file or the new one, whole. The metrics
// of runtime and process are left out, since node_exporter has its own by the same
// names.
func (m *Metrics) WriteFile(path string) error {
	return fault.Wrap(fault.MetricsUnwritten, prometheus.WriteToTextfile(path, m.own), "writing the metrics file")
}
