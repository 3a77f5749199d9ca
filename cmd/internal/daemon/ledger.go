package daemon

import (
	"fmt"

	"go.uber.org/zap"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/ledger"
)

// openLedger takes over what the ledger remembers of the runs before. Whatever is
// wrong with it, the daemon goes on.
func (d *daemon) openLedger() {
	if d.config.Ledger.Path == "" {
		return
	}
	l, remembered := ledger.Open(d.config.Ledger.Path, d.ledgerTurned)
	d.ledger = l
	d.vault.Keep(l, remembered)
	lost := 0
	for _, e := range remembered {
		if !e.State.Ended() {
			lost++
			d.metrics.Presentation(e.Profile, api.StateLost, fault.LostOnRestart)
			d.log.Warn("presentation lost on restart", zap.String("presentation", e.ID), zap.String("profile", e.Profile),
				zap.String("state", string(e.State)), zap.String("code", string(fault.LostOnRestart)))
		}
	}
	damaged, torn := l.Damaged()
	fields := []zap.Field{zap.Int("remembered", len(remembered)), zap.Int("lost", lost), zap.Int("damaged", damaged), zap.Bool("torn", torn)}
	if damaged > 0 {
		d.log.Warn("ledger read", append(fields, zap.String("code", string(fault.LedgerDamaged)))...)
	} else {
		d.log.Info("ledger read", fields...)
	}
	if err := l.Err(); err != nil {
		d.log.Warn("ledger degraded", zap.String("code", string(fault.LedgerDegraded)), zap.String("error", err.Error()))
	}
}

// ledgerTurned is called when the ledger becomes degraded, or recovers.
func (d *daemon) ledgerTurned() { d.nudgeHealth() }

// ledgerFindings are what is wrong with the ledger. A last line that a power cut
// tore is not: that is what the file is made for.
func (d *daemon) ledgerFindings() []api.HealthItem {
	var items []api.HealthItem
	if err := d.ledger.Err(); err != nil {
		items = append(items, api.HealthItem{Code: fault.LedgerDegraded, Severity: api.SeverityWarning, Detail: err.Error()})
	}
	if damaged, _ := d.ledger.Damaged(); damaged > 0 {
		items = append(items, api.HealthItem{
			Code: fault.LedgerDamaged, Severity: api.SeverityWarning, Detail: fmt.Sprintf("%d damaged lines at start", damaged),
		})
	}
	return items
}
