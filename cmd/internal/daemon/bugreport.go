package daemon

import (
	"context"
	"crypto/rand"
	"runtime"
	"strings"
	"time"

	"go.uber.org/zap"

	"kazashi/cmd/internal/build"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// Bugreport collects what those need who mend the terminal, and logs its marker. The
// log in it ends with that line.
func (d *daemon) Bugreport() (api.Bugreport, error) {
	marker := rand.Text()[:12]
	d.log.Info("bug report", zap.String("marker", marker))
	now, cancel := context.WithCancel(context.Background())
	cancel() // everything as it is, without a wait
	var counted strings.Builder
	if err := d.metrics.Write(&counted); err != nil {
		return api.Bugreport{}, err
	}
	info := build.Read()
	report := api.Bugreport{
		Marker: marker, At: time.Now().UTC().Round(0),
		Build: api.Build{
			Version: info.Version, Commit: info.Commit, Modified: info.Modified, Go: runtime.Version(),
			Platform: runtime.GOOS + "/" + runtime.GOARCH, PCSC: pcsc.Supported,
		},
		Status: d.Status(), Health: d.Health(), Trust: d.Trust(),
		Config: d.config.Shown(), Ledger: d.ledgerSummary(), Goroutines: runtime.NumGoroutine(),
		Metrics: counted.String(), Log: d.Log(now, api.Position{}),
	}
	if on, _ := d.trace.state(); on {
		traced := d.Trace(now, api.Position{})
		report.Trace = &traced
	}
	return report, nil
}

func (d *daemon) ledgerSummary() api.LedgerSummary {
	s := api.LedgerSummary{Kept: d.ledger != nil, States: d.ledger.States()}
	s.Damaged, s.Torn = d.ledger.Damaged()
	if err := d.ledger.Err(); err != nil {
		s.Code = fault.CodeOf(err)
	}
	return s
}
