//go:build cgo

package pcsc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"kazashi/reader"
	"kazashi/reader/pcsctest"
	"kazashi/reader/vpcd"
)

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
	arrived := r.await(reader.Arrived)
	c := tap(t, s)
	go func() { <-asked; card.Remove() }()
	if answer, err := c.Transmit(t.Context(), command); !errors.Is(err, reader.ErrCardRemoved) {
		t.Errorf("%X, %v", answer, err)
	}
	_ = c.Close()
	r.await(reader.Removed)
	// That was told when powering down failed. vpcd has still to look, or it takes the
	// next card for this one.
	eventually(t, "removal", func() string {
		states, err := New(Options{Include: virtual}).List(t.Context())
		if err == nil && len(states) == 1 && states[0].Counter != arrived.Counter {
			return ""
		}
		return fmt.Sprintf("%+v, %v", states, err)
	})
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
