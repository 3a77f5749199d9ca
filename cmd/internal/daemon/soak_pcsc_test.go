package daemon

import (
	"context"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/reader/pcsc"
	"kazashi/reader/pcsctest"
	"kazashi/session/holder"
	"kazashi/session/specimen"
	"kazashi/transport/api"
)

// A changeling lies in the virtual reader and is another phone whenever it is powered
// up, if it was told to be. It implements [reader.Responder].
type changeling struct {
	mu        sync.Mutex
	now, next reader.Responder
}

func (c *changeling) become(next reader.Responder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = next
	if c.now == nil {
		c.now = next
	}
}

func (c *changeling) phone() reader.Responder {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *changeling) Reset() {
	c.mu.Lock()
	c.now = c.next
	c.mu.Unlock()
	c.phone().Reset()
}

func (c *changeling) ATR() []byte { return reader.ContactlessATR() }

func (c *changeling) Respond(ctx context.Context, command []byte) ([]byte, error) {
	return c.phone().Respond(ctx, command)
}

// A pcscSoak is a soak through a real pcscd, which fares no better than the phones.
type pcscSoak struct {
	*soak
	service *pcsctest.Service
	phones  map[holder.Scenario]*holder.Phone
	names   []holder.Scenario
	slot    *changeling
	card    *pcsctest.Card // what lies in the slot, nil for nothing
	calm    bool           // pcscd is left alone from now on
}

// A mishap is what goes wrong in one tap.
type mishap struct {
	phone  reader.Responder
	killed bool // pcscd is
	pulled bool // the phone is, once the tap is over
	held   bool // another program holds the reader
}

// draw draws what happens in the next tap: most often nothing.
func (s *pcscSoak) draw() mishap {
	honest := s.phones[holder.Honest]
	pid, n := s.service.PID(), s.random.IntN(soakCommands)
	signal := func(how syscall.Signal) { _ = syscall.Kill(pid, how) }
	switch what := s.random.IntN(200); {
	case what < 20:
		return mishap{phone: s.phones[s.names[s.random.IntN(len(s.names))]]}
	case what < 40:
		return mishap{phone: loopback.WithFaults(honest, calmed(s.random, n))}
	case what < 43: // a phone that never answers has to be pulled
		return mishap{phone: loopback.WithFaults(honest, loopback.MuteAt(n)), pulled: true}
	case what < 48:
		return mishap{phone: honest, pulled: true}
	case what < 50:
		return mishap{phone: honest, held: true}
	case what < 53 && !s.calm:
		return mishap{killed: true, phone: loopback.WithFaults(honest, loopback.ChangeAt(n, func(answer []byte) []byte {
			signal(syscall.SIGKILL)
			return answer
		}))}
	case what < 56 && !s.calm:
		pause := time.Duration(s.random.IntN(600)) * time.Millisecond
		return mishap{phone: loopback.WithFaults(honest, loopback.ChangeAt(n, func(answer []byte) []byte {
			signal(syscall.SIGSTOP)
			time.AfterFunc(pause, func() { signal(syscall.SIGCONT) })
			return answer
		}))}
	}
	return mishap{phone: honest}
}

// calmed is a disturbance without the phone that never answers.
func calmed(random *rand.Rand, n int) loopback.Fault {
	if random.IntN(2) == 0 {
		return loopback.RemoveAt(n)
	}
	at, flip := random.Uint32(), byte(1+random.IntN(255))
	return loopback.ChangeAt(n, func(answer []byte) []byte {
		if len(answer) > 0 {
			answer[int(at)%len(answer)] ^= flip
		}
		return answer
	})
}

// step makes one tap with whatever goes wrong in it, and then puts right what did.
func (s *pcscSoak) step() {
	s.t.Helper()
	m := s.draw()
	s.slot.become(m.phone)
	if s.card == nil {
		s.await("usable and empty", func(r api.Reader) bool { return r.Usable && !r.Present })
		s.card = s.service.Insert(s.t, s.slot)
	}
	if m.held {
		s.await("occupied", func(r api.Reader) bool { return r.Present })
		other, err := pcsc.New(pcsc.Options{}).Open(s.t.Context(), s.reader)
		if err == nil {
			defer func() { _ = other.Close() }()
		}
	}
	s.tap()
	switch {
	case m.killed:
		s.card.Remove()
		s.card = nil
		s.service.Kill()
		s.service.Start()
	case m.pulled:
		s.card.Remove()
		s.card = nil
	default:
		select {
		case <-s.card.Done(): // it has left by itself
			s.card = nil
		default:
		}
	}
}

// F55 through vpcd and a pcscd that is killed and suspended now and then.
func TestF55_SoakThroughPCSC(t *testing.T) {
	s := &pcscSoak{service: pcsctest.Start(t), phones: map[holder.Scenario]*holder.Phone{}, slot: &changeling{}}
	s.soak = soakOn(t, configs.BackendPCSC)
	pki, err := specimen.ReadPKI(s.pki())
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range holder.Scenarios() {
		if scenario == holder.SlowConsent {
			continue
		}
		s.names = append(s.names, scenario)
		if s.phones[scenario], err = holder.New(holder.Options{Scenario: scenario, PKI: pki, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	var base, theirs footprint
	for s.taps < *soakPCSCTaps {
		s.step()
		if s.taps == min(soakFirst, *soakPCSCTaps/3) {
			base = s.measure()
		}
		if s.taps == *soakPCSCTaps*3/4 { // from here on it is the same pcscd
			s.calm = true
			s.honest()
			theirs = look(t, s.service.PID())
		}
	}
	s.honest()
	now := look(t, s.service.PID())
	if now.files > theirs.files+1 || now.threads > theirs.threads+1 {
		t.Errorf("pcscd: %v, where it was %v: contexts are left there", now, theirs)
	}
	t.Logf("pcscd: %v, before: %v", now, theirs)
	s.check(base)
}

// honest makes a tap in which nothing goes wrong. After it the daemon holds of pcscd
// what its watcher needs.
func (s *pcscSoak) honest() {
	s.t.Helper()
	s.slot.become(s.phones[holder.Honest])
	if s.card != nil {
		s.card.Remove()
	}
	s.await("usable and empty", func(r api.Reader) bool { return r.Usable && !r.Present })
	s.card = s.service.Insert(s.t, s.slot)
	if p, code := s.tap(); p.State != api.StateVerified {
		s.t.Errorf("tap %d: an honest phone came to %s %s", s.taps, p.State, code)
	}
}
