package vault

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/ledger"
)

// restarted runs before with a vault on a ledger, kills that vault, and runs after
// with one that is started on the same file.
func restarted(t *testing.T, before, after func(t *testing.T, v *Vault)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ledger")
		for _, run := range []func(*testing.T, *Vault){before, after} {
			v := New(Options{})
			l, remembered := ledger.Open(path, nil)
			v.Keep(l, remembered)
			run(t, v)
			if err := l.Close(); err != nil { // first: an orderly end must not reach the file
				t.Fatal(err)
			}
			v.Close()
		}
	})
}

func TestF47_WhatWasOpenIsLostOnRestart(t *testing.T) {
	ids := map[string]api.State{}
	restarted(t, func(t *testing.T, v *Vault) {
		ids[arm(t, v, order("armed")).ID] = api.StateArmed
		ids[arm(t, v, order("reading")).ID] = api.StateReading
		begin(t, v, "reading")
		p, _ := verified(t, v, order("verified"))
		ids[p.ID] = api.StateVerified
		p, _ = verified(t, v, order("claimed"))
		ids[p.ID] = api.StateClaimed
		if _, err := v.Claim(p.ID, "c", issuer); err != nil {
			t.Fatal(err)
		}
	}, func(t *testing.T, v *Vault) {
		for id, was := range ids {
			wantState(t, v, id, api.StateLost, fault.LostOnRestart)
			_, err := v.Claim(id, "c", issuer)
			wantCode(t, err, fault.ClaimGone)
			// What was handed out before the crash was handed out: its ack is kept.
			kept, err := v.Ack(id, "c", api.OutcomeIssued, issuer)
			if was == api.StateClaimed {
				wantCode(t, err, fault.OK)
				if kept.State != api.StateLost || kept.Outcome != api.OutcomeIssued {
					t.Errorf("the late ack left %s %s", kept.State, kept.Outcome)
				}
			} else {
				wantCode(t, err, fault.ClaimGone)
			}
			_, err = v.Get(id, stranger)
			wantCode(t, err, fault.Forbidden)
			if p, _ := v.Get(id, issuer); p.Transaction != "job-1" || p.Version < 2 {
				t.Errorf("what was %s is %+v", was, p)
			}
		}
		if active := v.Active(); len(active) != 0 {
			t.Errorf("still active: %v", active)
		}
		arm(t, v, order("reading")) // its reader is free
	})
}

func TestF47_WhatHadEndedStaysAsItEnded(t *testing.T) {
	var acked, rejected, old string
	restarted(t, func(t *testing.T, v *Vault) {
		old = arm(t, v, order("front")).ID
		if _, err := v.Cancel(old, issuer); err != nil {
			t.Fatal(err)
		}
		pass(11 * time.Minute)
		p, _ := verified(t, v, order("front"))
		acked = p.ID
		if _, err := v.Claim(acked, "c", issuer); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Ack(acked, "c", api.OutcomeIssued, issuer); err != nil {
			t.Fatal(err)
		}
		rejected = arm(t, v, order("front")).ID
		begin(t, v, "front").Fail(fault.New(fault.DigestMismatch, "spoilt"))
	}, func(t *testing.T, v *Vault) {
		// The answer to the first ack may have been lost with the process.
		if p, err := v.Ack(acked, "c", api.OutcomeIssued, issuer); err != nil || p.Outcome != api.OutcomeIssued {
			t.Errorf("the same ack again: %s, %v", p.Outcome, err)
		}
		_, err := v.Ack(acked, "c", api.OutcomeAbandoned, issuer)
		wantCode(t, err, fault.IdempotencyConflict)
		_, err = v.Ack(acked, "d", api.OutcomeIssued, issuer)
		wantCode(t, err, fault.ClaimUnknown)
		wantState(t, v, rejected, api.StateRejected, fault.DigestMismatch)
		_, err = v.Get(old, issuer)
		wantCode(t, err, fault.PresentationNotFound)
		pass(11 * time.Minute)
		_, err = v.Get(acked, issuer)
		wantCode(t, err, fault.PresentationNotFound)
	})
}

