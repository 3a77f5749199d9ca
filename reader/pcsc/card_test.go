package pcsc

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/reader"
)

var command = []byte{0x00, 0xa4, 0x04, 0x00}

// lying returns a service with a card on reader A.
func lying(t *testing.T, options Options) (*fake, *System) {
	f := newFake(t, "A")
	f.insert("A", 0x20)
	return f, f.system(options)
}

func openA(t *testing.T, s *System) reader.Card {
	t.Helper()
	c, err := s.Open(t.Context(), "A")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closed(t *testing.T, c reader.Card) {
	t.Helper()
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
}

func TestOpenTransmitClose(t *testing.T) {
	f, s := lying(t, Options{})
	f.answers(func(c []byte) ([]byte, error) { return append(bytes.Clone(c), 0x90, 0), nil })
	for range 3 {
		c := openA(t, s)
		if c.Limits() != reader.ShortLimits {
			t.Errorf("limits %v", c.Limits())
		}
		if _, err := s.Open(t.Context(), "A"); !errors.Is(err, reader.ErrBusy) {
			t.Errorf("opened twice: %v", err)
		}
		answer, err := c.Transmit(t.Context(), command)
		if err != nil || !bytes.Equal(answer, append(bytes.Clone(command), 0x90, 0)) {
			t.Errorf("%X, %v", answer, err)
		}
		closed(t, c)
		if _, err := c.Transmit(t.Context(), command); err == nil {
			t.Error("a closed card answered")
		}
	}
}

func TestOpenFails(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(f *fake)
		want    error
	}{
		"no service": {func(f *fake) { f.kill(noService) }, reader.ErrNoService},
		"denied":     {func(f *fake) { f.kill(securityViolation) }, reader.ErrDenied},
		"no reader":  {func(f *fake) { f.detach("A") }, reader.ErrNoReader},
		"no card":    {func(f *fake) { f.remove("A") }, reader.ErrCardRemoved},
		"mute card":  {func(f *fake) { f.insert("A", 0x220) }, reader.ErrCardMute},
		"held":       {func(f *fake) { f.hold(true) }, reader.ErrBusy},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, s := lying(t, Options{})
				c.prepare(f)
				start := time.Now()
				if card, err := s.Open(t.Context(), "A"); !errors.Is(err, c.want) {
					t.Errorf("got %v, %v", card, err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("took %v", took)
				}
				synctest.Wait()
			})
		})
	}
}

func TestF11_HolderThatLetsGoIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := lying(t, Options{BusyFor: time.Second})
		f.hold(true)
		time.AfterFunc(300*time.Millisecond, func() { f.hold(false) })
		start := time.Now()
		closed(t, openA(t, s))
		if took := time.Since(start); took < 300*time.Millisecond || took > 400*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestTransmitFails(t *testing.T) {
	fail := func(c Code) func([]byte) ([]byte, error) {
		return func([]byte) ([]byte, error) { return nil, &Error{"SCardTransmit", c} }
	}
	answer := func(b ...byte) func([]byte) ([]byte, error) {
		return func([]byte) ([]byte, error) { return b, nil }
	}
	for name, c := range map[string]struct {
		answer  func([]byte) ([]byte, error)
		removed bool
		want    error
	}{
		"F02 empty answer":         {answer: answer(), want: reader.ErrCardRemoved},
		"F13 one byte":             {answer: answer(0x90), want: reader.ErrCardRemoved},
		"removed":                  {answer: fail(removedCard), want: reader.ErrCardRemoved},
		"not transacted":           {answer: fail(notTransacted), want: reader.ErrTransmission},
		"not transacted, and gone": {answer: fail(notTransacted), removed: true, want: reader.ErrCardRemoved},
		"F11 reset by another":     {answer: fail(resetCard), want: reader.ErrCardReset},
		"F08 service died":         {answer: fail(commError), want: reader.ErrNoService},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := lying(t, Options{})
			f.answers(c.answer)
			card := openA(t, s)
			if c.removed {
				f.remove("A")
			}
			if got, err := card.Transmit(t.Context(), command); !errors.Is(err, c.want) || got != nil {
				t.Errorf("%X, %v", got, err)
			}
			f.answers(answer(0x90, 0))
			if _, err := card.Transmit(t.Context(), command); err == nil {
				t.Error("a dead card answered")
			}
			closed(t, card)
		})
	}
}

