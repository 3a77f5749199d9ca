package reader

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// A State is what a reader service says of one reader at one moment.
type State struct {
	Reader string
	// Counter counts insertions and removals (the upper 16 bits of PC/SC's event
	// state).
	Counter uint16
	Present bool // something is in the field
	Mute    bool // and does not answer
	InUse   bool // another connection holds the reader exclusively
	ATR     []byte
}

// A Monitor makes events of what a reader service says, by holding each snapshot
// against the one before it. It keeps no clock and does no I/O. The zero value
// has seen nothing.
type Monitor struct {
	readers map[string]State
	up      bool
	down    error // the loss that was told last
}

// Observe takes the states of all readers and returns what changed, in the order
// of reader names: removals before arrivals on one reader. The first call, and
// the first after a loss, tells that the service is up.
//
// A changed counter on a reader that has a card before and after is a removal and
// an arrival: the card was away in between. A card that came and went
// between two snapshots is not reported.
func (m *Monitor) Observe(at time.Time, states []State) []Event {
	var events []Event
	if !m.up {
		m.up, m.down = true, nil
		events = append(events, Event{Kind: ServiceUp, Readers: len(states)})
	}
	now := make(map[string]State, len(states))
	for _, s := range states {
		now[s.Reader] = s
	}
	for _, name := range m.names() {
		if _, still := now[name]; !still {
			events = append(events, m.gone(name, ErrNoReader)...)
		}
	}
	if m.readers == nil {
		m.readers = make(map[string]State, len(states))
	}
	sorted := slices.Clone(states)
	slices.SortStableFunc(sorted, func(a, b State) int { return strings.Compare(a.Reader, b.Reader) })
	for _, s := range sorted {
		before, known := m.readers[s.Reader]
		if !known {
			events = append(events, Event{Kind: Attached, Reader: s.Reader, Counter: s.Counter})
		}
		events = append(events, changed(before, s)...)
		s.ATR = slices.Clone(s.ATR)
		m.readers[s.Reader] = s
	}
	return stamp(at, events)
}

// changed compares two states of one reader.
func changed(before, now State) []Event {
	another := before.Counter != now.Counter
	var events []Event
	if before.Present && (!now.Present || another) {
		events = append(events, Event{Kind: Removed, Reader: now.Reader, Counter: now.Counter})
	}
	if now.Present && (!before.Present || another || before.Mute != now.Mute) {
		e := Event{Kind: Arrived, Reader: now.Reader, Counter: now.Counter, ATR: slices.Clone(now.ATR)}
		if now.Mute {
			e.Kind, e.ATR, e.Err = Mute, nil, ErrCardMute
		}
		events = append(events, e)
	}
	return events
}

// ServiceLost says that the service is gone, and with it every reader and card. A
// loss that was told already is not told again, unless err is of another kind: a
// service may first be absent and then refuse access. err must not be nil.
func (m *Monitor) ServiceLost(at time.Time, err error) []Event {
	if m.down != nil && sameKind(m.down, err) {
		return nil
	}
	var events []Event
	for _, name := range m.names() {
		events = append(events, m.gone(name, err)...)
	}
	m.up, m.down = false, err
	return stamp(at, append(events, Event{Kind: ServiceDown, Err: err}))
}

// sameKind reports whether two losses are the same to whoever has to end them.
func sameKind(a, b error) bool {
	for _, kind := range []error{ErrNoService, ErrTimeout, ErrDenied, ErrUnsupported} {
		if errors.Is(a, kind) != errors.Is(b, kind) {
			return false
		}
	}
	return true
}

// gone forgets a reader and what lay on it.
func (m *Monitor) gone(name string, err error) []Event {
	s := m.readers[name]
	delete(m.readers, name)
	detached := Event{Kind: Detached, Reader: name, Counter: s.Counter, Err: err}
	if !s.Present {
		return []Event{detached}
	}
	return []Event{{Kind: Removed, Reader: name, Counter: s.Counter, Err: err}, detached}
}

func (m *Monitor) names() []string {
	names := make([]string, 0, len(m.readers))
	for name := range m.readers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func stamp(at time.Time, events []Event) []Event {
	for i := range events {
		events[i].At = at
	}
	return events
}
