package cli

import (
	"context"
	"slices"
	"time"

	"kazashi/session/fault"
	"kazashi/session/verify"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// news is the daemon's event stream. It tells of every change, where a long-poll tells
// of the newest only: a tap goes through its phases in milliseconds.
type news struct {
	events <-chan api.Event // closed when the stream ends
	close  context.CancelFunc
	trace  *tapTrace // nil: the exchanges are not asked for
}

// listen follows the events from now on: once it has returned, none is missed. A daemon
// without a stream gives one that has ended.
func listen(ctx context.Context, daemon *client.Client) news {
	ctx, cancel := context.WithCancel(ctx)
	events := make(chan api.Event, 64)
	begun := make(chan struct{})
	go func() {
		defer close(events)
		first := true
		for e, err := range daemon.Events(ctx, client.Position{}) {
			if first {
				close(begun)
				first = false
			}
			if err != nil {
				return
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	<-begun
	return news{events: events, close: cancel}
}

// next returns a presentation after its next change, and when that was. It follows the
// stream; without one it polls.
func (n news) next(ctx context.Context, daemon *client.Client, p api.Presentation) (api.Presentation, time.Time, error) {
	for {
		var e api.Event
		var ok bool
		select {
		case x, more := <-n.trace.source():
			n.trace.take(x, more)
			continue
		case e, ok = <-n.events:
		}
		switch {
		case !ok:
			p, err := daemon.Wait(ctx, p.ID, p.Version)
			return p, time.Now(), err
		case e.Snapshot != nil && slices.ContainsFunc(e.Snapshot.Status.Active, func(s api.Summary) bool { return s.ID == p.ID }),
			e.Type == api.EventGap, e.Type == api.EventOverflow:
			p, err := daemon.Presentation(ctx, p.ID)
			return p, e.At, err
		case e.Presentation == nil || e.Presentation.ID != p.ID || e.Presentation.Version <= p.Version:
			continue
		}
		s := e.Presentation
		if s.State == api.StateVerified || s.State.Ended() {
			p, err := daemon.Presentation(ctx, p.ID) // with what came and what was odd
			return p, e.At, err
		}
		p.Version, p.State, p.Phase, p.Code, p.LastTap = s.Version, s.State, s.Phase, s.Code, s.LastTap
		return p, e.At, nil
	}
}

// follow waits until p is verified or has ended, and writes down every change.
func (a *app) follow(ctx context.Context, daemon *client.Client, news news, p api.Presentation, result *tapResult) error {
	var lastTap time.Time
	start := p.ArmedAt // by the daemon's clock, like the events
	if start.IsZero() {
		start = time.Now()
	}
	at := start
	if news.trace != nil {
		news.trace.reader = p.Reader
		news.trace.show = func(e api.TraceEntry) { a.exchanged(result, start, e) }
		result.Totals = &totals{}
	}
	for {
		step := tapStep{AtMS: at.Sub(start).Milliseconds(), State: p.State, Phase: p.Phase}
		if p.LastTap != nil && p.LastTap.At.After(lastTap) {
			lastTap = p.LastTap.At
			step.Code, result.LastTap = p.LastTap.Code, p.LastTap.Code
		}
		result.Steps = append(result.Steps, step)
		news.trace.before(ctx, step)
		if !a.json {
			a.showStep(step)
		}
		news.trace.after(step)
		if p.State == api.StateVerified || p.State.Ended() {
			break
		}
		var err error
		if p, at, err = news.next(ctx, daemon, p); err != nil {
			return err
		}
	}
	result.State, result.Code, result.Name = p.State, p.Code, p.Code.Slug()
	if p.State == api.StateVerified {
		result.Code, result.Name = fault.OK, fault.OK.Slug()
	}
	result.Check, result.Checks = verify.Check(p.Check), checksOf(p)
	result.TookMS = at.Sub(start).Milliseconds()
	result.Received = append(result.Received, p.Received...)
	result.Warnings = append(result.Warnings, p.Warnings...)
	return nil
}
