package selftest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestEverythingPasses(t *testing.T) {
	seen := map[Group]int{}
	passed := Run(t.Context(), now, func(r Result) {
		seen[r.Group]++
		if r.Err != nil || r.Skipped {
			t.Errorf("%s %s: %v, skipped %t", r.Group, r.Name, r.Err, r.Skipped)
		}
	})
	if !passed || seen[Primitives] < 6+2*len(seal.Curves()) || seen[Taps] < len(holder.Scenarios()) {
		t.Errorf("passed %t, checks %v", passed, seen)
	}
}

// A known answer with one digit changed is what a broken primitive looks like.
func TestAWrongAnswerIsSeen(t *testing.T) {
	spoil := func(text string) string {
		last := byte('0')
		if text[len(text)-1] == last {
			last = '1'
		}
		return text[:len(text)-1] + string(last)
	}
	for _, v := range agreements {
		v.secret = spoil(v.secret)
		if err := v.check(); !errors.Is(err, errAnswer) {
			t.Errorf("ecdh %s: %v", v.curve, err)
		}
	}
	for _, v := range signatures {
		v.signature = spoil(v.signature)
		if v.check() == nil {
			t.Errorf("signature %s passes with another signature", v.name)
		}
	}
}

// A phone that comes to another verdict than it deserves fails the test, be the
// verdict good or bad.
func TestAWrongVerdictIsSeen(t *testing.T) {
	b := newBench(now)
	for _, c := range []struct {
		scenario holder.Scenario
		want     fault.Code
	}{
		{holder.TamperedElement, fault.OK},
		{holder.Honest, fault.DigestMismatch},
		{holder.WrongDeviceKey, fault.DigestMismatch},
	} {
		r := b.check(string(c.scenario), holder.Options{Scenario: c.scenario}, c.want, reader.ShortLimits).result(t.Context(), Taps)
		if fault.CodeOf(r.Err) != fault.SelfTestFailed {
			t.Errorf("%s taken for %s: %v", c.scenario, c.want, r.Err)
		}
	}
}

func TestACancelledRunHasNotPassed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	passed := Run(ctx, now, func(Result) { n++; cancel() })
	if passed || n != 1 {
		t.Errorf("passed %t after %d checks", passed, n)
	}
}

func cards(t *testing.T, s reader.System) (Result, bool) {
	t.Helper()
	var all []Result
	passed := Cards(t.Context(), s, func(r Result) { all = append(all, r) })
	if len(all) != 1 {
		t.Fatalf("%d results: %v", len(all), all)
	}
	return all[0], passed
}

func TestCards(t *testing.T) {
	system := loopback.New("desk")
	if r, passed := cards(t, system); !r.Skipped || r.Err != nil || !passed || r.Name != "desk" {
		t.Errorf("an empty reader: %+v", r)
	}
	pki, err := newBench(now).pki()
	if err != nil {
		t.Fatal(err)
	}
	phone, err := holder.New(holder.Options{PKI: pki, At: now})
	if err != nil {
		t.Fatal(err)
	}
	system.Insert(phone)
	if r, passed := cards(t, system); r.Skipped || r.Err != nil || !passed || !strings.Contains(r.Note, " ms, SW ") {
		t.Errorf("a phone lies there: %+v", r)
	}
	system.Remove()
	system.InsertMute()
	if r, passed := cards(t, system); fault.CodeOf(r.Err) != fault.SelfTestFailed || passed {
		t.Errorf("something mute lies there: %+v", r)
	}
	system.Stop(reader.ErrNoService)
	if r, passed := cards(t, system); !r.Skipped || fault.CodeOf(r.Err) != fault.ReaderServiceDown || !passed {
		t.Errorf("no service: %+v", r)
	}
}
