package pcsc

import (
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kazashi/reader"
	"kazashi/reader/pcsctest"
)

func TestMain(m *testing.M) { pcsctest.Main(m, func() error { return goleak.Find() }) }

// A fake is a PC/SC service of the test. It behaves as pcscd was seen to.
type fake struct {
	t *testing.T

	mu         sync.Mutex
	refuse     Code          // what establish fails with
	hang       chan struct{} // while set, every call waits for it to be closed
	generation int           // contexts of another one are dead
	changed    chan struct{} // closed at every change
	readers    map[string]*fakeReader
	order      []string

	lose    bool // the next wait to wake up finds its context invalid
	flicker bool // every wait finds readers' flags changed

	contexts, handles, waits, cancels int
}

type fakeReader struct {
	state  flags
	atr    []byte
	holder *fakeHandle
	held   bool // exclusively, by another program
	answer func(command []byte) ([]byte, error)
	gone   bool // what status says

	controls map[control][]byte // answers to control codes
	serial   string
}

func newFake(t *testing.T, readers ...string) *fake {
	f := &fake{t: t, changed: make(chan struct{}), readers: make(map[string]*fakeReader)}
	for _, name := range readers {
		f.attach(name)
	}
	return f
}

// system returns a System over the fake, checked at the end for what it left there.
func (f *fake) system(options Options) *System {
	f.t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.contexts != 0 || f.handles != 0 {
			f.t.Errorf("%d contexts and %d handles were left", f.contexts, f.handles)
		}
	})
	return newSystem(options, f, make(chan struct{}, 1))
}

// change alters the fake and wakes every wait.
func (f *fake) change(alter func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	alter()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fake) attach(name string) {
	f.change(func() {
		f.readers[name] = &fakeReader{state: 0x10, answer: func([]byte) ([]byte, error) { return []byte{0x90, 0}, nil }}
		f.order = append(f.order, name)
	})
}

func (f *fake) detach(name string) {
	f.change(func() {
		delete(f.readers, name)
		f.order = slices.DeleteFunc(f.order, func(n string) bool { return n == name })
	})
}

// insert sets the flags of a card and counts the event.
func (f *fake) insert(name string, with flags) {
	f.change(func() {
		r := f.readers[name]
		r.state = (r.state+0x10000)&^0xffff | with
		r.atr, r.gone = reader.ContactlessATR(), false
	})
}

func (f *fake) remove(name string) {
	f.change(func() {
		r := f.readers[name]
		r.state = (r.state+0x10000)&^0xffff | 0x10
		r.atr, r.gone = nil, true
	})
}

// hold makes another program hold reader A, or let go of it.
func (f *fake) hold(held bool) { f.change(func() { f.readers["A"].held = held }) }

// answers makes the card on reader A answer so.
func (f *fake) answers(answer func(command []byte) ([]byte, error)) {
	f.change(func() { f.readers["A"].answer = answer })
}

func (f *fake) waited() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waits
}

// kill ends every context; calls under way fail.
func (f *fake) kill(refuse Code) {
	f.change(func() {
		f.generation++
		f.refuse, f.contexts, f.handles = refuse, 0, 0
	})
}

// invalid makes the wait under way fail as pcsc-lite 1.9 does around a timeout.
func (f *fake) invalid() { f.change(func() { f.lose = true }) }

func (f *fake) start() { f.change(func() { f.refuse = 0 }) }

// stop makes every call hang until the function it returns is called.
func (f *fake) stop() (resume func()) {
	hang := make(chan struct{})
	f.change(func() { f.hang = hang })
	return func() {
		f.change(func() { f.hang = nil })
		close(hang)
	}
}

// enter is the start of every call.
func (f *fake) enter() {
	f.mu.Lock()
	hang := f.hang
	f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	f.mu.Lock()
}

func (f *fake) establish() (service, error) {
	f.enter()
	defer f.mu.Unlock()
	if f.refuse != 0 {
		return nil, &Error{"SCardEstablishContext", f.refuse}
	}
	f.contexts++
	return &fakeService{fake: f, generation: f.generation, cancelled: make(chan struct{}, 1)}, nil
}

type fakeService struct {
	*fake
	generation int
	cancelled  chan struct{}
	released   bool
}

// dead says how a call on a context of a service that died fails.
func (s *fakeService) dead(call string) error {
	switch {
	case s.released:
		return &Error{call, invalidHandle}
	case s.generation != s.fake.generation:
		return &Error{call, noService}
	}
	return nil
}

