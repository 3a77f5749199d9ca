package daemon

import (
	"strings"
	"sync/atomic"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A panic in any part ends the run in its order, with a code of its own, and what it
// panicked with stands nowhere: it could be what a phone said.
func TestPanicEndsTheRunAndTellsNoValue(t *testing.T) {
	const canary = "見本花子-canary"
	for part, stir := range stirs {
		if stir == nil {
			continue
		}
		t.Run(part, func(t *testing.T) {
			var armed atomic.Bool
			r := start(t, nil, func(d *daemon) {
				allParts(t)(d)
				d.parts.failpoint = func(name string) {
					if armed.Load() && name == part {
						panic("what was read: " + canary)
					}
				}
			})
			p, _ := r.outcome(r.arm("identity"))
			if p.State != api.StateVerified {
				t.Fatalf("%s %s", p.State, p.Code)
			}
			armed.Store(true)
			stir(r)
			err := <-r.ended
			r.ended <- nil
			if fault.CodeOf(err) != fault.Panicked {
				t.Errorf("the run ended with %v", err)
			}
			told := r.lines("panic")
			if len(told) == 0 || told[0]["part"] != part || told[0]["panic"] != "string" || told[0]["code"] != string(fault.Panicked) {
				t.Errorf("the log says %v", told)
			}
			if where := marshal(t, told[0]["stack"]); !strings.Contains(where, "daemon.") {
				t.Errorf("it does not say where: %s", where)
			}
			if text := r.log.String() + err.Error(); strings.Contains(text, canary) {
				t.Error("the log holds what the part panicked with")
			}
			if _, err := r.daemon.vault.Claim(p.ID, "c", 0); err == nil {
				t.Error("a result outlived the panic")
			}
		})
	}
}
