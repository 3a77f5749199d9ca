package daemon

import (
	"context"
	"reflect"
	"time"

	"go.uber.org/zap"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// reloadPatience is how long a reload may take: it may log in to a token.
const reloadPatience = time.Minute

// reloads reads the configuration anew at every hangup, until ctx ends.
func (d *daemon) reloads(ctx context.Context, p *part) {
	if d.options.Reload == nil {
		return
	}
	for {
		p.waits()
		select {
		case <-ctx.Done():
			return
		case <-d.options.Hangup:
		}
		p.works()
		d.notify(reloading())
		d.reload()
		d.notify(ready)
	}
}

// reload puts a new configuration in force: profiles, anchors, reader key, roles
// and the step timeout, all of it or nothing. With anything wrong the old one stays, and
// health says so until a reload succeeds. A presentation that is armed is asked
// what it was armed with; a tap under way is judged as it began.
func (d *daemon) reload() {
	c, r, a, err := d.reread()
	if err != nil {
		refused := fault.Wrap(fault.ReloadRefused, err, "the former configuration stays in force")
		d.refused.Store(&api.HealthItem{
			Code: fault.ReloadRefused, Severity: api.SeverityWarning,
			Subject: string(fault.CodeOf(err)), Detail: err.Error(),
		})
		// The error names files and keys, and comes before any person.
		d.log.Error("reload refused", append(faultFields(refused), zap.String("error", err.Error()))...)
		d.nudgeHealth()
		return
	}
	d.rules.Store(r)
	d.anchors.Store(a)
	d.server.SetAccess(r.access)
	d.refused.Store(nil)
	d.log.Info("reloaded", zap.Strings("profiles", r.profileNames), zap.Int("anchors", a.summary().Anchors),
		zap.Strings("needs_restart", d.needRestart(*c)))
	d.nudgeHealth()
}

// reread reads everything that a reload can change. A trust file that cannot be
// read, with which the daemon would start, is refused: there is something better.
func (d *daemon) reread() (*configs.Config, *rules, *anchors, error) {
	c, err := d.options.Reload()
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := d.read(*c)
	if err != nil {
		return nil, nil, nil, err
	}
	a := d.readAnchors(*c)
	if len(a.bad) > 0 {
		return nil, nil, nil, fault.New(a.bad[0].Code, "%s", a.bad[0].Detail)
	}
	return c, r, a, nil
}

// needRestart names the sections of a configuration that differ from those in
// force and that no reload changes.
func (d *daemon) needRestart(c configs.Config) []string {
	sections := []string{}
	for _, s := range []struct {
		name     string
		now, new any
	}{
		{"socket", d.given.Socket, c.Socket},
		{"reader", d.given.Reader, c.Reader},
		{"presentation", d.given.Presentation, c.Presentation},
		{"ledger", d.given.Ledger, c.Ledger},
		{"log", d.given.Log, c.Log},
		{"metrics", d.given.Metrics, c.Metrics},
	} {
		if !reflect.DeepEqual(s.now, s.new) {
			sections = append(sections, s.name)
		}
	}
	return sections
}
