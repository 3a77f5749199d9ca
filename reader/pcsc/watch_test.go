package pcsc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader"
)

// A listener runs Watch in a synctest bubble and holds what it told.
type listener struct {
	t      *testing.T
	mu     sync.Mutex
	events []reader.Event
	cancel func()
	done   chan error
}

func listen(t *testing.T, s *System) *listener {
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{t: t, cancel: cancel, done: make(chan error, 1)}
	go func() {
		l.done <- s.Watch(ctx, func(e reader.Event) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, e)
		})
	}()
	return l
}

// take returns the events since the last call, once nothing moves.
func (l *listener) take() []reader.Event {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.events
	l.events = nil
	return events
}

// expect takes the events, holds them against want and returns the error of the last.
func (l *listener) expect(want ...string) (last error) {
	l.t.Helper()
	var got []string
	for _, e := range l.take() {
		got = append(got, fmt.Sprint(e.Kind, " ", e.Reader))
		last = e.Err
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("events (-want +got):\n%s", diff)
	}
	return last
}

func (l *listener) stop() {
	l.t.Helper()
	l.cancel()
	if err := <-l.done; !errors.Is(err, context.Canceled) {
		l.t.Errorf("Watch returned %v", err)
	}
}

const (
	up      = "service-up "
	down    = "service-down "
	here    = "reader-attached A"
	away    = "reader-detached A"
	arrived = "card-arrived A"
	removed = "card-removed A"
	mute    = "card-mute A"
)

// watched runs a test in a bubble with reader A, watched.
func watched(t *testing.T, test func(t *testing.T, f *fake, s *System, l *listener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		s := f.system(Options{})
		l := listen(t, s)
		l.expect(up, here)
		test(t, f, s, l)
		l.stop()
	})
}

func TestWatchSeesCardsAndReaders(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, _ *System, l *listener) {
		f.insert("A", 0x120)
		l.expect(arrived)
		f.remove("A")
		l.expect(removed)
		f.attach("B")
		<-time.After(slice)
		l.expect("reader-attached B")
		f.insert("A", 0x20)
		l.expect(arrived)
		f.detach("A")
		l.expect(removed, away)
		f.detach("B")
		l.expect("reader-detached B")
		f.attach("A")
		<-time.After(slice)
		l.expect(here)
	})
}

func TestF04_FastReinsertionIsSeen(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, _ *System, l *listener) {
		f.insert("A", 0x20)
		l.expect(arrived)
		f.change(func() { f.readers["A"].state += 0x20000 }) // away and back
		l.expect(removed, arrived)
	})
}

// A card that lay there before pcscd started has counter zero, which pcsc-lite does
// not compare.
func TestF04_FastReinsertionAfterCounterZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		f.change(func() { f.readers["A"].state = 0x20 })
		l := listen(t, f.system(Options{}))
		l.expect(up, here, arrived)
		<-time.After(time.Minute)
		l.expect()
		f.change(func() { f.readers["A"].state += 0x20000 })
		<-time.After(slice + time.Millisecond)
		l.expect(removed, arrived)
		before := f.waited()
		<-time.After(time.Minute)
		if n := f.waited() - before; n > 61 {
			t.Errorf("%d waits in a minute", n)
		}
		l.expect()
		l.stop()
	})
}

func TestF05_MuteCardIsToldOnce(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, _ *System, l *listener) {
		f.insert("A", 0x220)
		l.expect(mute)
		before := f.waited()
		<-time.After(time.Minute)
		l.expect()
		if n := f.waited() - before; n > 61 {
			t.Errorf("%d waits in a minute", n)
		}
	})
}

func TestWatchPausesWhenWaitsReturnAtOnce(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, _ *System, l *listener) {
		// A driver whose reader never is what it was.
		f.change(func() { f.flicker = true })
		before := f.waited()
		<-time.After(time.Second)
		if n := f.waited() - before; n > 30 {
			t.Errorf("%d waits in a second without news", n)
		}
		l.expect()
	})
}

