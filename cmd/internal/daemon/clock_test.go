package daemon

import (
	"sync/atomic"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A stepped clock is the real one until something of a tap has looked at it, and
// by so much off from then on.
type stepped struct {
	by    time.Duration
	looks atomic.Int32
}

func (s *stepped) now() time.Time {
	if s.looks.Add(1) == 1 {
		return time.Now()
	}
	return time.Now().Add(s.by)
}

func TestF31_ClockIsSteppedDuringATap(t *testing.T) {
	years := -30 * 365 * 24 * time.Hour
	for name, c := range map[string]struct {
		by    time.Duration
		state api.State
		code  fault.Code
	}{
		"an hour ahead": {time.Hour, api.StateVerified, ""},
		// The specimen was issued a moment ago, which this clock has still to come to.
		"an hour back": {-time.Hour, api.StateRejected, fault.NotYetValid},
		// No validity is true of a document that is not issued yet, by a certificate
		// that is not valid yet.
		"back to the nineties": {years, api.StateRejected, fault.CertificateNotYetValid},
	} {
		t.Run(name, func(t *testing.T) {
			clock := &stepped{by: c.by}
			r := start(t, nil, func(d *daemon) { d.now = clock.now })
			armed := r.arm("residence-certificate")
			p, code := r.outcome(armed)
			if p.State != c.state || code != c.code {
				t.Fatalf("%s %s %s", p.State, code, code.Slug())
			}
			if clock.looks.Load() < 2 {
				t.Error("the tap never saw the step")
			}
			if p.State != api.StateVerified {
				return
			}
			// Deadlines go on as if nothing had happened.
			if left := time.Until(*p.ExpiresAt); left <= 0 || left > 30*time.Second {
				t.Errorf("the result waits for another %s", left)
			}
			if _, err := r.client.Claim(t.Context(), p.ID, "c"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A terminal whose clock says 1970 refuses before it asks anything of a phone, says
// so in health, and is right again as soon as the clock is.
func TestF31_ClockOf1970(t *testing.T) {
	d := &daemon{now: func() time.Time { return time.Unix(0, 0) }}
	if err := d.checkClock(); fault.CodeOf(err) != fault.ClockUntrusted {
		t.Errorf("in 1970: %v", err)
	}
	d.now = time.Now
	if err := d.checkClock(); err != nil {
		t.Errorf("with the clock set: %v", err)
	}
}
