//go:build cgo

package pcsc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"kazashi/reader"
	"kazashi/reader/pcsctest"
	"kazashi/reader/vpcd"
)

// These tests run against a pcscd of their own.

// patience bounds every wait for an event.
const patience = 10 * time.Second

// virtual selects the first slot of the virtual reader.
const virtual = "Virtual PCD 00 00"

// A phone answers every command with respond, or with 9000.
type phone struct {
	resets  atomic.Int32
	respond func(ctx context.Context, command []byte) ([]byte, error)
}

func (p *phone) Respond(ctx context.Context, command []byte) ([]byte, error) {
	if p.respond == nil {
		return []byte{0x90, 0}, nil
	}
	return p.respond(ctx, command)
}
func (p *phone) Reset()      { p.resets.Add(1) }
func (p *phone) ATR() []byte { return reader.ContactlessATR() }

// A tape holds the events of a running Watch.
type tape struct {
	t      *testing.T
	events chan reader.Event
	cancel context.CancelFunc
	done   chan error
}

func record(t *testing.T, s *System) *tape {
	ctx, cancel := context.WithCancel(context.Background())
	r := &tape{t: t, events: make(chan reader.Event, 1000), cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- s.Watch(ctx, func(e reader.Event) { r.events <- e }) }()
	t.Cleanup(r.stop)
	return r
}

// stop ends Watch, which must not take long.
func (r *tape) stop() {
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	select {
	case err := <-r.done:
		if !errors.Is(err, context.Canceled) {
			r.t.Errorf("Watch returned %v", err)
		}
	case <-time.After(patience):
		r.t.Error("Watch does not end")
	}
}

// await takes events until one of that kind, and returns it.
func (r *tape) await(kind reader.Kind) reader.Event {
	r.t.Helper()
	var seen []reader.Kind
	over := time.After(patience)
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return e
			}
			seen = append(seen, e.Kind)
		case <-over:
			r.t.Fatalf("no %v within %v, only %v", kind, patience, seen)
		}
	}
}

