package reader

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tell writes events the way the tables below do.
func tell(events []Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprintf("%s %s %d", e.Kind, e.Reader, e.Counter))
	}
	return out
}

func TestMonitor(t *testing.T) {
	empty := State{Reader: "A", Counter: 1}
	card := State{Reader: "A", Counter: 2, Present: true, ATR: []byte{0x3b}}
	mute := State{Reader: "A", Counter: 2, Present: true, Mute: true}
	other := State{Reader: "B"}
	for name, c := range map[string]struct {
		before, now []State
		want        []string
	}{
		"nothing changed":               {[]State{card, other}, []State{other, card}, nil},
		"held by another":               {[]State{card}, []State{{Reader: "A", Counter: 2, Present: true, InUse: true}}, nil},
		"arrival":                       {[]State{empty}, []State{card}, []string{"card-arrived A 2"}},
		"removal":                       {[]State{card}, []State{{Reader: "A", Counter: 3}}, []string{"card-removed A 3"}},
		"mute":                          {[]State{empty}, []State{mute}, []string{"card-mute A 2"}},
		"mute card answers":             {[]State{mute}, []State{card}, []string{"card-arrived A 2"}},
		"came and went":                 {[]State{empty}, []State{{Reader: "A", Counter: 3}}, nil},
		"new reader, card on it":        {[]State{other}, []State{other, card}, []string{"reader-attached A 2", "card-arrived A 2"}},
		"reader unplugged with a card":  {[]State{card, other}, []State{other}, []string{"card-removed A 2", "reader-detached A 2"}},
		"one goes and one comes":        {[]State{empty}, []State{other}, []string{"reader-detached A 1", "reader-attached B 0"}},
		"counter of an empty reader":    {[]State{{Reader: "A", Counter: 65535}}, []State{{Reader: "A", Counter: 1}}, nil},
		"all readers go, service stays": {[]State{other}, nil, []string{"reader-detached B 0"}},
	} {
		var m Monitor
		m.Observe(time.Time{}, c.before)
		if diff := cmp.Diff(c.want, tell(m.Observe(time.Time{}, c.now))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestF04_CounterChangeIsRemovalAndArrival(t *testing.T) {
	var m Monitor
	m.Observe(time.Time{}, []State{{Reader: "A", Counter: 65535, Present: true}})
	at := time.Unix(1, 0)
	events := m.Observe(at, []State{{Reader: "A", Counter: 1, Present: true, ATR: []byte{0x3b, 0x80}}})
	if diff := cmp.Diff([]string{"card-removed A 1", "card-arrived A 1"}, tell(events)); diff != "" {
		t.Fatal(diff)
	}
	if !events[0].At.Equal(at) || len(events[1].ATR) != 2 {
		t.Errorf("%+v", events)
	}
}

func TestServiceLostIsToldOnce(t *testing.T) {
	var m Monitor
	hung := fmt.Errorf("%w: %w", ErrNoService, ErrTimeout)
	steps := []struct {
		lost   error
		states []State
		want   []string
	}{
		{lost: ErrNoService, want: []string{"service-down  0"}},
		{lost: fmt.Errorf("%w: still", ErrNoService)},
		{lost: ErrDenied, want: []string{"service-down  0"}},
		{states: []State{{Reader: "A", Counter: 1, Present: true}}, want: []string{"service-up  0", "reader-attached A 1", "card-arrived A 1"}},
		{lost: ErrDenied, want: []string{"card-removed A 1", "reader-detached A 1", "service-down  0"}},
		{states: nil, want: []string{"service-up  0"}},
		{lost: hung, want: []string{"service-down  0"}},
		{lost: ErrNoService, want: []string{"service-down  0"}},
	}
	for i, s := range steps {
		var got []Event
		if s.lost != nil {
			got = m.ServiceLost(time.Time{}, s.lost)
		} else {
			got = m.Observe(time.Time{}, s.states)
		}
		if diff := cmp.Diff(s.want, tell(got)); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
		if n := len(got); n > 0 && got[n-1].Kind == ServiceDown && !errors.Is(got[n-1].Err, s.lost) {
			t.Errorf("step %d: %v", i, got[n-1].Err)
		}
	}
}

// Whatever a service says, a listener never hears of a card leaving a reader that
// had none, nor of one arriving where another lies.
func TestEventsAreConsistent(t *testing.T) {
	states := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) State {
		return State{
			Reader:  rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "reader"),
			Counter: rapid.Uint16Range(0, 2).Draw(t, "counter"),
			Present: rapid.Bool().Draw(t, "present"),
			Mute:    rapid.Bool().Draw(t, "mute"),
		}
	}), 0, 3, func(s State) string { return s.Reader })
	rapid.Check(t, func(t *rapid.T) {
		var m Monitor
		up, attached, lying := false, map[string]bool{}, map[string]bool{}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			var events []Event
			if rapid.IntRange(0, 4).Draw(t, "lost") == 0 {
				events = m.ServiceLost(time.Time{}, ErrNoService)
			} else {
				events = m.Observe(time.Time{}, states.Draw(t, "states"))
			}
			for _, e := range events {
				ok := true
				switch e.Kind {
				case ServiceUp:
					ok, up = !up, true
				case ServiceDown:
					ok, up = len(attached) == 0, false
				case Attached:
					ok, attached[e.Reader] = up && !attached[e.Reader], true
				case Detached:
					ok = attached[e.Reader] && !lying[e.Reader]
					delete(attached, e.Reader)
				case Arrived, Mute: // one may become the other in place
					ok, lying[e.Reader] = attached[e.Reader], true
				case Removed:
					ok, lying[e.Reader] = lying[e.Reader], false
				}
				if !ok {
					t.Fatalf("%v out of place in %v", e, tell(events))
				}
			}
		}
	})
}
