package daemon

import (
	"context"
	"strings"
	"testing"
	"time"

	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// withFaults makes the specimen phone misbehave at some commands of the first tap.
func withFaults(faults ...loopback.Fault) func(*daemon) {
	return func(d *daemon) {
		c := d.customers[sandboxReader]
		honest, first := c.phone, true
		c.phone = func(scenario string) (reader.Responder, error) {
			phone, err := honest(scenario)
			if !first {
				return phone, err
			}
			first = false
			return loopback.WithFaults(phone, faults...), err
		}
	}
}

// A phone that is pulled away before it was asked may come back; from the request
// on, its presentation is lost.
func TestF01_F02_F03_CardPulledAtEveryCommand(t *testing.T) {
	var states []api.State
	for n := 0; ; n++ {
		r := start(t, nil, withFaults(loopback.RemoveAt(n)))
		p, code := r.outcome(r.arm("address"))
		states = append(states, p.State)
		r.close()
		if p.State == api.StateVerified {
			break
		}
		if code != fault.CardRemoved {
			t.Fatalf("command %d: %s %s", n, p.State, code)
		}
		if n > 100 {
			t.Fatal("the tap has no end")
		}
	}
	inOrder(t, states)
}

func TestF06_PhoneThatNeverAnswers(t *testing.T) {
	r := start(t, nil, func(d *daemon) {
		quick := *d.rules.Load()
		quick.stepTimeout = 50 * time.Millisecond
		d.rules.Store(&quick)
		withFaults(loopback.MuteAt(1))(d)
	})
	p, code := r.outcome(r.arm("address"))
	if p.State != api.StateArmed || code != fault.CardTimeout {
		t.Errorf("%s %s", p.State, code)
	}
	// The phone is held over again, and the next tap works.
	r.until(p, func(p api.Presentation) bool { return p.State == api.StateVerified })
}

// A phone that gives more than it was asked for is understood, and told of: in the line
// of that command and in the sum.
func TestF14_OverlongAnswerIsLogged(t *testing.T) {
	more := func(answer []byte) []byte { // behind the capability container
		return append(append(answer[:len(answer)-2:len(answer)-2], make([]byte, 300)...), 0x90, 0x00)
	}
	r := start(t, nil, withFaults(loopback.ChangeAt(2, more)))
	if p, code := r.outcome(r.arm("address")); p.State != api.StateArmed || code != fault.MalformedTag {
		t.Errorf("%s %s", p.State, code)
	}
	r.close()
	commands, sums := 0, 0
	for line := range strings.Lines(r.log.String()) {
		switch {
		case strings.Contains(line, `"message":"exchange"`) && strings.Contains(line, `"overlong":true`):
			commands++
		case strings.Contains(line, `"message":"tap came to nothing"`) && strings.Contains(line, `"overlong":1`):
			sums++
		}
	}
	if commands != 1 || sums != 1 {
		t.Errorf("%d commands and %d sums in\n%s", commands, sums, r.log.String())
	}
}

func TestF13_StatusWordThatEndsTheTap(t *testing.T) {
	r := start(t, nil, withFaults(loopback.ReplaceAt(2, []byte{0x6f, 0x00})))
	p, code := r.outcome(r.arm("address"))
	if p.State != api.StateArmed || code == fault.OK || code == fault.Internal {
		t.Errorf("%s %s", p.State, code)
	}
}

// A panicking is a reader whose first card makes the daemon panic.
type panicking struct {
	reader.System
	calm bool
}

type panickingCard struct{ reader.Card }

func (p *panicking) Open(ctx context.Context, name string) (reader.Card, error) {
	c, err := p.System.Open(ctx, name)
	if err != nil || p.calm {
		return c, err
	}
	p.calm = true
	return panickingCard{c}, nil
}

const unspeakable = "見本　花子 lives here"

func (panickingCard) Transmit(context.Context, []byte) ([]byte, error) { panic(unspeakable) }

func TestPanicEndsItsTapAndNothingElse(t *testing.T) {
	r := start(t, nil, func(d *daemon) { d.system = &panicking{System: d.system} })
	p, code := r.outcome(r.arm("address"))
	if p.State != api.StateRejected || code != fault.Internal {
		t.Errorf("%s %s", p.State, code)
	}
	if p, _ = r.outcome(r.arm("address")); p.State != api.StateVerified {
		t.Errorf("the tap after it: %s %s", p.State, p.Code)
	}
	log := r.log.String()
	if strings.Contains(log, unspeakable) {
		t.Error("the log quotes the panic")
	}
	if !strings.Contains(log, "panickingCard.Transmit") || !strings.Contains(log, `"panic":"string"`) {
		t.Error("the log does not say where it panicked")
	}
}

// The vault has the last word. What it refuses is a tap that failed, and not one that
// its presentation ended under.
func TestResultThatTheVaultRefusesIsCountedAsFailed(t *testing.T) {
	r := start(t, nil, func(d *daemon) {
		d.vault = vault.New(vault.Options{}) // outside of specimen mode
		for _, c := range d.customers {
			c.vault = d.vault
		}
	})
	if p, code := r.outcome(r.arm("address")); p.State != api.StateRejected || code != fault.SpecimenAnchor {
		t.Errorf("%s %s", p.State, code)
	}
	r.close() // the tap is counted when it is over
	if n := r.daemon.counts.shown(); n.Total != 1 || n.Failed != 1 {
		t.Errorf("counted %+v", n)
	}
	for line := range strings.Lines(r.log.String()) {
		if strings.Contains(line, `"message":"result refused"`) {
			if !strings.Contains(line, `"level":"warn"`) || !strings.Contains(line, string(fault.SpecimenAnchor)) {
				t.Errorf("logged %s", line)
			}
			return
		}
	}
	t.Error("the refusal is not in the log")
}

// Another tap by the same clock would end the same way: the presentation is over
// at once, and nothing was asked of the phone.
func TestF31_TapByAClockThatIsNotTrustedIsRejected(t *testing.T) {
	r := start(t, nil, func(d *daemon) {
		d.options.Specimen = false // whose clock may say anything
		d.now = func() time.Time { return notBefore.Add(-time.Second) }
	})
	if p, code := r.outcome(r.arm("address")); p.State != api.StateRejected || code != fault.ClockUntrusted {
		t.Errorf("%s %s", p.State, code)
	}
	r.close()
	if n := r.daemon.counts.shown(); n.Total != 1 || n.Failed != 1 {
		t.Errorf("counted %+v", n)
	}
	if strings.Contains(r.log.String(), `"message":"exchange"`) {
		t.Error("the phone was asked")
	}
}

func TestF31_ClockBeforeTheProgramIsNotTrusted(t *testing.T) {
	if err := checkClock(time.Unix(0, 0)); fault.CodeOf(err) != fault.ClockUntrusted {
		t.Errorf("1970: %v", err)
	}
	if err := checkClock(notBefore.Add(-time.Second)); fault.CodeOf(err) != fault.ClockUntrusted {
		t.Errorf("a second before: %v", err)
	}
	if err := checkClock(notBefore); err != nil {
		t.Errorf("at it: %v", err)
	}
}
