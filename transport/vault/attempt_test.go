package vault

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

func contextCause(a *Attempt) error { return context.Cause(a.Context()) }

func TestTapWithNothingArmed(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		if _, ok := v.Begin("front"); ok {
			t.Fatal("a tap began with nothing armed")
		}
		arm(t, v, order("front"))
		if _, ok := v.Begin("back"); ok {
			t.Fatal("a tap on one reader began for another")
		}
		begin(t, v, "front")
		if _, ok := v.Begin("front"); ok {
			t.Fatal("two taps at once on one reader")
		}
	})
}

func TestAgainKeepsTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		a := begin(t, v, "front")
		pass(40 * time.Second)
		a.Again(fault.New(fault.PhoneLocked, "no mdoc application"))
		got, err := v.Get(p.ID, issuer)
		if err != nil || got.State != api.StateArmed || got.LastTap == nil || got.LastTap.Code != fault.PhoneLocked {
			t.Fatalf("after a locked phone: %+v, %v", got, err)
		}
		if !got.ExpiresAt.Equal(*p.ExpiresAt) {
			t.Fatalf("a tap moved the deadline from %v to %v", p.ExpiresAt, got.ExpiresAt)
		}
		if a.Context().Err() == nil {
			t.Fatal("the tap is not over")
		}
		s := &secret{value: "late"}
		if err := a.offer(s); err == nil || !s.gone() {
			t.Fatalf("a tap that was over offered a result: %v", err)
		}
		begin(t, v, "front")
	})
}

func TestCodeDecidesBetweenRejectedAndLost(t *testing.T) {
	cases := map[fault.Code]api.State{
		fault.CardRemoved:       api.StateLost,
		fault.ReaderServiceDown: api.StateLost,
		fault.TransferStalled:   api.StateLost,
		fault.MalformedAPDU:     api.StateRejected,
		fault.DigestMismatch:    api.StateRejected,
		fault.NoAnchor:          api.StateRejected,
		fault.ConsentTimeout:    api.StateRejected,
		fault.Internal:          api.StateRejected,
	}
	for code, state := range cases {
		t.Run(code.Slug(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *Vault) {
				p := arm(t, v, order("front"))
				a := begin(t, v, "front")
				a.Fail(fault.New(code, "as the test says"))
				wantState(t, v, p.ID, state, code)
				a.Fail(fault.New(fault.Internal, "a second end"))
				wantState(t, v, p.ID, state, code)
				arm(t, v, order("front"))
			})
		})
	}
}

// Which check failed is told of an answer that was judged, and of nothing else.
func TestRejectedAnswerTellsItsCheck(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		for _, c := range []struct {
			err  error
			want string
		}{
			{&verify.Failure{Check: verify.CheckDigests, Err: fault.New(fault.DigestMismatch, "spoilt")}, "digests"},
			{fmt.Errorf("judging: %w", &verify.Failure{Check: verify.CheckPath, Err: fault.New(fault.NoAnchor, "nobody")}), "certificate-path"},
			{fault.New(fault.ConsentTimeout, "nobody agreed"), ""},
			{fault.New(fault.CardRemoved, "gone"), ""},
		} {
			p := arm(t, v, order("front"))
			begin(t, v, "front").Fail(c.err)
			if got, err := v.Get(p.ID, issuer); err != nil || got.Check != c.want {
				t.Errorf("%v: check %q, %v", c.err, got.Check, err)
			}
		}
	})
}

func TestFailWithoutAnErrorIsNoSuccess(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		begin(t, v, "front").Fail(nil)
		wantState(t, v, p.ID, api.StateRejected, fault.Internal)
	})
}

func TestOfferThatCannotBeRendered(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		s := &secret{value: "x", err: fault.New(fault.MalformedResponse, "no JSON for it")}
		wantCode(t, begin(t, v, "front").offer(s), fault.MalformedResponse)
		wantState(t, v, p.ID, api.StateRejected, fault.MalformedResponse)
		if !s.gone() {
			t.Fatal("attributes left after a result that could not be rendered")
		}
	})
}

func TestNothingVerifiedIsNoResult(t *testing.T) {
	for _, nothing := range []*verify.Verified{nil, {}} {
		inBubble(t, func(t *testing.T, v *Vault) {
			p := arm(t, v, order("front"))
			wantCode(t, begin(t, v, "front").Offer(nothing), fault.Internal)
			wantState(t, v, p.ID, api.StateRejected, fault.Internal)
		})
	}
}

func TestInventedDocumentOutsideOfSpecimenMode(t *testing.T) {
	for _, mode := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			v := New(Options{Specimen: mode})
			defer v.Close()
			p, s := arm(t, v, order("front")), &secret{value: "x", invented: true}
			err := begin(t, v, "front").offer(s)
			if mode {
				wantCode(t, err, fault.OK)
				return
			}
			wantCode(t, err, fault.SpecimenAnchor)
			wantState(t, v, p.ID, api.StateRejected, fault.SpecimenAnchor)
			if !s.gone() {
				t.Fatal("attributes of a refused document were kept")
			}
		})
	}
}

func TestLoseSparesWhatWasVerified(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		gone := fault.New(fault.ReaderNotFound, "unplugged")
		p := arm(t, v, order("back"))
		v.Lose("back", gone)
		wantState(t, v, p.ID, api.StateLost, fault.ReaderNotFound)
		p, _ = verified(t, v, order("front"))
		v.Lose("front", gone)
		v.Lose("unknown", gone)
		wantState(t, v, p.ID, api.StateVerified, "")
	})
}
