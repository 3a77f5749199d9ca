package daemon

import (
	"context"
	"crypto/fips140"
	"errors"
	"net"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"kazashi/cmd/internal/build"
	"kazashi/configs"
	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/session/secret"
	"kazashi/transport/api"
	"kazashi/transport/server"
)

const (
	// stopWithin is the longest that the end of a run takes.
	stopWithin = 5 * time.Second
	// drainWithin is how long requests that are under way may take at the end.
	drainWithin = 2 * time.Second
	// settleWithin is how long the socket waits at the start for the first word
	// about readers, so that nobody is told of a reader's absence too early.
	settleWithin = time.Second
	// sandboxRate is how many requests a second are answered in specimen mode, where
	// tests and benchmarks are quicker than any kiosk.
	sandboxRate = 10_000
	// sandboxConns is how many connections specimen mode takes, all of one user.
	sandboxConns = 256
	// healthEvery is how often health is looked at without a reason: dates pass.
	healthEvery = time.Minute
)

// Run runs the daemon until ctx ends, and returns nil after an orderly end.
//
// Errors before the start carry the codes of the configuration, the profiles and
// keys (KZ-7xx), or fault.SocketUnavailable. fault.Internal means that a part
// failed while running, or did not end in time.
func Run(ctx context.Context, c configs.Config, o Options) error {
	if err := obtainPKI(o); err != nil {
		return err
	}
	if fips140.Enforced() {
		return fault.New(fault.ConfigInvalid, "GODEBUG=fips140=only: no session is possible, since ISO/IEC 18013-5 counts the nonces of AES-GCM; fips140=on works")
	}
	d, err := assemble(c, o)
	if err != nil {
		return err
	}
	return d.run(ctx)
}

func (d *daemon) run(ctx context.Context) error {
	l, err := listen(ctx, d.config.Socket)
	if err != nil {
		return err
	}
	d.openLedger()
	ended := make(chan error, 1)
	group, running := errgroup.WithContext(ctx)
	go func() {
		d.start(running, group, l)
		err := group.Wait()
		if closing := d.ledger.Close(); closing != nil {
			d.log.Warn("closing the ledger", zap.String("code", string(fault.LedgerDegraded)), zap.Error(closing))
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		return d.result(err)
	case <-running.Done():
	}
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case err := <-ended:
		return d.result(err)
	case <-late.C:
		d.log.Error("parts of the daemon did not end in time", zap.String("code", string(fault.PartHangs)),
			zap.String("fault", fault.PartHangs.Slug()), zap.Strings("parts", d.parts.names()))
		if err := d.parts.firstPanic(); err != nil {
			return err
		}
		return fault.New(fault.Internal, "parts of the daemon did not end within %s", stopWithin)
	}
}

func (d *daemon) result(err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		d.log.Error("stopped by a fault", faultFields(err)...)
		return err
	}
	d.log.Info("stopped")
	return nil
}

// start starts every part. When ctx ends, the vault closes first, and then the
// parts end: a tap that is broken off must not be taken for a phone that left.
func (d *daemon) start(ctx context.Context, group *errgroup.Group, l net.Listener) {
	parts, end := context.WithCancel(context.WithoutCancel(ctx))
	d.readers = newReaders(func(name string) *terminal { return d.open(parts, group, name) })
	d.readers.single = d.config.Reader.Serial != ""
	var limits server.Limits // the server's own for a kiosk
	if d.options.Specimen {
		limits = server.Limits{Rate: sandboxRate, Burst: sandboxRate, Conns: sandboxConns, ConnsPerUser: sandboxConns}
	}
	d.server = server.New(server.Config{
		Vault: d.vault, Backend: d, Access: d.rules.Load().access, Version: build.Version(), Messages: messageOf, Observe: d.answered,
		Limits: limits,
	})
	s := d.server
	armed := d.vault.Feed().Last()
	d.parts.run(group, "readers", func(p *part) error {
		p.waits()
		return ignoreEnd(parts, d.system.Watch(parts, func(e reader.Event) {
			p.works()
			defer p.waits()
			d.observe(e)
		}))
	})
	d.parts.run(group, "events", func(p *part) error {
		p.waits()
		follow(parts, d.vault.Feed(), armed, func(e api.Event) {
			p.works()
			defer p.waits()
			d.arming(e)
		})
		return nil
	})
	d.parts.run(group, "health", func(p *part) error {
		d.watchHealth(parts, p)
		return nil
	})
	d.parts.start(group, d.parts.patient(reloadPatience), "reload", func(p *part) error {
		d.reloads(parts, p)
		return nil
	})
	d.parts.run(group, "lists", func(p *part) error {
		d.watchLists(parts, p)
		return nil
	})
	if d.textfile.config.Path != "" {
		d.parts.run(group, "metrics", func(p *part) error {
			d.textfile.run(parts, p)
			return nil
		})
	}
	for _, c := range d.customers {
		d.parts.run(group, "specimen phone "+c.tray.Name(), func(p *part) error { return c.run(parts, armed, p) })
	}
	d.parts.run(group, "watchdog", func(p *part) error {
		p.waits() // it would not find itself hanging
		return d.watch(parts.Done())
	})
	d.parts.run(group, "socket", func(p *part) error {
		d.settle(parts)
		d.log.Info("started", zap.String("version", build.Version()), zap.String("socket", d.config.Socket.Path),
			zap.Strings("profiles", d.rules.Load().profileNames), zap.Int("anchors", d.anchors.Load().summary().Anchors),
			zap.Bool("fips140", fips140.Enabled()), zap.String("fips140_module", fips140.Version()), zap.Bool("erases_secrets", secret.Erases))
		d.notify(ready)
		if d.options.Started != nil {
			d.options.Started()
		}
		return s.Serve(accepting{l, p})
	})
	d.parts.run(group, "end", func(p *part) error {
		p.waits()
		<-ctx.Done()
		p.works()
		d.log.Info("stopping")
		d.notify(stopping)
		d.vault.Close() // nothing is armed or handed out any more, taps end, all is wiped
		d.trace.set(0)
		end()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
		defer cancel()
		err := s.Shutdown(drain)
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil // a client that does not read its answer is cut off
		}
		return fault.Wrap(fault.Internal, err, "closing the socket")
	})
}

