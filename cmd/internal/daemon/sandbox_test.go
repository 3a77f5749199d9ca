package daemon

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// A shelf is a tray that notes what is done to it.
type shelf struct {
	mu   sync.Mutex
	done []string
	card bool
}

func (s *shelf) Name() string { return "tray" }

func (s *shelf) Insert(card reader.Responder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done, s.card = append(s.done, "+"+string(card.ATR())), true
}

func (s *shelf) Remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.card {
		s.done, s.card = append(s.done, "-"), false
	}
}

func (s *shelf) lying() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.card
}

// A dummy is a phone that nobody asks anything.
type dummy struct{ reader.Responder }

func (dummy) Respond(context.Context, []byte) ([]byte, error) { return nil, reader.ErrCardMute }

// A named phone has its scenario for an ATR.
type named struct {
	dummy
	name string
}

func (n named) ATR() []byte { return []byte(n.name) }

func TestCustomerHoldsAPhoneOverWhateverIsArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vault.New(vault.Options{})
		s := &shelf{}
		c := &customer{
			tray: s, vault: v, scenarios: []string{"a", "b"},
			phone: func(scenario string) (reader.Responder, error) { return named{name: scenario}, nil },
		}
		ended := make(chan error, 1)
		go func() { ended <- c.run(t.Context(), v.Feed().Last(), nil) }()
		synctest.Wait()
		want := func(done ...string) {
			t.Helper()
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			if !slices.Equal(s.done, done) {
				t.Fatalf("customer did %s, want %s", strings.Join(s.done, " "), strings.Join(done, " "))
			}
		}
		arm := func() string {
			t.Helper()
			p, _, err := v.Arm(vault.Order{Profile: "address", Transaction: "t", Reader: "tray", Owner: owner})
			if err != nil {
				t.Fatal(err)
			}
			return p.ID
		}
		want()

		// A tap that fails: the phone goes away and stays away.
		arm()
		want("+a")
		a, _ := v.Begin("tray")
		a.Fail(fault.New(fault.DigestMismatch, "tampered"))
		want("+a", "-")
		<-time.After(2 * tapPause)
		want("+a", "-")

		// A locked phone comes back for as long as it is waited for.
		id := arm()
		want("+a", "-", "+b")
		for n := range 3 {
			a, ok := v.Begin("tray")
			if !ok {
				t.Fatalf("tap %d could not begin", n)
			}
			a.Again(fault.New(fault.PhoneLocked, "locked"))
			synctest.Wait()
			if s.lying() {
				t.Fatal("the locked phone still lies there")
			}
			<-time.After(tapPause)
			synctest.Wait()
			if !s.lying() {
				t.Fatal("the locked phone did not come back")
			}
		}
		if _, err := v.Cancel(id, owner); err != nil {
			t.Fatal(err)
		}
		want("+a", "-", "+b", "-", "+b", "-", "+b", "-", "+b", "-")

		// A presentation that ends during the pause is not tapped any more; the next
		// one is, and the scenarios start over.
		id = arm()
		a, _ = v.Begin("tray")
		a.Again(fault.New(fault.PhoneLocked, "locked"))
		synctest.Wait()
		if _, err := v.Cancel(id, owner); err != nil {
			t.Fatal(err)
		}
		<-time.After(tapPause)
		want("+a", "-", "+b", "-", "+b", "-", "+b", "-", "+b", "-", "+a", "-")

		v.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestPhoneThatCannotBeMadeEndsTheSandbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vault.New(vault.Options{})
		defer v.Close()
		c := &customer{
			tray: &shelf{}, vault: v, scenarios: []string{"a"},
			phone: func(string) (reader.Responder, error) { return nil, fault.New(fault.InputUnreadable, "no key") },
		}
		ended := make(chan error, 1)
		go func() { ended <- c.run(t.Context(), v.Feed().Last(), nil) }()
		synctest.Wait()
		if _, _, err := v.Arm(vault.Order{Profile: "address", Transaction: "t", Reader: "tray", Owner: owner}); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; fault.CodeOf(err) != fault.Internal {
			t.Errorf("got %v", err)
		}
	})
}

// A presentation that is cancelled under its tap is over for its customer; the tap
// that still ends must not take the next customer's phone away.
func TestPhoneOfTheNextCustomerStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vault.New(vault.Options{})
		s := &shelf{}
		c := &customer{
			tray: s, vault: v, scenarios: []string{"a", "b"},
			phone: func(scenario string) (reader.Responder, error) { return named{name: scenario}, nil },
		}
		ended := make(chan error, 1)
		go func() { ended <- c.run(t.Context(), v.Feed().Last(), nil) }()
		var ids []string
		for n := range 2 {
			p, _, err := v.Arm(vault.Order{Profile: "address", Transaction: "t", Reader: "tray", Owner: owner})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.ID)
			synctest.Wait()
			if n > 0 {
				break
			}
			if _, ok := v.Begin("tray"); !ok {
				t.Fatal("no tap")
			}
			if _, err := v.Cancel(p.ID, owner); err != nil {
				t.Fatal(err)
			}
		}
		terminal := newTerminal("tray", v, &counts{}, nil, func(api.Reader) {})
		c.leave(t.Context(), terminal, ids[0], 1)
		if !s.lying() {
			t.Error("the phone of the second presentation is gone")
		}
		c.leave(t.Context(), terminal, ids[1], 2)
		if s.lying() {
			t.Error("the phone stays after its own tap")
		}
		v.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
