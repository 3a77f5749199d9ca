package daemon

import (
	"cmp"
	"slices"
	"sync"

	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// readers holds a terminal for every reader that is there, or was until a moment
// ago.
type readers struct {
	// open makes a terminal for a new reader and starts its goroutine.
	open func(name string) *terminal
	// single says that the configuration means one reader, by its serial number.
	single bool

	mu      sync.Mutex
	byName  map[string]*terminal
	service error // why the reader service is away
	known   bool  // whether anything was heard of the service yet
	coming  int   // how many readers the service has still to tell of at its start
	settled chan struct{}
}

func newReaders(open func(name string) *terminal) *readers {
	return &readers{open: open, byName: map[string]*terminal{}, settled: make(chan struct{})}
}

// observe takes in an event of the reader system.
func (r *readers) observe(e reader.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case reader.ServiceUp:
		r.known, r.service, r.coming = true, nil, e.Readers
		for _, t := range r.byName {
			t.miss()
		}
	case reader.ServiceDown:
		r.known, r.service, r.coming = true, cmp.Or(e.Err, reader.ErrNoService), 0
	case reader.Attached:
		r.coming--
		if r.byName[e.Reader] == nil {
			r.replace(e.Reader)
			r.byName[e.Reader] = r.open(e.Reader)
		}
	}
	if t := r.byName[e.Reader]; t != nil {
		t.observe(e)
	}
	if e.Kind == reader.Attached || e.Kind == reader.Detached {
		r.tellApart()
	}
	if r.known && r.coming <= 0 {
		r.settle()
	}
}

// replace has a reader forgotten at once that is away, when one of its model comes
// under another number: it is the same one, plugged in again.
func (r *readers) replace(name string) {
	for _, t := range r.byName {
		if !t.look().attached && pcsc.SameModel(t.name, name) {
			t.dismiss()
		}
	}
}

// tellApart marks the readers of which nobody can say which is which: their names may
// change places whenever one is plugged in.
func (r *readers) tellApart() {
	for _, t := range r.byName {
		rivals := 0
		for _, other := range r.byName {
			if other != t && other.look().attached && (r.single || pcsc.SameModel(t.name, other.name)) {
				rivals++
			}
		}
		t.doubt(rivals > 0)
	}
}

// settle closes settled: what readers there are at the start is known now.
func (r *readers) settle() {
	select {
	case <-r.settled:
	default:
		close(r.settled)
	}
}

// forget drops a terminal whose goroutine ended because its reader stayed away.
// When the reader came back in the same moment, a new one takes its place.
func (r *readers) forget(t *terminal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName[t.name] != t {
		return
	}
	delete(r.byName, t.name)
	if d := t.look(); d.attached {
		again := r.open(t.name)
		r.byName[t.name] = again
		again.observe(reader.Event{Kind: reader.Attached, Reader: t.name})
		switch {
		case d.present:
			again.observe(reader.Event{Kind: reader.Arrived, Reader: t.name})
		case d.mute:
			again.observe(reader.Event{Kind: reader.Mute, Reader: t.name})
		}
		r.tellApart()
	}
}

// terminals returns them all, by name.
func (r *readers) terminals() []*terminal {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*terminal, 0, len(r.byName))
	for _, t := range r.byName {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *terminal) int { return cmp.Compare(a.name, b.name) })
	return all
}

// nudge makes the terminal of that name look again, or all of them for "".
func (r *readers) nudge(name string) {
	for _, t := range r.terminals() {
		if name == "" || t.name == name {
			t.nudge()
		}
	}
}

// findings are what is wrong with readers and their service.
func (r *readers) findings() []api.HealthItem {
	r.mu.Lock()
	service, known := r.service, r.known
	r.mu.Unlock()
	if service != nil {
		return []api.HealthItem{{Code: readerCode(service), Severity: api.SeverityError, Detail: service.Error()}}
	}
	all := r.terminals()
	if len(all) == 0 {
		detail := "no reader matches the configuration"
		if !known {
			detail = "nothing was heard of the reader service yet"
		}
		return []api.HealthItem{{Code: fault.ReaderNotFound, Severity: api.SeverityError, Detail: detail}}
	}
	// One that is away is no more than a warning while another one serves.
	severity := api.SeverityError
	if slices.ContainsFunc(all, func(t *terminal) bool { return t.reader().Usable }) {
		severity = api.SeverityWarning
	}
	var items []api.HealthItem
	for _, t := range all {
		switch one := t.reader(); {
		case one.Usable:
		case one.Code == fault.ReaderAmbiguous:
			items = append(items, api.HealthItem{
				Code: one.Code, Severity: api.SeverityError, Subject: one.Name,
				Detail: "another reader is there that nothing tells apart from this one",
			})
		default:
			items = append(items, api.HealthItem{Code: one.Code, Severity: severity, Subject: one.Name, Detail: "reader is away"})
		}
	}
	return items
}
