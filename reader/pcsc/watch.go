package pcsc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kazashi/reader"
)

// A wait that returns at once, over and over, without any news would be a busy
// loop: after so many such turns the watcher pauses.
const (
	quickTurns = 8
	quickPause = 100 * time.Millisecond
)

// Watch implements [reader.System]. One call at a time may run on a System; a
// second is [reader.ErrBusy]. New readers are seen within a second, cards at once.
//
// When the service hangs, that is told once the time for a call is over, and
// nothing more is asked of it until the hanging call returns.
func (s *System) Watch(ctx context.Context, emit func(reader.Event)) error {
	s.mu.Lock()
	if s.watching {
		s.mu.Unlock()
		return fmt.Errorf("%w: watched already", reader.ErrBusy)
	}
	s.watching = true
	s.mu.Unlock()

	// Calls outlive ctx for a moment, to be cancelled in good order.
	base, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	w := &watcher{system: s, emit: emit, base: base, giveUp: giveUp, calls: reader.Calls{Serial: make(chan struct{}, 1)}}
	err := w.run(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching, s.states, s.lost = false, nil, nil
	return err
}

// A watcher is one call of Watch.
type watcher struct {
	system  *System
	emit    func(reader.Event)
	monitor reader.Monitor
	base    context.Context
	giveUp  context.CancelCauseFunc
	calls   reader.Calls // one at a time, also when the one before was given up
	served  bool         // the present context has answered
}

func (w *watcher) run(ctx context.Context) error {
	pause := minBackoff
	for {
		w.served = false
		err := w.serve(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, reader.ErrUnsupported):
			return err
		case w.served && codeOf(err) == invalidHandle:
			// pcsc-lite 1.9 may lose a context whose wait timed out. The readers are
			// still there, and the monitor knows what lay on them.
			if sleep(ctx, minBackoff) != nil {
				return ctx.Err()
			}
			continue
		case w.served:
			pause = minBackoff
		}
		w.report(nil, err)
		if sleep(ctx, pause) != nil {
			return ctx.Err()
		}
		pause = min(2*pause, maxBackoff)
	}
}

// serve makes a context and watches with it until it is dead or ctx ends.
func (w *watcher) serve(ctx context.Context) error {
	svc, err := w.system.establish(w.base, &w.calls)
	if !errors.Is(err, reader.ErrTimeout) {
		w.system.turns.Add(1)
	}
	if err != nil {
		return err
	}
	c := &connection{watcher: w, service: svc, over: make(chan struct{}), serials: map[string]string{}}
	defer c.end()
	stop := context.AfterFunc(ctx, c.cancelUntilOver)
	defer stop()
	defer w.system.onRecount(c.interrupt)()

	known := make(map[string]status)
	quick := 0
	for ctx.Err() == nil {
		start := time.Now()
		news, err := c.turn(ctx, known)
		if err != nil {
			return err
		}
		w.served = true
		w.system.turns.Add(1)
		if quick++; news || time.Since(start) > time.Millisecond*10 {
			quick = 0
		}
		if quick > quickTurns {
			_ = sleep(ctx, quickPause)
		}
	}
	return ctx.Err()
}

// report makes events of states, or of the loss of the service, and tells them.
func (w *watcher) report(states []reader.State, lost error) (news bool) {
	s := w.system
	s.mu.Lock()
	s.states, s.lost = states, lost
	s.mu.Unlock()
	var events []reader.Event
	if lost != nil {
		events = w.monitor.ServiceLost(time.Now(), lost)
	} else {
		events = w.monitor.Observe(time.Now(), states)
	}
	for _, e := range events {
		w.emit(e)
	}
	return len(events) > 0
}

// A connection is one context of the watcher.
type connection struct {
	watcher *watcher
	service service
	left    bool // a call was given up, which releases the context when it returns
	over    chan struct{}
	// serials are the serial numbers of the readers that could be asked since they came.
	serials map[string]string
}

// call runs op and gives it the time that a call may take, after patience.
func (c *connection) call(name string, patience time.Duration, op func() error) error {
	base := c.watcher.base
	ctx, cancel := context.WithTimeout(base, patience+c.watcher.system.options.CallTimeout)
	defer cancel()
	_, err := reader.Call(ctx, &c.watcher.calls, func() (struct{}, error) {
		return struct{}{}, op()
	}, func(struct{}, error) { _ = c.service.release() })
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		c.left = true
		return unresponsive(base, name, err)
	}
	return err
}

