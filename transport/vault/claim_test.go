package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestClaimIsTheSameWhileTheLeaseLasts(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p, s := verified(t, v, order("front"))
		first, err := v.Claim(p.ID, "c", issuer)
		if err != nil {
			t.Fatal(err)
		}
		var claim api.Claim
		if err := json.Unmarshal(first, &claim); err != nil {
			t.Fatalf("claim is no JSON: %v", err)
		}
		if claim.PresentationID != p.ID || claim.Transaction != "job-1" || claim.ClaimID != "c" ||
			!claim.LeaseExpiresAt.Equal(time.Now().Add(30*time.Second)) {
			t.Fatalf("claim is %+v", claim)
		}
		kept := bytes.Clone(first)
		clear(first) // as a caller does
		pass(29 * time.Second)
		again, err := v.Claim(p.ID, "c", issuer)
		if err != nil || !bytes.Equal(again, kept) {
			t.Fatalf("the same claim again: %v", err)
		}
		pass(time.Second)
		_, err = v.Claim(p.ID, "c", issuer)
		wantCode(t, err, fault.ClaimGone)
		if !s.gone() {
			t.Fatal("attributes left after the lease")
		}
	})
}

func TestF45_ClaimByAnotherUser(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p, _ := verified(t, v, order("front"))
		_, err := v.Claim(p.ID, "c", stranger)
		wantCode(t, err, fault.Forbidden)
		_, err = v.Cancel(p.ID, stranger)
		wantCode(t, err, fault.Forbidden)
		_, err = v.Get(p.ID, stranger)
		wantCode(t, err, fault.Forbidden)
		_, err = v.Claim(p.ID, "c", issuer)
		wantCode(t, err, fault.OK)
		_, err = v.Ack(p.ID, "c", api.OutcomeIssued, stranger)
		wantCode(t, err, fault.Forbidden)
		wantState(t, v, p.ID, api.StateClaimed, "")
	})
}

func TestF45_AckTwiceAndAckUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p, _ := verified(t, v, order("front"))
		_, err := v.Ack(p.ID, "c", api.OutcomeIssued, issuer)
		wantCode(t, err, fault.ClaimUnknown)
		if _, err := v.Claim(p.ID, "c", issuer); err != nil {
			t.Fatal(err)
		}
		_, err = v.Claim(p.ID, "d", issuer)
		wantCode(t, err, fault.AlreadyClaimed)
		_, err = v.Ack(p.ID, "d", api.OutcomeIssued, issuer)
		wantCode(t, err, fault.ClaimUnknown)
		for range 2 {
			got, err := v.Ack(p.ID, "c", api.OutcomeIssued, issuer)
			if err != nil || got.State != api.StateAcked || got.Outcome != api.OutcomeIssued {
				t.Fatalf("ack: %+v, %v", got, err)
			}
		}
		_, err = v.Ack(p.ID, "c", api.OutcomeAbandoned, issuer)
		wantCode(t, err, fault.IdempotencyConflict)
		_, err = v.Ack("none", "c", api.OutcomeIssued, issuer)
		wantCode(t, err, fault.PresentationNotFound)
	})
}

func TestClaimTooEarly(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p := arm(t, v, order("front"))
		_, err := v.Claim(p.ID, "c", issuer)
		wantCode(t, err, fault.NotVerified)
		begin(t, v, "front")
		_, err = v.Claim(p.ID, "c", issuer)
		wantCode(t, err, fault.NotVerified)
	})
}

// A thousand claims race for one result, against its cancellation too: never do
// two claim ids get it.
func TestF45_ThousandClaimsRaceOneWins(t *testing.T) {
	for _, cancels := range []int{0, 1} {
		v := New(Options{})
		p, _ := verified(t, v, order("front"))
		var winners atomic.Int64
		var start, done sync.WaitGroup
		start.Add(1)
		for n := range 1000 {
			done.Go(func() {
				start.Wait()
				body, err := v.Claim(p.ID, fmt.Sprint("claim-", n), issuer)
				switch fault.CodeOf(err) {
				case fault.OK:
					winners.Add(1)
					clear(body)
				case fault.AlreadyClaimed, fault.ClaimGone:
				default:
					t.Errorf("claim: %v", err)
				}
			})
		}
		for range cancels {
			done.Go(func() {
				start.Wait()
				if _, err := v.Cancel(p.ID, issuer); err != nil {
					t.Errorf("cancel: %v", err)
				}
			})
		}
		start.Done()
		done.Wait()
		if n := winners.Load(); n > 1 || n == 0 && cancels == 0 {
			t.Fatalf("%d claims won", n)
		}
		v.Close()
	}
}

// Printing can take longer than the lease. What was handed out was handed out: the
// ack is kept, and nobody is sent to the reader again.
func TestAckAfterTheLeaseIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p, _ := verified(t, v, order("front"))
		if _, err := v.Claim(p.ID, "c", issuer); err != nil {
			t.Fatal(err)
		}
		pass(31 * time.Second)
		_, err := v.Ack(p.ID, "d", api.OutcomeIssued, issuer)
		wantCode(t, err, fault.ClaimUnknown)
		before, err := v.Get(p.ID, issuer)
		if err != nil || before.Outcome != "" {
			t.Fatalf("%+v, %v", before, err)
		}
		for range 2 {
			got, err := v.Ack(p.ID, "c", api.OutcomeIssued, issuer)
			if err != nil || got.State != api.StateExpired || got.Outcome != api.OutcomeIssued || got.Version != before.Version+1 {
				t.Fatalf("late ack: %+v, %v", got, err)
			}
		}
		_, err = v.Ack(p.ID, "c", api.OutcomeAbandoned, issuer)
		wantCode(t, err, fault.IdempotencyConflict)
		_, err = v.Claim(p.ID, "c", issuer)
		var ended *EndedError
		if !errors.As(err, &ended) || ended.Current.State != api.StateExpired || ended.Current.Transaction != "job-1" {
			t.Fatalf("a claim after the end: %v", err)
		}
		wantCode(t, err, fault.ClaimGone)
	})
}
