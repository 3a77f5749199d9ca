package conversation

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/reader"
	"kazashi/reader/apdu"
)

// A card answers each command by a function, and counts them.
type card struct {
	answer func(ctx context.Context) ([]byte, error)
	n      int
}

func (c *card) Transmit(ctx context.Context, _ []byte) ([]byte, error) {
	c.n++
	return c.answer(ctx)
}
func (*card) Limits() reader.Limits { return reader.ShortLimits }
func (*card) Close() error          { return nil }

// steps is a machine that takes its steps from a list.
type steps []*Step

func (s *steps) Next(*apdu.Response) (*Step, error) {
	if len(*s) == 0 {
		return nil, nil
	}
	step := (*s)[0]
	*s = (*s)[1:]
	return step, nil
}

func waits(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func succeeds(context.Context) ([]byte, error) { return []byte{1, 2, 3, 0x90, 0x00}, nil }

func TestLoopBoundsEachStepButConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		l := Loop{Card: &card{answer: waits}, StepTimeout: 3 * time.Second}
		err := l.Run(ctx, &steps{{Name: "slow"}})
		var at *StepError
		if !errors.As(err, &at) || at.Step != "slow" || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := l.Run(ctx, &steps{{Name: "asking", Consent: true}}); err == nil || time.Since(start) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		silent := &card{answer: succeeds}
		l.Card = silent
		if err := l.Run(ctx, &steps{{Name: "late"}}); !errors.Is(err, context.DeadlineExceeded) || silent.n != 0 {
			t.Errorf("after the end: %v, %d commands", err, silent.n)
		}
	})
}

func TestLoopWaitsBeforeAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := &card{answer: succeeds}
		l := Loop{Card: c}
		if err := l.Run(t.Context(), &steps{{Name: "a", Wait: 16 * time.Millisecond}, {Name: "b"}}); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) != 16*time.Millisecond || c.n != 2 {
			t.Errorf("%s, %d commands", time.Since(start), c.n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Run(ctx, &steps{{Name: "c", Wait: time.Hour}}); !errors.Is(err, context.DeadlineExceeded) || c.n != 2 {
			t.Errorf("%v, %d commands", err, c.n)
		}
	})
}

func TestLoopTellsEveryExchange(t *testing.T) {
	var seen []Exchange
	l := Loop{Card: &card{answer: succeeds}, Observe: func(x Exchange) { seen = append(seen, x) }}
	err := l.Run(t.Context(), &steps{
		{Name: "read", Command: apdu.Command{INS: 0xB0, Expected: 3}}, {Name: "write", Command: apdu.Command{INS: 0xD6, Data: []byte{1}}},
	})
	if err != nil || len(seen) != 2 {
		t.Fatalf("%d exchanges, %v", len(seen), err)
	}
	if x := seen[0]; x.Step != "read" || x.INS != 0xB0 || x.Header != [4]byte{0, 0xB0} || x.Sent != 5 || x.Received != 5 || x.SW != apdu.OK || x.Overlong {
		t.Errorf("%+v", x)
	}
	if !seen[1].Overlong {
		t.Error("data after a command that asks for none is not told")
	}
}

func TestF13_AnswersWithoutStatusWord(t *testing.T) {
	for _, answer := range [][]byte{nil, {}, {0x90}} {
		gone := &card{answer: func(context.Context) ([]byte, error) { return answer, nil }}
		err := (&Loop{Card: gone}).Run(t.Context(), &steps{{Name: "a"}, {Name: "b"}})
		var step *StepError
		if !errors.Is(err, reader.ErrCardRemoved) || !errors.As(err, &step) || step.Step != "a" || gone.n != 1 {
			t.Errorf("%x: %v after %d commands", answer, err, gone.n)
		}
	}
}

func TestLoopErrors(t *testing.T) {
	gone := &card{answer: func(context.Context) ([]byte, error) { return []byte{0x90}, nil }}
	large := &steps{{Name: "b", Command: apdu.Command{Data: make([]byte, apdu.MaxExtendedData+1)}}}
	if err := (&Loop{Card: gone}).Run(t.Context(), large); !errors.Is(err, apdu.ErrMalformed) || gone.n != 0 {
		t.Errorf("a command that is too large: %v", err)
	}
	if err := (&Loop{Card: gone}).Run(t.Context(), new(steps)); err != nil {
		t.Errorf("a machine that wants nothing: %v", err)
	}
}
