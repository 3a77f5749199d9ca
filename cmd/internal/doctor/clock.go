package doctor

import (
	"context"

	"kazashi/cmd/internal/daemon"
	"kazashi/session/fault"
)

func probeClock(_ context.Context, w *World, _ Facts) func(*Facts) {
	c := clockFacts{Now: w.Now()}
	c.Synchronised, c.Err = w.Synchronised()
	return func(f *Facts) { f.Clock = c }
}

func judgeClock(f *Facts) Verdict {
	shown := f.Clock.Now.Local().Format("2006-01-02 15:04 -07:00")
	if err := daemon.CheckClock(f.Clock.Now); err != nil {
		return Verdict{Findings: []Finding{{
			Code: fault.CodeOf(err),
			Seen: both("時計は %s を示し、このプログラムが作られた時より前です", "the clock says %s, before this program was built", shown),
			Run:  []string{"timedatectl", "sudo timedatectl set-ntp true"},
		}}}
	}
	if why, ok := f.reported(fault.ClockUntrusted); ok {
		return Verdict{Findings: []Finding{{
			Code: fault.ClockUntrusted, Seen: both("時計は %s を示します。デーモンの報告: %s", "the clock says %s; the daemon says: %s", shown, why),
			Run: []string{"timedatectl", "sudo timedatectl set-ntp true"},
		}}}
	}
	switch {
	case f.Clock.Err != nil:
		return Verdict{
			Note:   same(shown),
			Hidden: both("同期の状態: %v", "whether it is synchronised: %v", f.Clock.Err), How: "timedatectl",
		}
	case !f.Clock.Synchronised:
		return Verdict{Findings: []Finding{{
			Code: fault.ClockFree, Warning: true,
			Seen: both("時計は %s を示し、同期していません", "the clock says %s and is not synchronised", shown),
			Run:  []string{"timedatectl", "sudo timedatectl set-ntp true"},
		}}}
	}
	return Verdict{Note: both("%s、同期済み", "%s, synchronised", shown)}
}
