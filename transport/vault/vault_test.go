package vault

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

const issuer, stranger = uint32(1001), uint32(1002)

// A secret is a result whose single attribute says whose it is.
type secret struct {
	value    string
	arena    []byte // the memory that the vault keeps
	wiped    bool
	err      error
	invented bool
}

func (s *secret) appendDocuments(dst []byte) ([]byte, error) {
	if s.wiped {
		panic("rendering a wiped result")
	}
	s.arena = fmt.Appendf(dst, `[{"elements":{"ns":{"family_name":%q}}}]`, s.value)
	return s.arena, s.err
}

func (s *secret) received() []api.ElementName {
	return []api.ElementName{{DocType: "doc", Namespace: "ns", Element: "family_name"}}
}
func (s *secret) warnings() []api.Warning { return nil }
func (s *secret) specimen() bool          { return s.invented }
func (s *secret) wipe()                   { s.wiped = true }

// gone reports whether no attribute is left in memory.
func (s *secret) gone() bool {
	return s.wiped && len(bytes.Trim(s.arena[:cap(s.arena)], "\x00")) == 0
}

func order(reader string) Order {
	return Order{Profile: "address", Transaction: "job-1", Reader: reader, Owner: issuer, Timeout: time.Minute}
}

func arm(t *testing.T, v *Vault, o Order) api.Presentation {
	t.Helper()
	p, _, err := v.Arm(o)
	if err != nil {
		t.Fatalf("arm: %v", err)
	}
	return p
}

func begin(t *testing.T, v *Vault, reader string) *Attempt {
	t.Helper()
	a, ok := v.Begin(reader)
	if !ok {
		t.Fatalf("no tap could begin on %s", reader)
	}
	return a
}

// verified brings a presentation to that state.
func verified(t *testing.T, v *Vault, o Order) (api.Presentation, *secret) {
	t.Helper()
	p, s := arm(t, v, o), &secret{value: "of " + o.Transaction}
	if err := begin(t, v, o.Reader).offer(s); err != nil {
		t.Fatalf("offer: %v", err)
	}
	return p, s
}

func wantState(t *testing.T, v *Vault, id string, state api.State, code fault.Code) {
	t.Helper()
	p, err := v.Get(id, issuer)
	if err != nil || p.State != state || p.Code != code {
		t.Fatalf("presentation is %s %s (%v), want %s %s", p.State, p.Code, err, state, code)
	}
	if p.State.Ended() != (p.EndedAt != nil) || p.State.Ended() != (p.ExpiresAt == nil) {
		t.Fatalf("times of a presentation that is %s: ends %v, ended %v", p.State, p.ExpiresAt, p.EndedAt)
	}
}

func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s %s", err, fault.CodeOf(err), code, code.Slug())
	}
}

// inBubble runs a test on a clock of its own with a vault that is closed at the end.
func inBubble(t *testing.T, f func(t *testing.T, v *Vault)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := New(Options{})
		defer v.Close()
		f(t, v)
	})
}

func TestWalkOfOnePresentation(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		a := begin(t, v, "front")
		a.Progress("engaging")
		if p, _ := v.Get(p.ID, issuer); p.State != api.StateReading || p.Phase != "engaging" {
			t.Fatalf("during the tap: %s %s", p.State, p.Phase)
		}
		s := &secret{value: "x"}
		if err := a.offer(s); err != nil {
			t.Fatal(err)
		}
		if !s.wiped || a.Context().Err() == nil {
			t.Fatal("after the offer the result was not wiped or the tap not over")
		}
		got, err := v.Get(p.ID, issuer)
		if err != nil || got.State != api.StateVerified || len(got.Received) != 1 || got.Phase != "" {
			t.Fatalf("after the offer: %+v, %v", got, err)
		}
		body, err := v.Claim(p.ID, "c", issuer)
		if err != nil || !bytes.Contains(body, []byte(`"family_name":"x"`)) {
			t.Fatalf("claim: %s, %v", body, err)
		}
		if _, err := v.Ack(p.ID, "c", api.OutcomeIssued, issuer); err != nil {
			t.Fatal(err)
		}
		wantState(t, v, p.ID, api.StateAcked, "")
		if !s.gone() {
			t.Fatal("attributes left after the ack")
		}
	})
}

func TestF31_TimesRunOut(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		a := begin(t, v, "front")
		pass(time.Minute)
		wantState(t, v, p.ID, api.StateExpired, fault.PresentationExpired)
		wantCode(t, contextCause(a), fault.PresentationExpired)

		p, s := verified(t, v, order("front"))
		pass(30*time.Second - 1)
		wantState(t, v, p.ID, api.StateVerified, "")
		pass(1)
		if !s.gone() {
			t.Fatal("attributes that nobody claimed were kept")
		}
		wantState(t, v, p.ID, api.StateExpired, fault.PresentationExpired)
		_, err := v.Claim(p.ID, "c", issuer)
		wantCode(t, err, fault.ClaimGone)
	})
}

func TestShutdownEndsAndWipesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := New(Options{})
		held, s := verified(t, v, order("front"))
		armed := arm(t, v, order("back"))
		a := begin(t, v, "back")
		v.Close()
		v.Close()
		wantState(t, v, held.ID, api.StateLost, fault.ShuttingDown)
		wantState(t, v, armed.ID, api.StateLost, fault.ShuttingDown)
		wantCode(t, contextCause(a), fault.ShuttingDown)
		late := &secret{value: "late"}
		wantCode(t, a.offer(late), fault.ShuttingDown)
		if !s.gone() || !late.gone() {
			t.Fatal("attributes left after shutdown")
		}
		_, err := v.Claim(held.ID, "c", issuer)
		wantCode(t, err, fault.ClaimGone)
		_, _, err = v.Arm(order("front"))
		wantCode(t, err, fault.ShuttingDown)
	})
}

func TestEndedStaysReadableForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := New(Options{MaxEnded: 2})
		defer v.Close()
		var ids []string
		for range 3 {
			p := arm(t, v, order("front"))
			if _, err := v.Cancel(p.ID, issuer); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.ID)
		}
		_, err := v.Get(ids[0], issuer)
		wantCode(t, err, fault.PresentationNotFound)
		wantState(t, v, ids[1], api.StateCancelled, fault.PresentationCancelled)
		pass(10 * time.Minute)
		_, err = v.Get(ids[2], issuer)
		wantCode(t, err, fault.PresentationNotFound)
		if len(v.byID)+len(v.byKey)+len(v.live)+len(v.ended) != 0 {
			t.Fatalf("left over: %d %d %d %d", len(v.byID), len(v.byKey), len(v.live), len(v.ended))
		}
	})
}

func TestBusyIssuerDrivesOutNobodyElsesRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := New(Options{MaxEnded: 8, MaxEndedEach: 6})
		defer v.Close()
		armAndCancel := func(owner uint32, name string) string {
			o := order("front")
			o.Owner, o.IdempotencyKey, o.Request = owner, name, [32]byte{1}
			p := arm(t, v, o)
			if _, err := v.Cancel(p.ID, owner); err != nil {
				t.Fatal(err)
			}
			return p.ID
		}
		kept := []string{armAndCancel(issuer, "a"), armAndCancel(issuer, "b"), armAndCancel(issuer, "c")}
		for i := range 50 {
			armAndCancel(stranger, fmt.Sprint("n-", i))
		}
		for _, id := range kept {
			wantState(t, v, id, api.StateCancelled, fault.PresentationCancelled)
		}
		if p, found, err := v.Replayed(issuer, "a", [32]byte{1}); !found || err != nil || p.ID != kept[0] {
			t.Fatalf("the first one's key is gone: %v", err)
		}
		if len(v.ended) != 8 || len(v.byID) != 8 || len(v.byKey) != 8 {
			t.Fatalf("kept %d, %d and %d", len(v.ended), len(v.byID), len(v.byKey))
		}
		for i := range 50 { // alone, the bound is the owner's share
			armAndCancel(issuer, fmt.Sprint("m-", i))
		}
		held := map[uint32]int{}
		for _, e := range v.ended {
			held[e.owner]++
		}
		if len(v.ended) > 8 || held[issuer] > 6 || held[stranger] < 2 {
			t.Fatalf("kept %v", held)
		}
	})
}

// A phone that has another way of transfer only cannot do it, but another phone can:
// the presentation waits on. When nobody else comes, the last screen is that phone's.
func TestExpiryAfterAHopelessTapSaysWhy(t *testing.T) {
	hopeless := func(code fault.Code) bool { return code == fault.NoCommonTransport }
	for name, c := range map[string]struct {
		taps []fault.Code
		want fault.Code
	}{
		"no tap":         {nil, fault.PresentationExpired},
		"hopeless":       {[]fault.Code{fault.PhoneLocked, fault.NoCommonTransport}, fault.NoCommonTransport},
		"hopeful after":  {[]fault.Code{fault.NoCommonTransport, fault.PhoneLocked}, fault.PresentationExpired},
		"only once more": {[]fault.Code{fault.PhoneLocked}, fault.PresentationExpired},
	} {
		synctest.Test(t, func(t *testing.T) {
			v := New(Options{Hopeless: hopeless})
			defer v.Close()
			p := arm(t, v, order("front"))
			for _, code := range c.taps {
				begin(t, v, "front").Again(fault.New(code, "before anything was asked"))
				wantState(t, v, p.ID, api.StateArmed, "")
			}
			pass(5 * time.Minute)
			if got, err := v.Get(p.ID, issuer); err != nil || got.State != api.StateExpired || got.Code != c.want {
				t.Errorf("%s: %s %s, %v", name, got.State, got.Code, err)
			}
		})
	}
}

// What expires after it was verified does so for its own reason.
func TestExpiryOfAResultForgetsTheTapsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := New(Options{Hopeless: func(fault.Code) bool { return true }})
		defer v.Close()
		p := arm(t, v, order("front"))
		begin(t, v, "front").Again(fault.New(fault.NoCommonTransport, "BLE only"))
		if err := begin(t, v, "front").offer(&secret{value: "x"}); err != nil {
			t.Fatal(err)
		}
		pass(31 * time.Second)
		wantState(t, v, p.ID, api.StateExpired, fault.PresentationExpired)
	})
}

func TestActiveErrorNamesTheCurrentOne(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		_, _, err := v.Arm(order("front"))
		wantCode(t, err, fault.PresentationActive)
		var active *ActiveError
		if !errors.As(err, &active) || active.Current.ID != p.ID || active.Current.Transaction != "job-1" {
			t.Fatalf("conflict names %+v", active)
		}
		foreign := order("front")
		foreign.Owner = stranger
		_, _, err = v.Arm(foreign)
		if !errors.As(err, &active) || active.Current.ID != p.ID || active.Current.Transaction != "" {
			t.Fatalf("conflict tells another user %+v", active)
		}
		arm(t, v, order("back"))
	})
}

// pass lets time go by on the bubble's clock, and everything happen that is due.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