// An attribute has no place in the ledger, in no state.
func TestLedgerHoldsNoAttribute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, remembered := ledger.Open(path, nil)
	v := New(Options{})
	v.Keep(l, remembered)
	p, s := verified(t, v, order("front"))
	for _, step := range []func() error{
		func() error { return nil },
		func() error { _, err := v.Claim(p.ID, "c", issuer); return err },
		func() error { _, err := v.Ack(p.ID, "c", api.OutcomeIssued, issuer); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(content), p.ID) {
			t.Fatalf("the ledger does not know the presentation: %v", err)
		}
		if strings.Contains(string(content), s.value) || strings.Contains(string(content), "family_name") {
			t.Error("the ledger holds an attribute")
		}
	}
	v.Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A ledger without a disk stops nobody.
func TestF50_VaultWorksWithoutItsLedger(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		l, remembered := ledger.Open(filepath.Join(t.TempDir(), "none", "ledger"), nil)
		v.Keep(l, remembered)
		p, s := verified(t, v, order("front"))
		if _, err := v.Claim(p.ID, "c", issuer); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Ack(p.ID, "c", api.OutcomeIssued, issuer); err != nil || !s.gone() {
			t.Fatalf("ack: %v", err)
		}
		wantCode(t, l.Err(), fault.LedgerDegraded)
	})
}

// A slowDisk says when it is waited for, and is done when it is told.
type slowDisk struct{ waited, done chan struct{} }

func (*slowDisk) Record(ledger.Entry) {}

func (d *slowDisk) Sync() {
	close(d.waited)
	<-d.done
}

type claimed struct {
	body []byte
	err  error
}

// claimOnSlowDisk begins a claim and returns once the disk is waited for.
func claimOnSlowDisk(v *Vault, id string) (*slowDisk, <-chan claimed) {
	d := &slowDisk{waited: make(chan struct{}), done: make(chan struct{})}
	v.mu.Lock()
	v.ledger = d
	v.mu.Unlock()
	answer := make(chan claimed, 1)
	go func() {
		body, err := v.Claim(id, "c", issuer)
		answer <- claimed{body, err}
	}()
	<-d.waited
	return d, answer
}

func TestF45_ClaimWaitsForTheDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p, s := verified(t, v, order("front"))
		disk, answer := claimOnSlowDisk(v, p.ID)
		synctest.Wait()
		select {
		case <-answer:
			t.Fatal("answered before the disk had the claim")
		default:
		}
		close(disk.done)
		got := <-answer
		if got.err != nil || !strings.Contains(string(got.body), s.value) {
			t.Errorf("with the claim on disk: %d bytes, %v", len(got.body), got.err)
		}
	})
}

func TestF45_ClaimThatEndsWhileTheDiskIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Vault) {
		p, s := verified(t, v, order("front"))
		disk, answer := claimOnSlowDisk(v, p.ID)
		if _, err := v.Cancel(p.ID, issuer); err != nil {
			t.Fatal(err)
		}
		close(disk.done)
		got := <-answer
		wantCode(t, got.err, fault.ClaimGone)
		if got.body != nil || !s.gone() {
			t.Errorf("%d bytes of a presentation that ended", len(got.body))
		}
	})
}

// F31: a wall clock that is stepped during a tap moves no deadline, since every
// deadline carries the monotonic clock, by which alone the time package compares.
func TestF31_DeadlinesAreMonotonic(t *testing.T) {
	v := New(Options{})
	defer v.Close()
	p, _ := verified(t, v, order("front"))
	v.mu.Lock()
	deadline := v.byID[p.ID].deadline
	v.mu.Unlock()
	if !strings.Contains(deadline.String(), " m=") {
		t.Errorf("deadline %s has no monotonic reading", deadline)
	}
}