// accepting marks on a part when it waits for a connection and when it deals with one.
type accepting struct {
	net.Listener
	part *part
}

func (a accepting) Accept() (net.Conn, error) {
	a.part.waits()
	defer a.part.works()
	return a.Listener.Accept()
}

// ignoreEnd returns nil for the error of a part that ended because it was told to.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to end
	}
	return err
}

// open makes a terminal for a reader and starts its goroutine.
func (d *daemon) open(ctx context.Context, group *errgroup.Group, name string) *terminal {
	tapper := &tapper{d: d}
	t := newTerminal(name, d.vault, &d.counts, nil, func(r api.Reader) {
		d.vault.Feed().Publish(api.Event{Type: api.EventReader, Reader: &r})
		d.nudgeHealth()
	})
	t.perform = tapper.perform
	d.parts.run(group, terminalPart(name), func(p *part) error {
		t.part = p
		p.waits() // for the reader service, whose calls are bounded
		d.describe(ctx, name)
		p.works()
		tapper.prepare()
		t.run(ctx)
		if ctx.Err() == nil {
			d.readers.forget(t)
		}
		return nil
	})
	return t
}

// observe takes in an event of the reader system.
func (d *daemon) observe(e reader.Event) {
	var fields []zap.Field
	if e.Reader != "" {
		fields = append(fields, zap.String("reader", e.Reader))
	}
	level := zap.DebugLevel
	switch e.Kind {
	case reader.ServiceUp, reader.Attached:
		level = zap.InfoLevel
	case reader.ServiceDown, reader.Detached:
		level = zap.WarnLevel
	}
	if e.Err != nil || level == zap.WarnLevel {
		fields = append(fields, zap.String("code", string(readerCode(e.Err))))
	}
	if e.Err != nil {
		fields = append(fields, zap.String("detail", e.Err.Error()))
	}
	d.log.Log(level, e.Kind.String(), fields...)
	d.readers.observe(e)
	d.nudgeHealth()
}

// arming wakes the terminal where a presentation was armed: a phone may lie there
// already.
func (d *daemon) arming(e api.Event) {
	switch {
	case e.Type == api.EventGap:
		d.readers.nudge("")
	case e.Type == api.EventPresentation && e.Presentation != nil:
		p := e.Presentation
		d.log.Debug("presentation", zap.String("presentation", p.ID), zap.String("profile", p.Profile),
			zap.String("reader", p.Reader), zap.String("state", string(p.State)), zap.String("phase", p.Phase),
			zap.String("code", string(p.Code)))
		if p.State == api.StateArmed {
			d.readers.nudge(p.Reader)
		}
	}
}

// settle waits for the first word about readers.
func (d *daemon) settle(ctx context.Context) {
	late := time.NewTimer(settleWithin)
	defer late.Stop()
	select {
	case <-d.readers.settled:
	case <-late.C:
	case <-ctx.Done():
	}
}

func (d *daemon) nudgeHealth() {
	select {
	case d.recheck <- struct{}{}:
	default:
	}
}

// watchHealth tells the log and the event stream when health changes.
func (d *daemon) watchHealth(ctx context.Context, p *part) {
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	var told api.Health
	var lost uint64 // lines of the log, as far as it was told
	for {
		p.waits()
		select {
		case <-ctx.Done():
			return
		case <-d.recheck:
		case <-tick.C:
		}
		p.works()
		d.vault.Active() // a vault that does not answer hangs here, and is noticed while nobody asks
		if lines, stalled := d.options.Sink.Dropped(); lines > lost && !stalled {
			d.log.Warn("lines of the log were dropped", zap.Uint64("count", lines-lost), zap.String("code", string(fault.LogDropped)))
			lost = lines
		}
		now := d.health.look()
		if sameHealth(told, now) {
			continue
		}
		told = now
		d.vault.Feed().Publish(api.Event{Type: api.EventHealth, Health: &now})
		codes := make([]string, 0, len(now.Items))
		for _, item := range now.Items {
			codes = append(codes, string(item.Code))
		}
		d.log.Info("health", zap.String("state", string(now.State)), zap.Strings("codes", codes))
	}
}

// answered counts and logs a request that was answered.
func (d *daemon) answered(a server.Answered) {
	d.metrics.Request(a.Method, a.Route, a.Status)
	level, fields := zap.DebugLevel, []zap.Field{
		zap.String("method", a.Method), zap.String("route", a.Route), zap.Int("status", a.Status),
		zap.String("code", string(a.Code)), zap.Uint32("uid", a.UID), zap.Duration("took_ms", a.Took),
	}
	if a.Stack != nil {
		level, fields = zap.ErrorLevel, append(fields, zap.Strings("stack", functions(a.Stack)))
	}
	d.log.Log(level, "request", fields...)
}