func (s *fakeService) listReaders() ([]string, error) {
	s.enter()
	defer s.mu.Unlock()
	if err := s.dead("SCardListReaders"); err != nil {
		return nil, err
	}
	if len(s.order) == 0 {
		return nil, &Error{"SCardListReaders", noReaders}
	}
	return slices.Clone(s.order), nil
}

func (s *fakeService) statusChange(states []status, wait time.Duration) error {
	const call = "SCardGetStatusChange"
	over := time.After(wait)
	s.enter()
	defer s.mu.Unlock()
	s.waits++
	for {
		if err := s.dead(call); err != nil {
			return &Error{call, commError}
		}
		if s.lose {
			s.lose = false
			return &Error{call, invalidHandle}
		}
		news := false
		for i := range states {
			r := s.readers[states[i].reader]
			if r == nil {
				return &Error{call, unknownReader}
			}
			if s.flicker {
				r.state ^= 0x100
			}
			current := states[i].current
			// Zero says nothing known, and in the upper half no counter known.
			if current == 0 || uint16(r.state) != uint16(current) ||
				current.counter() != 0 && current.counter() != r.state.counter() {
				news = true
			}
			states[i].event, states[i].atr = r.state, r.atr
		}
		if news {
			for i := range states {
				states[i].event |= flagChanged
			}
			return nil
		}
		changed := s.changed
		s.mu.Unlock()
		err := error(nil)
		select {
		case <-changed:
		case <-over:
			err = &Error{call, timeout}
		case <-s.cancelled:
			err = &Error{call, cancelled}
		}
		s.enter()
		if err != nil {
			return err
		}
	}
}

func (s *fakeService) cancel() error {
	s.enter()
	defer s.mu.Unlock()
	if s.cancels++; s.cancels == 1 {
		return nil // lost, as one that comes too early is
	}
	select {
	case s.cancelled <- struct{}{}:
	default:
	}
	return nil
}

func (s *fakeService) release() error {
	s.enter()
	defer s.mu.Unlock()
	if s.released {
		s.t.Error("released twice")
	}
	s.released = true
	if s.generation == s.fake.generation {
		s.contexts--
	}
	return nil
}

func (s *fakeService) connect(name string, how access) (handle, error) {
	const call = "SCardConnect"
	s.enter()
	defer s.mu.Unlock()
	r := s.readers[name]
	switch err := s.dead(call); {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, &Error{call, unknownReader}
	case r.held || r.holder != nil:
		return nil, &Error{call, sharingViolation}
	case how == exclusive && r.state&flagPresent == 0:
		return nil, &Error{call, noSmartcard}
	case how == exclusive && r.state&flagMute != 0:
		return nil, &Error{call, unresponsiveCard}
	}
	s.handles++
	r.holder = &fakeHandle{service: s, reader: r}
	return r.holder, nil
}

type fakeHandle struct {
	service *fakeService
	reader  *fakeReader
}

func (h *fakeHandle) transmit(command []byte) ([]byte, error) {
	h.service.enter()
	answer := h.reader.answer
	h.service.mu.Unlock()
	return answer(command)
}

func (h *fakeHandle) status() error {
	h.service.enter()
	defer h.service.mu.Unlock()
	if h.reader.gone {
		return &Error{"SCardStatus", removedCard}
	}
	return nil
}

func (h *fakeHandle) attribute(id attribute) ([]byte, error) {
	switch id {
	case vendorName:
		return []byte("Specimen\x00"), nil
	case vendorVersion:
		return []byte{0x02, 0x00, 0x04, 0x01}, nil
	case vendorSerial:
		if h.reader.serial != "" {
			return []byte(h.reader.serial + "\x00"), nil
		}
	}
	return nil, &Error{"SCardGetAttrib", 0x8010001f}
}

func (h *fakeHandle) control(code control) ([]byte, error) {
	if answer, ok := h.reader.controls[code]; ok {
		return answer, nil
	}
	return nil, &Error{"SCardControl", 0x8010001f}
}

func (h *fakeHandle) disconnect(disposition) error {
	h.service.enter()
	defer h.service.mu.Unlock()
	if h.reader.holder != h {
		h.service.t.Error("disconnected twice")
	}
	h.reader.holder = nil
	if h.service.generation == h.service.fake.generation {
		h.service.handles--
	}
	return nil
}

func (f *fake) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.contexts
}
