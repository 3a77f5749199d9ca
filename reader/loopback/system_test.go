package loopback

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kazashi/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers every command with itself and 9000.
type echo struct{ resets, commands int }

func (e *echo) Respond(_ context.Context, command []byte) ([]byte, error) {
	e.commands++
	return append(append([]byte(nil), command...), 0x90, 0x00), nil
}
func (e *echo) Reset()      { e.resets++ }
func (e *echo) ATR() []byte { return reader.ContactlessATR() }

// stubborn does not answer before it is let go, whatever its context says.
type stubborn struct {
	echo
	let chan struct{}
}

func (s *stubborn) Respond(ctx context.Context, command []byte) ([]byte, error) {
	<-s.let
	return s.echo.Respond(ctx, command)
}

// watch collects the kinds of events in a synctest bubble.
func watch(t *testing.T, s *System) func() []reader.Kind {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var seen []reader.Kind
	done := make(chan error)
	go func() { done <- s.Watch(ctx, func(e reader.Event) { seen = append(seen, e.Kind) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch returned %v", err)
		}
	})
	return func() []reader.Kind {
		synctest.Wait()
		kinds := seen
		seen = nil
		return kinds
	}
}

func open(t *testing.T, s *System) reader.Card {
	t.Helper()
	card, err := s.Open(t.Context(), s.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = card.Close() })
	return card
}

func TestWatchTellsEveryInsertion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New("loop")
		events := watch(t, s)
		expect := func(want ...reader.Kind) {
			t.Helper()
			if diff := cmp.Diff(want, events()); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		}
		expect(reader.ServiceUp, reader.Attached)
		s.Insert(&echo{})
		expect(reader.Arrived)
		s.Remove()
		s.Insert(&echo{})
		s.Insert(&echo{})
		s.Remove()
		s.Remove()
		expect(reader.Removed, reader.Arrived, reader.Removed, reader.Arrived, reader.Removed)
		s.InsertMute()
		expect(reader.Mute)
		s.Detach()
		expect(reader.Removed, reader.Detached)
		s.Insert(&echo{})
		expect()
		s.Attach()
		expect(reader.Attached, reader.Arrived)
		s.Stop(errors.New("killed"))
		s.Stop(errors.New("killed"))
		expect(reader.Removed, reader.Detached, reader.ServiceDown)
		late := watch(t, s)
		if diff := cmp.Diff([]reader.Kind{reader.ServiceDown}, late()); diff != "" {
			t.Error(diff)
		}
		s.Start()
		expect(reader.ServiceUp, reader.Attached, reader.Arrived)
	})
}

func TestOpenIsExclusive(t *testing.T) {
	s := New("loop")
	if _, err := s.Open(t.Context(), "loop"); !errors.Is(err, reader.ErrCardRemoved) {
		t.Errorf("open without a card: %v", err)
	}
	card := &echo{}
	s.Insert(card)
	if _, err := s.Open(t.Context(), "other"); !errors.Is(err, reader.ErrNoReader) {
		t.Errorf("open of another reader: %v", err)
	}
	first := open(t, s)
	if _, err := s.Open(t.Context(), "loop"); !errors.Is(err, reader.ErrBusy) {
		t.Errorf("second open: %v", err)
	}
	command := []byte{0, 0xa4, 4, 0}
	answer, err := first.Transmit(t.Context(), command)
	if want := []byte{0, 0xa4, 4, 0, 0x90, 0}; err != nil || !cmp.Equal(answer, want) {
		t.Errorf("answer %X, %v", answer, err)
	}
	if err := errors.Join(first.Close(), first.Close()); err != nil {
		t.Error(err)
	}
	if _, err := first.Transmit(t.Context(), command); err == nil {
		t.Error("a closed card answered")
	}
	open(t, s)
	if card.resets != 2 {
		t.Errorf("powered up %d times for two taps", card.resets)
	}
	s.InsertMute()
	if _, err := s.Open(t.Context(), "loop"); !errors.Is(err, reader.ErrCardMute) {
		t.Errorf("open of a mute card: %v", err)
	}
}

func TestTransmitEndsWithRemoval(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*System)
		want error
	}{
		"removed":  {(*System).Remove, reader.ErrCardRemoved},
		"replaced": {func(s *System) { s.Insert(&echo{}) }, reader.ErrCardRemoved},
		"detached": {(*System).Detach, reader.ErrNoReader},
		"stopped":  {func(s *System) { s.Stop(nil) }, reader.ErrNoService},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New("loop")
				deaf := &stubborn{let: make(chan struct{})}
				s.Insert(deaf)
				card := open(t, s)
				got := make(chan error)
				go func() {
					_, err := card.Transmit(context.Background(), []byte{0, 0xa4, 4, 0})
					got <- err
				}()
				synctest.Wait()
				c.act(s)
				if err := <-got; !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if _, err := card.Transmit(t.Context(), []byte{0, 0xa4, 4, 0}); err == nil {
					t.Error("a dead card answered")
				}
				close(deaf.let)
			})
		})
	}
}

func TestF06_CardThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New("loop")
		deaf := &stubborn{let: make(chan struct{})}
		s.Insert(deaf)
		card := open(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := card.Transmit(ctx, []byte{0, 0xa4, 4, 0})
		if !errors.Is(err, reader.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if err := card.Close(); err != nil {
			t.Error(err)
		}
		// While the card still works on it, another tap waits no longer than it may.
		brief, cancelBrief := context.WithTimeout(t.Context(), time.Second)
		defer cancelBrief()
		if _, err := s.Open(brief, "loop"); !errors.Is(err, reader.ErrTimeout) {
			t.Errorf("open: %v", err)
		}
		close(deaf.let)
		if _, err := open(t, s).Transmit(t.Context(), []byte{0, 0xa4, 4, 0}); err != nil {
			t.Errorf("next tap: %v", err)
		}
	})
}

func TestTransmitHonoursCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New("loop")
		s.Insert(WithFaults(&echo{}, MuteAt(0)))
		card := open(t, s)
		ctx, cancel := context.WithCancelCause(t.Context())
		over := errors.New("presentation over")
		time.AfterFunc(time.Second, func() { cancel(over) })
		_, err := card.Transmit(ctx, []byte{0, 0xa4, 4, 0})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, over) || errors.Is(err, reader.ErrTimeout) {
			t.Errorf("got %v", err)
		}
	})
}