// tap opens the card that arrived.
func tap(t *testing.T, s *System) reader.Card {
	t.Helper()
	c, err := s.Open(t.Context(), virtual)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// works holds a whole tap: insertion, exchange, removal.
func works(t *testing.T, service *pcsctest.Service, s *System, r *tape) {
	t.Helper()
	card := service.Insert(t, &phone{})
	r.await(reader.Arrived)
	c := tap(t, s)
	if answer, err := c.Transmit(t.Context(), command); err != nil || !bytes.Equal(answer, []byte{0x90, 0}) {
		t.Errorf("answer %X, %v", answer, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	card.Remove()
	r.await(reader.Removed)
}

func TestTapOverPCSC(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual, Limits: vpcd.Limits})
	r := record(t, s)
	r.await(reader.Attached)
	echo := &phone{respond: func(_ context.Context, command []byte) ([]byte, error) {
		return append(bytes.Clone(command), 0x90, 0), nil
	}}
	service.Insert(t, echo)
	arrived := r.await(reader.Arrived)
	if arrived.Reader != virtual || !bytes.Equal(arrived.ATR, reader.ContactlessATR()) || arrived.Counter == 0 {
		t.Errorf("arrived as %+v", arrived)
	}
	c := tap(t, s)
	before := echo.resets.Load()
	for _, size := range []int{4, 5, 261, 1000, 65533} {
		command := make([]byte, size)
		if size > 5 { // a case 3 that is what it says
			copy(command, []byte{0, 0xd6, 0, 0, byte(size - 5)})
			if size > 261 {
				copy(command, []byte{0, 0xd6, 0, 0, 0, byte((size - 7) >> 8), byte(size - 7)})
			}
		}
		answer, err := c.Transmit(t.Context(), command)
		if err != nil || !bytes.Equal(answer, append(bytes.Clone(command), 0x90, 0)) {
			t.Errorf("%d bytes: %d came back, %v", size, len(answer), err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_ = tap(t, s).Close()
	if echo.resets.Load() == before {
		t.Error("the card was not powered down between two taps")
	}
	if d, err := s.Describe(t.Context(), virtual); err != nil { // it says nothing of itself
		t.Errorf("described as %+v, %v", d, err)
	}
	states, err := s.List(t.Context())
	if err != nil || len(states) != 1 || !states[0].Present {
		t.Errorf("listed %+v, %v", states, err)
	}
}

func TestF01_CardPulledBeforeFirstAPDU(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	card := service.Insert(t, &phone{})
	r.await(reader.Arrived)
	c := tap(t, s)
	card.Remove()
	if _, err := c.Transmit(t.Context(), command); !errors.Is(err, reader.ErrCardRemoved) {
		t.Errorf("got %v", err)
	}
	_ = c.Close()
	r.await(reader.Removed)
	if _, err := s.Open(t.Context(), virtual); !errors.Is(err, reader.ErrCardRemoved) {
		t.Errorf("open of the empty reader: %v", err)
	}
	works(t, service, s, r)
}

func TestF02_CardPulledMidAPDU(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	asked := make(chan struct{})
	card := service.Insert(t, &phone{respond: func(ctx context.Context, _ []byte) ([]byte, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	r.await(reader.Arrived)
	c := tap(t, s)
	go func() { <-asked; card.Remove() }()
	if answer, err := c.Transmit(t.Context(), command); !errors.Is(err, reader.ErrCardRemoved) {
		t.Errorf("%X, %v", answer, err)
	}
	_ = c.Close()
	r.await(reader.Removed)
	works(t, service, s, r)
}

func TestF04_ReinsertionWhileNobodyWaits(t *testing.T) {
	service := pcsctest.Start(t)
	s, other := New(Options{Include: virtual}), New(Options{Include: virtual})
	r := &tape{t: t, events: make(chan reader.Event, 1000), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	t.Cleanup(r.stop)
	hold := make(chan struct{})
	go func() {
		r.done <- s.Watch(ctx, func(e reader.Event) {
			r.events <- e
			if e.Kind == reader.Arrived {
				<-hold // the watcher is busy while the card goes and comes
			}
		})
	}()
	card := service.Insert(t, &phone{})
	first := r.await(reader.Arrived)
	seen := func(present bool) func() string {
		return func() string {
			states, err := other.List(t.Context())
			if err != nil || len(states) != 1 || states[0].Present != present {
				return fmt.Sprintf("%+v, %v", states, err)
			}
			return ""
		}
	}
	card.Remove()
	eventually(t, "removal", seen(false))
	service.Insert(t, &phone{})
	eventually(t, "insertion", seen(true))
	close(hold)
	r.await(reader.Removed)
	if second := r.await(reader.Arrived); second.Counter != first.Counter+2 {
		t.Errorf("counter was %d, is %d", first.Counter, second.Counter)
	}
	_ = tap(t, s).Close()
}

func TestF06_SlowCardOverPCSC(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	let := make(chan struct{})
	service.Insert(t, &phone{respond: func(context.Context, []byte) ([]byte, error) {
		<-let
		return []byte{0x90, 0}, nil
	}})
	r.await(reader.Arrived)
	c := tap(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := c.Transmit(ctx, command); !errors.Is(err, reader.ErrTimeout) {
		t.Errorf("got %v", err)
	}
	_ = c.Close()
	if took := time.Since(start); took > time.Second {
		t.Errorf("the deadline of 200 ms came after %v", took)
	}
	if s.Abandoned() != 1 {
		t.Errorf("%d abandoned", s.Abandoned())
	}
	close(let)
	next := tap(t, s) // once the card has answered
	if _, err := next.Transmit(t.Context(), command); err != nil {
		t.Errorf("next tap: %v", err)
	}
	_ = next.Close()
	if s.Abandoned() != 0 {
		t.Errorf("%d abandoned", s.Abandoned())
	}
}

func TestF07_ReaderUnpluggedAndBack(t *testing.T) {
	service := pcsctest.Prepare(t)
	service.Unplug()
	service.Start()
	s := New(Options{Include: virtual})
	r := record(t, s)
	r.await(reader.ServiceUp)
	if states, err := s.List(t.Context()); err != nil || len(states) != 0 {
		t.Errorf("listed %v, %v", states, err)
	}
	if _, err := s.Open(t.Context(), virtual); !errors.Is(err, reader.ErrNoReader) {
		t.Errorf("open: %v", err)
	}
	// pcscd reads its configuration when it starts.
	service.Stop()
	r.await(reader.ServiceDown)
	service.Plug()
	service.Start()
	r.await(reader.Attached)
	works(t, service, s, r)
	service.Stop()
	r.await(reader.Detached)
}

func TestF08_ServiceKilledIdleAndMidTransmit(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	r.await(reader.Attached)
	service.Kill()
	if e := r.await(reader.ServiceDown); !errors.Is(e.Err, reader.ErrNoService) {
		t.Errorf("told %v", e.Err)
	}
	service.Start()
	r.await(reader.ServiceUp)
	works(t, service, s, r)

	asked := make(chan struct{})
	service.Insert(t, &phone{respond: func(ctx context.Context, _ []byte) ([]byte, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	r.await(reader.Arrived)
	c := tap(t, s)
	go func() { <-asked; service.Kill() }()
	if _, err := c.Transmit(t.Context(), command); !errors.Is(err, reader.ErrNoService) {
		t.Errorf("got %v", err)
	}
	_ = c.Close()
	r.await(reader.Removed)
	r.await(reader.ServiceDown)
	service.Start()
	r.await(reader.ServiceUp)
	works(t, service, s, r)
}

func TestF09_ServiceSuspended(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual, CallTimeout: 300 * time.Millisecond})
	r := record(t, s)
	service.Insert(t, &phone{})
	r.await(reader.Arrived)
	c := tap(t, s)
	service.Suspend()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := c.Transmit(ctx, command); !errors.Is(err, reader.ErrTimeout) {
		t.Errorf("exchange: %v", err)
	}
	_ = c.Close()
	down := r.await(reader.ServiceDown)
	if !errors.Is(down.Err, reader.ErrNoService) || !errors.Is(down.Err, reader.ErrTimeout) {
		t.Errorf("told %v", down.Err)
	}
	if _, err := s.List(t.Context()); !errors.Is(err, reader.ErrTimeout) {
		t.Errorf("list: %v", err)
	}
	service.Resume()
	r.await(reader.ServiceUp)
	r.await(reader.Arrived)
	_ = tap(t, s).Close()
}

func TestF10_ServiceAbsentAtStart(t *testing.T) {
	service := pcsctest.Prepare(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	if e := r.await(reader.ServiceDown); !errors.Is(e.Err, reader.ErrNoService) || errors.Is(e.Err, reader.ErrTimeout) {
		t.Errorf("told %v", e.Err)
	}
	if _, err := s.Open(t.Context(), virtual); !errors.Is(err, reader.ErrNoService) {
		t.Errorf("open: %v", err)
	}
	service.Start()
	r.await(reader.ServiceUp)
	works(t, service, s, r)
}

func TestF11_HeldOrResetByAnotherProgram(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	service.Insert(t, &phone{})
	r.await(reader.Arrived)

	other, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Release() }()
	holder, err := other.Connect(virtual, scard.ShareExclusive, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := s.Open(t.Context(), virtual); !errors.Is(err, reader.ErrBusy) || time.Since(start) > 2*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	if err := holder.Disconnect(scard.ResetCard); err != nil {
		t.Fatal(err)
	}

	// What we hold nobody else gets at, to reset it or otherwise.
	c := tap(t, s)
	if stolen, err := other.Connect(virtual, scard.ShareShared, scard.ProtocolAny); err != scard.ErrSharingViolation {
		t.Errorf("another program got %v, %v", stolen, err)
	}
	if _, err := c.Transmit(t.Context(), command); err != nil {
		t.Error(err)
	}
	_ = c.Close()

	// A reset under our hands is told as such: the binding's call, past our own
	// exclusive hold.
	victim, err := other.Connect(virtual, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	rival, err := other.Connect(virtual, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	if err := rival.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.ResetCard); err != nil {
		t.Fatal(err)
	}
	if _, err := (scardHandle{victim}).transmit(command); !errors.Is(err, reader.ErrCardReset) {
		t.Errorf("after a reset: %v", err)
	}
	_, _ = victim.Disconnect(scard.LeaveCard), rival.Disconnect(scard.LeaveCard)
}

func TestF12_FlapsLeaveNothingBehind(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	works(t, service, s, r)
	ours, theirs := descriptors(t, os.Getpid()), descriptors(t, service.PID())
	goroutines := runtime.NumGoroutine()
	const slack = 3 // calls come and go at any moment; one leak in each flap would be more
	// vpcd looks every 400 ms whether somebody connected, so this cannot go faster.
	for i := range 14 {
		card := service.Insert(t, &phone{})
		if i%2 == 0 { // otherwise too fast to be seen
			r.await(reader.Arrived)
			c := tap(t, s)
			card.Remove()
			if _, err := c.Transmit(t.Context(), command); err == nil {
				t.Error("a card that was gone answered")
			}
			_ = c.Close()
			r.await(reader.Removed)
		}
		card.Remove()
	}
	works(t, service, s, r)
	eventually(t, "descriptors, goroutines", func() string {
		a, b, g := descriptors(t, os.Getpid()), descriptors(t, service.PID()), runtime.NumGoroutine()
		if a <= ours+slack && b <= theirs+slack && g <= goroutines+slack {
			return ""
		}
		return fmt.Sprintf("%d descriptors were %d, pcscd's %d were %d, %d goroutines were %d", a, ours, b, theirs, g, goroutines)
	})
	if s.Abandoned() != 0 {
		t.Errorf("%d abandoned calls", s.Abandoned())
	}
}

// descriptors counts the open files of a process.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// eventually asks until the answer is empty.
func eventually(t *testing.T, what string, ask func() string) {
	t.Helper()
	over := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		last := ask()
		if last == "" {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("%s: %s", what, last)
		}
	}
}

// The binding panics where its caller errs; the adapter must not.
func TestBindingPanicsStayInside(t *testing.T) {
	if err := (scardService{}).statusChange(nil, 0); !errors.Is(err, reader.ErrNoReader) {
		t.Errorf("no readers: %v", err)
	}
	if _, err := (scardHandle{&scard.Card{}}).transmit(nil); !errors.Is(err, reader.ErrTransmission) {
		t.Errorf("no command: %v", err)
	}
	if _, err := (scardHandle{&scard.Card{}}).transmit(command); !errors.Is(err, reader.ErrTransmission) {
		t.Errorf("no protocol: %v", err)
	}
	if _, err := (scardHandle{}).transmit(command); !errors.Is(err, reader.ErrTransmission) {
		t.Errorf("no card: %v", err)
	}
}

// One APDU over the virtual reader takes 0.13 ms, and 44 where its acknowledgements
// are late.
func BenchmarkTransmit(b *testing.B) {
	service := pcsctest.Start(b)
	s := New(Options{Include: virtual})
	service.Insert(b, &phone{})
	var c reader.Card
	for c == nil { // until the card is seen
		c, _ = s.Open(b.Context(), virtual)
	}
	defer func() { _ = c.Close() }()
	for b.Loop() {
		if _, err := c.Transmit(b.Context(), command); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTransmitIsNotDelayed(t *testing.T) {
	service := pcsctest.Start(t)
	s := New(Options{Include: virtual})
	r := record(t, s)
	service.Insert(t, &phone{})
	r.await(reader.Arrived)
	c := tap(t, s)
	fastest := time.Hour
	for range 20 {
		start := time.Now()
		if _, err := c.Transmit(t.Context(), command); err != nil {
			t.Fatal(err)
		}
		fastest = min(fastest, time.Since(start))
	}
	if fastest > 10*time.Millisecond {
		t.Errorf("the fastest of 20 exchanges took %v", fastest)
	}
}