// turn waits for a change once and reports what there is.
func (c *connection) turn(ctx context.Context, known map[string]status) (news bool, err error) {
	states, err := c.readers(known)
	if err != nil {
		return false, err
	}
	if len(states) == 0 {
		news = c.watcher.report(nil, nil)
		_ = sleep(ctx, slice)
		return news, nil
	}
	err = c.call("SCardGetStatusChange", slice, func() error {
		return c.watcher.system.statusChange(c.service, states, slice)
	})
	switch codeOf(err) {
	case timeout, cancelled, systemCancelled:
		if len(known) == len(states) { // a change may have been found that pcscd does not count
			news = c.watcher.report(c.watcher.system.counted(observed(slices.Collect(maps.Values(known)))), nil)
		}
		c.mistrustZero(known)
		return news, nil
	case unknownReader, readerUnavailable, noReaders:
		return false, nil // unplugged since it was listed; the next turn's list tells
	}
	if err != nil {
		return false, err
	}
	clear(known)
	for _, s := range states {
		if s.event&(flagUnknown|flagUnavailable) != 0 {
			delete(c.serials, s.reader) // what comes back under the name may be another one
		}
		s.current = s.event &^ flagChanged
		known[s.reader] = s
	}
	return c.watcher.report(c.watcher.system.counted(observed(states)), nil), nil
}

// mistrustZero makes the next turn look again at readers whose counter is zero, as
// it is for a card that lay there before the service started. pcsc-lite takes a zero
// for "no counter given", and does not say when such a card was changed for another
// between two waits.
func (c *connection) mistrustZero(known map[string]status) {
	for name, s := range known {
		if s.current.counter() == 0 && s.current&flagPresent != 0 {
			s.current = 0
			known[name] = s
		}
	}
}

// readers lists the readers with the state that each was seen in last. Readers
// that went are reported.
func (c *connection) readers(known map[string]status) ([]status, error) {
	var names []string
	err := c.call("SCardListReaders", 0, func() (err error) {
		names, err = c.service.listReaders()
		return err
	})
	if err != nil && codeOf(err) != noReaders {
		return nil, err
	}
	maps.DeleteFunc(c.serials, func(name, _ string) bool { return !slices.Contains(names, name) })
	var states []status
	for _, name := range names {
		if !Match(c.watcher.system.options.Include, name) {
			continue
		}
		if ours, err := c.wanted(name); err != nil {
			return nil, err
		} else if !ours {
			continue
		}
		states = append(states, status{reader: name, current: known[name].current})
	}
	before := len(known)
	for name := range known {
		if !slices.ContainsFunc(states, func(s status) bool { return s.reader == name }) {
			delete(known, name)
		}
	}
	if len(known) < before {
		var left []status
		for _, s := range known {
			left = append(left, s)
		}
		c.watcher.report(c.watcher.system.counted(observed(left)), nil)
	}
	return states, nil
}

// wanted reports whether a reader has the serial number that is looked for. One that
// could not be asked is asked again at the next turn.
func (c *connection) wanted(name string) (bool, error) {
	system := c.watcher.system
	if system.options.Serial == "" {
		return true, nil
	}
	serial, known := c.serials[name]
	if !known {
		err := c.call("SCardGetAttrib", 0, func() (err error) {
			serial, err = system.serial(c.service, name)
			return err
		})
		switch {
		case c.left || codeOf(err).dead():
			return false, err
		case err != nil:
			return false, nil //nolint:nilerr // it is asked again
		}
		c.serials[name] = serial
	}
	return serial == system.options.Serial, nil
}

// cancelUntilOver cancels the wait under way. A cancel that comes while nothing
// waits is lost, so it is repeated; what takes a second all the same is given up.
func (c *connection) cancelUntilOver() {
	ctx, done := context.WithTimeout(context.Background(), slice)
	defer done()
	for ctx.Err() == nil {
		// On a thread of its own, for a service that hangs does not take it either.
		_, _ = reader.Call(ctx, nil, func() (struct{}, error) { return struct{}{}, c.service.cancel() }, nil)
		select {
		case <-c.over:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	c.watcher.giveUp(errors.New("the reader service does not let go"))
}

// interrupt ends the wait under way, if there is one; else the next is no longer than
// a slice.
func (c *connection) interrupt() {
	ctx, done := context.WithTimeout(context.Background(), slice)
	defer done()
	_, _ = reader.Call(ctx, nil, func() (struct{}, error) { return struct{}{}, c.service.cancel() }, nil)
}

// end releases the context.
func (c *connection) end() {
	close(c.over)
	if !c.left {
		_ = c.call("SCardReleaseContext", 0, c.service.release)
	}
}

// observed turns PC/SC's states into those of package reader.
func observed(states []status) []reader.State {
	var out []reader.State
	for _, s := range states {
		if s.event&(flagUnknown|flagUnavailable) != 0 {
			continue
		}
		state := reader.State{
			Reader:  s.reader,
			Counter: s.event.counter(),
			Present: s.event&flagPresent != 0,
			InUse:   s.event&flagExclusive != 0,
		}
		if state.Present {
			state.Mute = s.event&flagMute != 0
			state.ATR = s.atr
		}
		out = append(out, state)
	}
	return out
}

// sleep waits for d, or for the end of ctx and returns its error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