func TestF08_ServiceKilledComesBackByItself(t *testing.T) {
	for _, gone := range []time.Duration{100 * time.Millisecond, 10 * time.Second} {
		t.Run(gone.String(), func(t *testing.T) {
			watched(t, func(t *testing.T, f *fake, s *System, l *listener) {
				f.insert("A", 0x20)
				l.expect(arrived)
				f.kill(noService)
				l.expect(removed, away, down)
				<-time.After(gone)
				l.expect()
				turns := s.Turns()
				f.start()
				<-time.After(maxBackoff)
				l.expect(up, here, arrived)
				if s.Turns() == turns {
					t.Error("no turn was counted")
				}
			})
		})
	}
}

func TestF10_ServiceAbsentOrDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		f.refuse = noService
		s := f.system(Options{})
		l := listen(t, s)
		if err := l.expect(down); !errors.Is(err, reader.ErrNoService) {
			t.Errorf("got %v", err)
		}
		f.change(func() { f.refuse = securityViolation })
		<-time.After(maxBackoff)
		if err := l.expect(down); !errors.Is(err, reader.ErrDenied) || errors.Is(err, reader.ErrNoService) {
			t.Errorf("got %v", err)
		}
		if states, err := s.List(t.Context()); !errors.Is(err, reader.ErrDenied) {
			t.Errorf("list: %v, %v", states, err)
		}
		f.start()
		<-time.After(maxBackoff)
		l.expect(up, here)
		l.stop()
	})
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.refuse = noService
		s := f.system(Options{})
		l := listen(t, s)
		<-time.After(time.Minute)
		synctest.Wait()
		// 100, 200, 400, 800 ms, and then every second.
		if n := s.Turns(); n < 60 || n > 64 {
			t.Errorf("%d attempts in a minute", n)
		}
		l.expect(down)
		l.stop()
	})
}

func TestF09_ServiceThatHangs(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, s *System, l *listener) {
		f.insert("A", 0x20)
		l.expect(arrived)
		resume := f.stop()
		f.change(func() {}) // the wait under way hangs as well
		<-time.After(slice + s.options.CallTimeout)
		lost := l.expect(removed, away, down)
		if !errors.Is(lost, reader.ErrNoService) || !errors.Is(lost, reader.ErrTimeout) {
			t.Errorf("told %v", lost)
		}
		turns := s.Turns()
		<-time.After(time.Hour)
		l.expect()
		if s.Turns() != turns {
			t.Error("turns are counted while the service hangs")
		}
		resume()
		<-time.After(maxBackoff + s.options.CallTimeout)
		l.expect(up, here, arrived)
	})
}

func TestWatchEndsWhileTheServiceHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		s := f.system(Options{})
		l := listen(t, s)
		l.expect(up, here)
		resume := f.stop()
		start := time.Now()
		l.stop()
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("took %v", took)
		}
		resume()
		synctest.Wait()
	})
}

func TestLostCancelDoesNotDelayTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		l := listen(t, f.system(Options{}))
		l.expect(up, here)
		start := time.Now()
		l.stop() // the fake loses the first cancel
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestLostContextIsNoLossOfTheService(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, _ *System, l *listener) {
		f.insert("A", 0x20)
		l.expect(arrived)
		f.invalid()
		<-time.After(time.Second)
		l.expect()
		f.remove("A")
		l.expect(removed)
	})
}

func TestSecondWatchIsRefused(t *testing.T) {
	watched(t, func(t *testing.T, _ *fake, s *System, _ *listener) {
		if err := s.Watch(t.Context(), func(reader.Event) {}); !errors.Is(err, reader.ErrBusy) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWatchSelectsReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "ACME Dual [PICC] 00 00", "ACME Dual [SAM] 00 01")
		s := f.system(Options{Include: "[picc]"})
		l := listen(t, s)
		l.expect(up, "reader-attached ACME Dual [PICC] 00 00")
		f.insert("ACME Dual [SAM] 00 01", 0x20)
		<-time.After(time.Minute)
		l.expect()
		states, err := s.List(t.Context())
		if err != nil || len(states) != 1 || states[0].Reader != "ACME Dual [PICC] 00 00" {
			t.Errorf("listed %v, %v", states, err)
		}
		l.stop()
	})
}

// serials gives readers their serial numbers.
func (f *fake) serials(of map[string]string) {
	f.change(func() {
		for name, serial := range of {
			f.readers[name].serial = serial
		}
	})
}