func TestTransmitRefusesWhatIsNoCommand(t *testing.T) {
	f, s := lying(t, Options{})
	f.answers(func([]byte) ([]byte, error) { t.Error("sent"); return nil, nil })
	for _, b := range [][]byte{nil, {}, {0, 0xa4, 4}, make([]byte, maxCommand+1)} {
		c := openA(t, s)
		if _, err := c.Transmit(t.Context(), b); !errors.Is(err, reader.ErrTransmission) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
		closed(t, c)
	}
}

func TestF06_AbandonedExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := lying(t, Options{})
		let := make(chan struct{})
		secret := []byte{1, 2, 3, 0x90, 0}
		f.answers(func([]byte) ([]byte, error) { <-let; return secret, nil })
		card := openA(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := card.Transmit(ctx, command); !errors.Is(err, reader.ErrTimeout) {
			t.Errorf("got %v", err)
		}
		closed(t, card)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		if s.Abandoned() != 1 {
			t.Errorf("%d abandoned", s.Abandoned())
		}
		if _, err := s.Open(t.Context(), "A"); !errors.Is(err, reader.ErrBusy) {
			t.Errorf("while the card works on it: %v", err)
		}
		time.AfterFunc(time.Second, func() { close(let) })
		closed(t, openA(t, s)) // waits for it
		if secret[0] != 0 || s.Abandoned() != 0 {
			t.Errorf("late answer %X, %d abandoned", secret, s.Abandoned())
		}
	})
}

func TestF09_OpenOfAServiceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := lying(t, Options{})
		resume := f.stop()
		for range maxAbandoned {
			start := time.Now()
			_, err := s.Open(t.Context(), "A")
			if !errors.Is(err, reader.ErrNoService) || !errors.Is(err, reader.ErrTimeout) || time.Since(start) != s.options.CallTimeout {
				t.Fatalf("after %v: %v", time.Since(start), err)
			}
		}
		start := time.Now()
		if _, err := s.Open(t.Context(), "A"); !errors.Is(err, reader.ErrNoService) || time.Since(start) != 0 {
			t.Errorf("past the bound, after %v: %v", time.Since(start), err)
		}
		resume()
		synctest.Wait()
		closed(t, openA(t, s))
	})
}

func TestCloseOfAServiceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := lying(t, Options{})
		card := openA(t, s)
		resume := f.stop()
		start := time.Now()
		if err := card.Close(); !errors.Is(err, reader.ErrTimeout) || time.Since(start) != s.options.CallTimeout {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		resume()
		synctest.Wait()
		closed(t, openA(t, s))
	})
}

func TestOpenHonoursCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := lying(t, Options{BusyFor: time.Hour})
		f.hold(true)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if _, err := s.Open(ctx, "A"); err == nil || time.Since(start) > time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		synctest.Wait()
	})
}

func TestF12_HundredFlaps(t *testing.T) {
	watched(t, func(t *testing.T, f *fake, s *System, l *listener) {
		for i := range 100 {
			f.insert("A", 0x20)
			l.expect(arrived)
			c := openA(t, s)
			if i%2 == 0 {
				f.answers(func([]byte) ([]byte, error) { return nil, nil })
			}
			f.remove("A")
			l.expect(removed)
			_, _ = c.Transmit(t.Context(), command)
			closed(t, c)
			if f.open() != 1 { // the watcher's
				t.Fatalf("flap %d: %d contexts", i, f.open())
			}
		}
	})
}
