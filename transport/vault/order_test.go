package vault

import (
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestIdempotencyKey(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		o := order("front")
		o.IdempotencyKey, o.Request = "key", [32]byte{1}
		first, created, err := v.Arm(o)
		if err != nil || !created {
			t.Fatalf("first: %v %v", created, err)
		}
		again, created, err := v.Arm(o)
		if err != nil || created || again.ID != first.ID {
			t.Fatalf("again: %v %v", created, err)
		}
		o.Request = [32]byte{2}
		_, _, err = v.Arm(o)
		wantCode(t, err, fault.IdempotencyConflict)
		_, found, err := v.Replayed(issuer, "key", [32]byte{2})
		if wantCode(t, err, fault.IdempotencyConflict); found {
			t.Fatal("found under another request")
		}
		// The key is the owner's own: another user's key of that name is another.
		o.Owner = stranger
		_, _, err = v.Arm(o)
		wantCode(t, err, fault.PresentationActive)
		// It outlives the presentation's end, so that a late repeat arms nothing.
		if _, err := v.Cancel(first.ID, issuer); err != nil {
			t.Fatal(err)
		}
		again, found, err = v.Replayed(issuer, "key", [32]byte{1})
		if err != nil || !found || again.State != api.StateCancelled {
			t.Fatalf("after the end: %+v %v %v", again, found, err)
		}
	})
}

func TestNoKeyIsNoKey(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		arm(t, v, order("front"))
		if _, found, err := v.Replayed(issuer, "", [32]byte{}); found || err != nil {
			t.Fatalf("an order without a key was found under none: %v", err)
		}
	})
}

func TestTimeoutsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		for asked, want := range map[time.Duration]time.Duration{
			0: 60 * time.Second, time.Second: time.Second, time.Hour: 5 * time.Minute,
		} {
			o := order("front")
			o.Timeout = asked
			p := arm(t, v, o)
			if got := p.ExpiresAt.Sub(p.ArmedAt); got != want {
				t.Errorf("asked for %v, armed for %v", asked, got)
			}
			if _, err := v.Cancel(p.ID, issuer); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestF46_ReleaseOfABoundPresentation(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		free := arm(t, v, order("back"))
		v.Release(free.ID)
		wantState(t, v, free.ID, api.StateArmed, "")

		o := order("front")
		o.Bound = true
		p, s := verified(t, v, o)
		v.Release(p.ID)
		wantState(t, v, p.ID, api.StateCancelled, fault.PresentationCancelled)
		if !s.gone() {
			t.Fatal("attributes left after the issuer went away")
		}

		p, s = verified(t, v, o)
		if _, err := v.Claim(p.ID, "c", issuer); err != nil {
			t.Fatal(err)
		}
		v.Release(p.ID)
		if _, err := v.Claim(p.ID, "c", issuer); err != nil {
			t.Fatalf("claim repeated after a lost connection: %v", err)
		}
		pass(30 * time.Second)
		wantState(t, v, p.ID, api.StateExpired, fault.PresentationExpired)
		if !s.gone() {
			t.Fatal("attributes left after the lease")
		}
	})
}

func TestWaitSeesEveryEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		got := make(chan api.Presentation)
		go func() {
			p, err := v.Wait(t.Context(), p.ID, issuer, Past(p.Version))
			if err != nil {
				t.Error(err)
			}
			got <- p
		}()
		synctest.Wait()
		begin(t, v, "front")
		seen := <-got
		if seen.State != api.StateReading || seen.Version <= p.Version {
			t.Fatalf("woke up at %s, version %d after %d", seen.State, seen.Version, p.Version)
		}
		// Nothing is missed between two waits: an older version answers at once.
		if again, _ := v.Wait(t.Context(), p.ID, issuer, Past(p.Version)); again.Version != seen.Version {
			t.Fatalf("version %d, want %d", again.Version, seen.Version)
		}
		if _, err := v.Cancel(p.ID, issuer); err != nil {
			t.Fatal(err)
		}
		ended, err := v.Wait(t.Context(), p.ID, issuer, Past(0))
		if err != nil || ended.State != api.StateCancelled {
			t.Fatalf("%s %v", ended.State, err)
		}
		// What has ended answers at once, whatever was seen.
		if _, err := v.Wait(t.Context(), p.ID, issuer, Past(ended.Version)); err != nil {
			t.Fatal(err)
		}
	})
}
