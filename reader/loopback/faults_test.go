package loopback

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader"
)

// tap opens the card, sends n commands and returns the answers until the first error.
func tap(t *testing.T, s *System, n int) (answers [][]byte, err error) {
	t.Helper()
	card := open(t, s)
	defer func() { _ = card.Close() }()
	for i := range n {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		a, err := card.Transmit(ctx, []byte{0, 0, 0, byte(i)})
		cancel()
		if err != nil {
			return answers, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func TestFaultsStrikeAtTheirCommand(t *testing.T) {
	broken := []byte{0x6f, 0x00}
	for name, c := range map[string]struct {
		fault    Fault
		answered int
		want     error
		stays    bool
		took     time.Duration
	}{
		"removed before":    {fault: RemoveAt(1), answered: 1, want: reader.ErrCardRemoved},
		"removed after":     {fault: RemoveAfter(1), answered: 2, want: reader.ErrCardRemoved},
		"delayed":           {fault: DelayAt(1, 2*time.Second), answered: 3, stays: true, took: 2 * time.Second},
		"delayed too long":  {fault: DelayAt(1, time.Hour), answered: 1, want: reader.ErrTimeout, stays: true, took: time.Minute},
		"mute":              {fault: MuteAt(1), answered: 1, want: reader.ErrTimeout, stays: true, took: time.Minute},
		"empty answer":      {fault: ShortAt(1, 0), answered: 1, want: reader.ErrCardRemoved, stays: true},
		"one byte":          {fault: ShortAt(1, 1), answered: 1, want: reader.ErrCardRemoved, stays: true},
		"cut":               {fault: ShortAt(1, 3), answered: 3, stays: true},
		"replaced":          {fault: ReplaceAt(1, broken), answered: 3, stays: true},
		"beyond the tap":    {fault: RemoveAt(3), answered: 3, stays: true},
		"always, every tap": {fault: Always(MuteAt(0)), want: reader.ErrTimeout, stays: true, took: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New("loop")
				s.Insert(WithFaults(&echo{}, c.fault))
				start := time.Now()
				answers, err := tap(t, s, 3)
				if len(answers) != c.answered || !errors.Is(err, c.want) {
					t.Errorf("%d answers, %v", len(answers), err)
				}
				if took := time.Since(start); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				if s.Present() != c.stays {
					t.Errorf("present is %t", s.Present())
				}
				if name == "replaced" && !bytes.Equal(answers[1], broken) {
					t.Errorf("answer %X", answers[1])
				}
				if !c.stays {
					return
				}
				again, err := tap(t, s, 3)
				if failed := c.fault.Every; failed != (err != nil) || !failed && len(again) != 3 {
					t.Errorf("next tap: %d answers, %v", len(again), err)
				}
			})
		})
	}
}

func TestRecordedTapPlaysBack(t *testing.T) {
	s := New("loop")
	recorder := Record(WithFaults(&echo{}, RemoveAfter(2)))
	s.Insert(recorder)
	want, err := tap(t, s, 3)
	if err != nil || s.Present() {
		t.Fatalf("%v, present is %t", err, s.Present())
	}
	taps := recorder.Taps()
	if len(taps) != 1 || len(taps[0]) != 3 {
		t.Fatalf("recorded %v", taps)
	}
	var text bytes.Buffer
	if _, err := taps[0].WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	read, err := ReadTranscript(strings.NewReader("# a tap\n\n" + text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(taps[0], read); diff != "" {
		t.Errorf("text form (-want +got):\n%s", diff)
	}
	replayer := Replay(read)
	s.Insert(replayer)
	for range 2 {
		got, err := tap(t, s, 3)
		if err != nil || replayer.Err() != nil {
			t.Fatal(err, replayer.Err())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("played back (-want +got):\n%s", diff)
		}
	}
	if _, err := tap(t, s, 4); !errors.Is(err, reader.ErrTransmission) || replayer.Err() == nil {
		t.Errorf("past the end: %v, %v", err, replayer.Err())
	}
}

func TestReplayRefusesOtherCommands(t *testing.T) {
	s := New("loop")
	transcript := Transcript{{Command: []byte{9, 9, 9, 9}, Answer: []byte{0x90, 0}}}
	replayer := Replay(transcript)
	s.Insert(replayer)
	if _, err := tap(t, s, 1); err == nil || replayer.Err() == nil {
		t.Errorf("another command was answered: %v, %v", err, replayer.Err())
	}
	lenient := Replay(transcript)
	lenient.Match = func(index int, recorded, command []byte) bool {
		return index == 0 && len(recorded) == len(command)
	}
	s.Insert(lenient)
	if _, err := tap(t, s, 1); err != nil || lenient.Err() != nil {
		t.Error(err, lenient.Err())
	}
}

func TestReadTranscriptRefuses(t *testing.T) {
	for _, text := range []string{"< 9000", "> 00\n< 90\n< 00", "> 0", "00A4", "> zz"} {
		if got, err := ReadTranscript(strings.NewReader(text)); err == nil {
			t.Errorf("%q read as %v", text, got)
		}
	}
}
