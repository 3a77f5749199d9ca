package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"kazashi/reader"
	"kazashi/reader/vpcd"
	"kazashi/session/holder"
)

// away is how long the phone stays off the reader between two taps. pcscd looks
// every 400 ms.
const away = time.Second

// A player lays a phone on the virtual reader, again and again.
type player struct {
	flags flags
	phone *holder.Phone
	out   io.Writer
	asked atomic.Bool // the phone could read a request in this tap
}

// prepare makes the phone.
func (f flags) prepare(out io.Writer) (*player, error) {
	now := time.Now()
	pki, made, err := loadPKI(f.pki, now)
	if err != nil {
		return nil, &failure{exitUnreadable, fmt.Errorf("specimen PKI: %w", err), "a missing or empty directory gets new authorities"}
	}
	switch {
	case f.pki == "":
		_, _ = fmt.Fprintln(out, "specimen authorities made for this run only: no daemon trusts them without --pki")
	case made:
		_, _ = fmt.Fprintf(out, "specimen authorities made in %s\n", f.pki)
	default:
		_, _ = fmt.Fprintf(out, "specimen authorities of %s\n", f.pki)
	}
	p := &player{flags: f, out: out}
	p.phone, err = holder.New(holder.Options{
		Scenario: holder.Scenario(f.behaviour), PKI: pki, At: now,
		Documents: f.documents(now), Negotiated: f.handover == "negotiated", Observe: p.observe,
	})
	return p, err
}

// observe writes down what a request asks for.
func (p *player) observe(a holder.Asked) {
	p.asked.Store(true)
	_, _ = fmt.Fprintf(p.out, "asked for %s", a.DocType)
	if a.Reader != "" {
		_, _ = fmt.Fprintf(p.out, " by %q", a.Reader)
	}
	_, _ = fmt.Fprintln(p.out)
	for _, e := range a.Elements {
		kept := ""
		if e.Retain {
			kept = ", to be kept"
		}
		_, _ = fmt.Fprintf(p.out, "  %s %s%s\n", e.Namespace, e.Identifier, kept)
	}
}

// play lays the phone down for as many taps as were ordered.
func (p *player) play(ctx context.Context) error {
	for n := 1; ; n++ {
		tapped, err := p.tap(ctx, n)
		if err != nil {
			return err
		}
		if !tapped {
			n-- // the slot was emptied before anybody looked
		}
		if p.flags.taps > 0 && n >= p.flags.taps {
			return nil
		}
		select {
		case <-time.After(away):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tap lays the phone down until it has been read, and reports whether a reader
// talked to it at all.
func (p *player) tap(ctx context.Context, n int) (bool, error) {
	slot, err := vpcd.Dial(ctx, p.flags.address)
	if err != nil {
		return false, &failure{exitUnavailable, err,
			"the virtual reader comes with vsmartcard-vpcd, and pcscd has to run; --vpcd names another address"}
	}
	_, _ = fmt.Fprintf(p.out, "tap %d: phone (%s) on the virtual reader at %s\n", n, p.flags.behaviour, p.flags.address)
	p.asked.Store(false)
	tap, over := context.WithCancelCause(ctx)
	defer over(nil)
	w := &watch{Responder: p.phone, out: p.out, answered: p.asked.Load, over: func() { over(errTapOver) }}
	err = slot.Serve(tap, w)
	commands := w.finish()
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(context.Cause(tap), errTapOver), errors.Is(err, reader.ErrCardRemoved):
		_, _ = fmt.Fprintf(p.out, "taken away after %d commands\n", commands)
		return commands > 0, nil
	case errors.Is(err, vpcd.ErrEjected):
		return false, &failure{exitUnavailable, err, "another card may have taken the slot, or pcscd ended"}
	}
	return false, err
}

// errTapOver says that the reader has no more to ask.
var errTapOver = errors.New("tap over")
