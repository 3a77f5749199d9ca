package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"kazashi/cmd/internal/asked"
	"kazashi/cmd/internal/metrics"
	"kazashi/reader"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/seal"
	"kazashi/session/verify"
	"kazashi/transport/vault"
)

// A tapper does the taps of one reader, one after the other.
type tapper struct {
	d     *daemon
	spare *seal.Private // the ephemeral key of the next tap, made before it
}

// prepare makes the next tap's key, so that the phone does not wait for it.
func (p *tapper) prepare() {
	key, err := seal.Generate(seal.P256)
	if err != nil {
		p.d.log.Error("no ephemeral key", faultFields(err)...)
		return // the tap tries again
	}
	p.spare = key
}

// take gives the prepared key away. No key serves two taps.
func (p *tapper) take() (*seal.Private, error) {
	if p.spare == nil {
		return seal.Generate(seal.P256)
	}
	key := p.spare
	p.spare = nil
	return key, nil
}

// perform does one tap for an attempt and ends it:
//
//   - with a verified result, which the vault takes;
//   - as one that came to nothing, when nothing had been asked of the phone yet: a
//     locked phone, one pulled away during engagement. The presentation stays armed;
//   - as one that failed: rejected or lost, which the code decides.
//
// When the presentation ended under the tap, how it ended stands. The context is
// the daemon's; the tap itself ends with its attempt.
func (p *tapper) perform(ctx context.Context, t *terminal, a *vault.Attempt) {
	log := p.d.log.With(zap.String("presentation", a.ID), zap.String("profile", a.Profile), zap.String("reader", t.name))
	log.Debug("tap began")
	began, stay := time.Now(), t.look().stay
	progress := &progress{log: log, attempt: a, metrics: p.d.metrics, reader: t.name, trace: p.d.trace, tap: p.d.trace.begin(t.name)}
	verified, err := p.read(t, a, progress)
	if customer := p.d.customers[t.name]; customer != nil {
		customer.leave(ctx, t, a.ID, stay)
	}
	refused := false
	warned(log, verified.Warnings())
	if failure := new(verify.Failure); errors.As(err, &failure) {
		warned(log, failure.Warnings)
	}
	if err == nil {
		// A refusal ends the presentation itself, and with it the attempt's context.
		open := context.Cause(a.Context()) == nil
		err = a.Offer(verified)
		refused = open && err != nil
	}
	code, took := fault.CodeOf(err), time.Since(began)
	for phase, stayed := range progress.phases() {
		p.d.metrics.Phase(string(phase), stayed)
	}
	over := func(result metrics.Result, code fault.Code) {
		p.d.counts.add(t.name, result, code, took)
		p.d.trace.end(progress.tap, t.name, code, took)
	}
	fields := append(progress.fields(), zap.Duration("took_ms", took))
	switch {
	case err == nil:
		over(metrics.Verified, fault.OK)
		log.Info("tap verified", fields...)
	case refused:
		over(metrics.Failed, code)
		log.Warn("result refused", append(fields, faultFields(err)...)...)
	case context.Cause(a.Context()) != nil:
		over(metrics.Nothing, fault.CodeOf(context.Cause(a.Context())))
		log.Info("tap ended with its presentation", append(fields, faultFields(context.Cause(a.Context()))...)...)
	case code != fault.Internal && code != fault.ClockUntrusted && !session.RequestSent(err):
		over(metrics.Nothing, code)
		a.Again(err)
		// The phone was told nothing and has said nothing of its holder: here the whole
		// text helps and cannot harm.
		log.Info("tap came to nothing", append(fields, append(faultFields(err), zap.String("error", err.Error()))...)...)
	default:
		over(metrics.Failed, code)
		a.Fail(err)
		log.Warn("tap failed", append(fields, faultFields(err)...)...)
	}
	p.d.textfile.nudge()
	p.prepare()
}

// read opens the card and runs the session. A panic in it ends this tap and
// nothing else.
func (p *tapper) read(t *terminal, a *vault.Attempt, progress *progress) (_ *verify.Verified, err error) {
	defer func() {
		if value := recover(); value != nil {
			progress.log.Error("panic in a tap", panicFields(value)...)
			err = fault.New(fault.Internal, "panic in a tap")
		}
	}()
	if err := p.d.checkClock(); err != nil {
		return nil, err
	}
	rules := p.d.rules.Load()
	key, err := p.take()
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	card, err := p.open(a.Context(), t.name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := card.Close(); err != nil {
			progress.log.Debug("closing the card", zap.String("code", string(readerCode(err))))
		}
	}()
	t.learn(card.Limits())
	// The anchors are looked up once: all of a tap is judged by the same ones.
	return session.Run(a.Context(), session.Tap{
		Card: card, Request: asked.Request(a.Asked), ReaderAuth: rules.readerAuth, Verifier: p.d.verifier(rules.undetermined(a.Profile)), Key: key,
		StepTimeout: rules.stepTimeout, Seen: &p.d.seen, Observe: progress.observe,
	})
}

// open connects to the card that lies on a reader.
func (p *tapper) open(ctx context.Context, name string) (reader.Card, error) {
	ctx, cancel := context.WithTimeout(ctx, p.d.rules.Load().stepTimeout)
	defer cancel()
	card, err := p.d.system.Open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("opening the card: %w", session.Coded(err))
	}
	return card, nil
}

// progress passes on how far a tap is, and keeps its numbers.
type progress struct {
	log     *zap.Logger
	attempt *vault.Attempt
	metrics *metrics.Metrics
	reader  string
	trace   *trace
	tap     uint64 // its number in the trace, 0 when it is not traced
	phase   session.Phase
	summary *session.Summary
}

func (p *progress) observe(e session.Event) {
	p.trace.observe(p.tap, p.reader, e)
	switch {
	case e.Summary != nil:
		p.summary = e.Summary
	case e.Exchange != nil:
		x := e.Exchange
		p.metrics.Exchange(p.reader, x.Sent, x.Received)
		p.log.Debug("exchange",
			zap.String("step", x.Step), zap.Uint8("ins", x.INS), zap.Int("sent", x.Sent), zap.Int("received", x.Received),
			zap.String("sw", fmt.Sprintf("%04x", uint16(x.SW))), zap.Duration("took_ms", x.Took), zap.Bool("overlong", x.Overlong))
	default:
		p.phase = e.Phase
		p.attempt.Progress(string(e.Phase))
	}
}

// phases are how long the tap stayed in each.
func (p *progress) phases() map[session.Phase]time.Duration {
	if p.summary == nil {
		return nil
	}
	return p.summary.Phases
}

// fields are the tap in numbers.
func (p *progress) fields() []zap.Field {
	fields := []zap.Field{zap.String("phase", string(p.phase))}
	if s := p.summary; s != nil {
		fields = append(fields, zap.Int("commands", s.APDUs), zap.Int("sent", s.Sent), zap.Int("received", s.Received),
			zap.Bool("negotiated", s.Negotiated), zap.String("curve", s.Curve), zap.Bool("key_reused", s.KeyReused),
			zap.Int("overlong", s.Overlong))
	}
	return fields
}
