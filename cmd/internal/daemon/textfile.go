package daemon

import (
	"context"
	"sync/atomic"
	"time"

	"kazashi/cmd/internal/metrics"
	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// textfileGap is the least time between two writings of the metrics file: taps that
// come quicker share one.
const textfileGap = time.Second

// A textfile keeps the metrics file of node_exporter up to date.
type textfile struct {
	metrics *metrics.Metrics
	config  configs.Textfile
	tapped  chan struct{} // of one slot
	turned  func()        // told when writing begins or ceases to fail
	failure *atomic.Pointer[error]
}

func newTextfile(m *metrics.Metrics, c configs.Textfile, turned func()) textfile {
	return textfile{metrics: m, config: c, tapped: make(chan struct{}, 1), turned: turned, failure: &atomic.Pointer[error]{}}
}

// nudge has the file written soon: a tap is over.
func (t *textfile) nudge() {
	select {
	case t.tapped <- struct{}{}:
	default:
	}
}

// run writes the file at the start, in its interval and after taps, and once more
// when ctx ends, so that what the last tap counted is in it.
func (t *textfile) run(ctx context.Context, p *part) {
	if t.config.Path == "" {
		return
	}
	tick := time.NewTicker(t.config.Interval)
	defer tick.Stop()
	for {
		p.works()
		t.write()
		p.waits()
		gap := time.NewTimer(min(textfileGap, t.config.Interval))
		select {
		case <-ctx.Done():
			gap.Stop()
			t.write()
			return
		case <-gap.C:
		}
		select {
		case <-ctx.Done():
			t.write()
			return
		case <-tick.C:
		case <-t.tapped:
		}
	}
}

func (t *textfile) write() {
	err := t.metrics.WriteFile(t.config.Path)
	before := t.failure.Load()
	if err == nil {
		t.failure.Store(nil)
	} else {
		t.failure.Store(&err)
	}
	if (before == nil) != (err == nil) {
		t.turned()
	}
}

// findings are what is wrong with the file.
func (t *textfile) findings() []api.HealthItem {
	err := t.failure.Load()
	if err == nil {
		return nil
	}
	return []api.HealthItem{{
		Code: fault.MetricsUnwritten, Severity: api.SeverityWarning, Subject: "metrics.textfile", Detail: (*err).Error(),
	}}
}
