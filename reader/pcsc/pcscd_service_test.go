//go:build cgo

package pcsc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"kazashi/reader"
	"kazashi/reader/pcsctest"
)

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
	killed := make(chan struct{})
	go func() { <-asked; service.Kill(); close(killed) }()
	if _, err := c.Transmit(t.Context(), command); !errors.Is(err, reader.ErrNoService) {
		t.Errorf("got %v", err)
	}
	_ = c.Close()
	<-killed
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
	if stolen, err := other.Connect(virtual, scard.ShareShared, scard.ProtocolAny); !errors.Is(err, scard.ErrSharingViolation) {
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
