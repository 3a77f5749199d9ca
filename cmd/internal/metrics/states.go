package metrics

import (
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kazashi/transport/api"
)

// A Source is where states are looked up. Its methods are called with every scrape,
// by several goroutines at a time, and must be quick.
type Source interface {
	Status() api.Status
	Health() api.Health
	Trust() api.Trust
	// ReaderCertificate returns the end of the validity of the certificate by which the
	// reader authenticates; false for a reader that has none.
	ReaderCertificate() (notAfter time.Time, ok bool)
	// Tracing reports whether APDUs are traced.
	Tracing() bool
	// Build returns the version and the commit of the running program.
	Build() (version, commit string)
}

// states collects what is a state.
type states struct {
	source Source

	build, specimen, started, health, items, up, present, service, active, clock, anchors,
	lists, stale, age, next, expiry, tracing *prometheus.Desc
}

func newStates(source Source) *states {
	gauge := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("kazashi_"+name, help, labels, nil)
	}
	return &states{
		source:   source,
		build:    gauge("build_info", "1, for the build of the running daemon.", "version", "commit", "go"),
		specimen: gauge("specimen_mode", "1 when invented documents are accepted: never on a kiosk."),
		started:  gauge("start_time_seconds", "When the daemon started, in seconds of Unix time."),
		health:   gauge("health_state", "1 for the state of health that holds (ok, degraded, failing), 0 for the others.", "state"),
		items:    gauge("health_items", "Things that are wrong at present, by code and severity.", "code", "severity"),
		up:       gauge("reader_up", "1 when the reader can be used.", "reader"),
		present:  gauge("reader_present", "1 when something lies on the reader.", "reader"),
		service:  gauge("readers", "Readers that are known, usable or not."),
		active:   gauge("presentations_active", "Presentations that have not ended."),
		clock:    gauge("clock_trusted", "1 when validity can be judged by the clock."),
		anchors:  gauge("trust_anchors", "Issuer certificates that are trusted, by whether they are specimens.", "specimen"),
		lists:    gauge("trust_lists", "Lists in force, by kind (vical, crl, status list, identifier list).", "kind"),
		stale:    gauge("trust_lists_stale", "Lists in force whose next update lies behind, by kind.", "kind"),
		age:      gauge("trust_list_age_seconds", "Time since the oldest list of a kind was issued.", "kind"),
		next: gauge("trust_list_next_update_timestamp_seconds",
			"The earliest next update of the lists of a kind, in seconds of Unix time.", "kind"),
		expiry: gauge("certificate_expiry_timestamp_seconds",
			"When a certificate expires, in seconds of Unix time, by kind (reader, anchor) and the file or list that it stands in, of which the earliest counts.",
			"kind", "source"),
		tracing: gauge("trace_on", "1 while APDUs are traced."),
	}
}

// Describe implements [prometheus.Collector].
func (s *states) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		s.build, s.specimen, s.started, s.health, s.items, s.up, s.present, s.service, s.active, s.clock,
		s.anchors, s.lists, s.stale, s.age, s.next, s.expiry, s.tracing,
	} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (s *states) Collect(out chan<- prometheus.Metric) {
	emit := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	version, commit := s.source.Build()
	emit(s.build, 1, version, commit, runtime.Version())
	status := s.source.Status()
	emit(s.specimen, truth(status.Specimen))
	emit(s.started, unix(status.StartedAt))
	emit(s.active, float64(len(status.Active)))
	emit(s.clock, truth(status.Clock == nil || status.Clock.Trusted))
	emit(s.tracing, truth(s.source.Tracing()))
	emit(s.service, float64(len(status.Readers)))
	for i, r := range status.Readers {
		if i == maxReaders {
			break
		}
		emit(s.up, truth(r.Usable), r.Name)
		emit(s.present, truth(r.Present), r.Name)
	}
	s.collectHealth(emit)
	s.collectTrust(emit)
}

func (s *states) collectHealth(emit func(*prometheus.Desc, float64, ...string)) {
	health := s.source.Health()
	for _, state := range []api.HealthState{api.HealthOK, api.HealthDegraded, api.HealthFailing} {
		emit(s.health, truth(health.State == state), string(state))
	}
	items := map[[2]string]int{}
	for _, item := range health.Items {
		items[[2]string{string(item.Code), string(item.Severity)}]++
	}
	for key, n := range items {
		emit(s.items, float64(n), key[0], key[1])
	}
}

func (s *states) collectTrust(emit func(*prometheus.Desc, float64, ...string)) {
	trust := s.source.Trust()
	anchors := map[bool]int{true: 0, false: 0}
	ends := map[[2]string]time.Time{}
	earliest := func(kind, source string, end time.Time) {
		if known, ok := ends[[2]string{kind, source}]; !ok || end.Before(known) {
			ends[[2]string{kind, source}] = end
		}
	}
	for _, a := range trust.Anchors {
		anchors[a.Specimen]++
		source := a.Source
		if source == "" {
			source = "specimen"
		}
		earliest("anchor", source, a.NotAfter)
	}
	for specimen, n := range anchors {
		emit(s.anchors, float64(n), strconv.FormatBool(specimen))
	}
	if end, ok := s.source.ReaderCertificate(); ok {
		earliest("reader", "reader_key", end)
	}
	for key, end := range ends {
		emit(s.expiry, unix(end), key[0], key[1])
	}
	s.collectLists(trust.Lists, emit)
}

// A pile is the lists of one kind.
type pile struct {
	lists, stale int
	oldest       time.Time
	next         *time.Time
}

func (s *states) collectLists(lists []api.TrustList, emit func(*prometheus.Desc, float64, ...string)) {
	piles := map[string]*pile{}
	for _, l := range lists {
		p := piles[l.Kind]
		if p == nil {
			p = &pile{oldest: l.IssuedAt}
			piles[l.Kind] = p
		}
		p.lists++
		if !l.Fresh {
			p.stale++
		}
		if l.IssuedAt.Before(p.oldest) {
			p.oldest = l.IssuedAt
		}
		if l.NextUpdate != nil && (p.next == nil || l.NextUpdate.Before(*p.next)) {
			p.next = l.NextUpdate
		}
	}
	for kind, p := range piles {
		emit(s.lists, float64(p.lists), kind)
		emit(s.stale, float64(p.stale), kind)
		emit(s.age, time.Since(p.oldest).Seconds(), kind)
		if p.next != nil {
			emit(s.next, unix(*p.next), kind)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