func TestF58_ReaderIsSelectedByItsSerialNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const a, b, mute = "RC-S300 00 00", "RC-S300 01 00", "RC-S300 02 00"
		f := newFake(t, a, b, mute)
		f.serials(map[string]string{a: "100", b: "200"})
		s := f.system(Options{Include: "rc-s300", Serial: "200"})
		l := listen(t, s)
		l.expect(up, "reader-attached "+b)
		f.insert(a, 0x20)
		<-time.After(time.Minute)
		l.expect()

		// Plugged in the other way round, the numbers of the names change and the
		// reader does not.
		f.detach(a)
		f.detach(b)
		f.detach(mute)
		<-time.After(slice + time.Millisecond)
		l.expect("reader-detached " + b)
		f.attach(a)
		f.attach(b)
		f.serials(map[string]string{a: "200", b: "100"})
		<-time.After(slice + time.Millisecond)
		l.expect("reader-attached " + a)
		l.stop()
		if states, err := s.List(t.Context()); err != nil || len(states) != 1 || states[0].Reader != a {
			t.Errorf("listed %v, %v", states, err)
		}
	})
}

// A reader that another program holds cannot be asked who it is, and is not guessed to
// be the one.
func TestF58_HeldReaderIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		f.serials(map[string]string{"A": "100"})
		f.hold(true)
		l := listen(t, f.system(Options{Serial: "100"}))
		l.expect(up)
		<-time.After(time.Minute)
		l.expect()
		f.hold(false)
		<-time.After(slice + time.Millisecond)
		l.expect(here)
		f.kill(noService)
		l.expect(away, down)
		f.start()
		<-time.After(maxBackoff)
		l.expect(up, here)
		l.stop()
	})
}

// A card that leaves and comes back while pcscd does not look is no event of its. The
// exchange that failed is.
func TestF04_ReinsertionThatTheServiceDoesNotSee(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, s *System, l *listener) {
		f.insert("A", 0x20)
		l.expect(arrived)
		for range 3 {
			f.answers(func([]byte) ([]byte, error) { return nil, nil })
			c := openA(t, s)
			start := time.Now()
			if _, err := c.Transmit(t.Context(), command); !errors.Is(err, reader.ErrCardRemoved) {
				t.Errorf("got %v", err)
			}
			closed(t, c)
			if took := time.Since(start); took > time.Second {
				t.Errorf("found after %v", took)
			}
			<-time.After(slice)
			l.expect(removed, arrived)
			states, err := s.List(t.Context())
			if err != nil || len(states) != 1 || !states[0].Present {
				t.Errorf("listed %+v, %v", states, err)
			}
		}
		f.remove("A")
		l.expect(removed)
	})
}

func TestList(t *testing.T) {
	f := newFake(t)
	s := f.system(Options{})
	if states, err := s.List(t.Context()); err != nil || len(states) != 0 {
		t.Errorf("no reader: %v, %v", states, err)
	}
	f.attach("A")
	f.insert("A", 0xa0)
	states, err := s.List(t.Context())
	want := []reader.State{{Reader: "A", Counter: 1, Present: true, InUse: true, ATR: reader.ContactlessATR()}}
	if diff := cmp.Diff(want, states); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	f.kill(noService)
	if _, err := s.List(t.Context()); !errors.Is(err, reader.ErrNoService) {
		t.Errorf("no service: %v", err)
	}
}

func TestListOfAServiceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "A")
		s := f.system(Options{})
		resume := f.stop()
		_, err := s.List(t.Context())
		if !errors.Is(err, reader.ErrNoService) || !errors.Is(err, reader.ErrTimeout) {
			t.Errorf("got %v", err)
		}
		resume()
		synctest.Wait()
	})
}

func TestDescribe(t *testing.T) {
	f := newFake(t, "A")
	s := f.system(Options{})
	d, err := s.Describe(t.Context(), "A")
	if diff := cmp.Diff(Description{Vendor: "Specimen", Version: "1.04.0002", MaxAPDU: -1}, d); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	f.hold(true)
	if _, err := s.Describe(t.Context(), "A"); !errors.Is(err, reader.ErrBusy) {
		t.Errorf("held elsewhere: %v", err)
	}
	if _, err := s.Describe(t.Context(), "B"); !errors.Is(err, reader.ErrNoReader) {
		t.Errorf("absent: %v", err)
	}
}
