package daemon

import (
	"cmp"
	"slices"
	"sync"

	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// readers holds a terminal for every reader that is there, or was until a moment
// ago.
type readers struct {
	// open makes a terminal for a new reader and starts its goroutine.
	open func(name string) *terminal
	// expected is how many readers are known to be there; 0 when nobody knows.
	expected int

	mu      sync.Mutex
	byName  map[string]*terminal
	service error // why the reader service is away
	known   bool  // whether anything was heard of the service yet
	settled chan struct{}
}

func newReaders(open func(name string) *terminal) *readers {
	return &readers{open: open, byName: map[string]*terminal{}, settled: make(chan struct{})}
}

// observe takes in an event of the reader system.
func (r *readers) observe(e reader.Event) {
	r.mu.Lock()
	switch e.Kind {
	case reader.ServiceUp:
		r.known, r.service = true, nil
	case reader.ServiceDown:
		r.known, r.service = true, cmp.Or(e.Err, reader.ErrNoService)
	}
	t := r.byName[e.Reader]
	if t == nil && e.Kind == reader.Attached {
		t = r.open(e.Reader)
		r.byName[e.Reader] = t
	}
	r.mu.Unlock()
	if t != nil {
		t.observe(e)
	}
	if e.Kind == reader.Attached && r.complete() || e.Kind == reader.ServiceDown {
		r.settle()
	}
}

// complete reports whether every reader that is expected is there.
func (r *readers) complete() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byName) >= r.expected
}

// settle closes settled: what readers there are at the start is known now.
func (r *readers) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
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
		if d.present {
			again.observe(reader.Event{Kind: reader.Arrived, Reader: t.name})
		}
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
	var items []api.HealthItem
	usable := false
	for _, t := range r.terminals() {
		if one := t.reader(); one.Usable {
			usable = true
		} else {
			items = append(items, api.HealthItem{Code: one.Code, Severity: api.SeverityWarning, Subject: one.Name, Detail: "reader is away"})
		}
	}
	if !usable {
		detail := "no reader matches the configuration"
		if !known {
			detail = "nothing was heard of the reader service yet"
		}
		items = append(items, api.HealthItem{Code: fault.ReaderNotFound, Severity: api.SeverityError, Detail: detail})
	}
	return items
}
