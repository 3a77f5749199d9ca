package doctor

import (
	"context"
	"os"
	"path/filepath"

	"kazashi/configs"
	"kazashi/session/fault"
)

// lowSpace is how much a disk should have free: a ledger takes a megabyte, and the
// journal of a kiosk that runs full takes everything else with it.
const lowSpace = 64 << 20

type ledgerFacts struct {
	Dir      string
	Err      error // why the directory cannot be seen
	Free     uint64
	ReadOnly bool  // the file system is
	Writable *bool // by the daemon; nil unknown
	As       string
}

func probeLedger(_ context.Context, _ *World, seen Facts) func(*Facts) {
	if seen.Config.C == nil || seen.Config.C.Ledger.Path == "" {
		return nil
	}
	l := ledgerFacts{Dir: filepath.Dir(seen.Config.C.Ledger.Path)}
	as := seen.daemonUser() // whether the one who looks may write says nothing
	if as != nil {
		l.As = as.Name
	}
	if _, l.Err = os.Stat(l.Dir); l.Err == nil {
		l.Free, l.ReadOnly, l.Err = space(l.Dir)
		if may, known := reaches(l.Dir, as, write|search); known {
			l.Writable = &may
		}
	}
	return func(f *Facts) { f.Ledger = l }
}

func judgeLedger(f *Facts) Verdict {
	if f.Config.C == nil {
		return f.withoutConfig()
	}
	c := f.Config.C.Ledger
	if c.Path == "" || f.specimen() && c == configs.Default().Ledger {
		return Verdict{State: Unneeded, Note: both("使っていません", "none is kept")}
	}
	l := f.Ledger
	look := []string{"ls -ld " + l.Dir, "df -h " + l.Dir}
	degraded := func(ja, en string, args ...any) Verdict {
		return Verdict{Findings: []Finding{{Code: fault.LedgerDegraded, Warning: true, Seen: both(ja, en, args...), Run: look}}}
	}
	switch {
	case os.IsNotExist(l.Err):
		return degraded("%s がありません", "there is no %s", l.Dir)
	case l.ReadOnly:
		return degraded("%s は読み取り専用です", "%s is mounted read-only", l.Dir)
	case l.Writable != nil && !*l.Writable:
		return degraded("ユーザー %[2]s は %[1]s に書き込めません", "%s cannot be written by %s", l.Dir, l.As)
	}
	if why, ok := f.reported(fault.LedgerDegraded); ok {
		return degraded("デーモンの報告: %s", "the daemon says: %s", why)
	}
	if l.Err != nil {
		return Verdict{State: Unseen, Hidden: same(l.Err.Error()), How: sudo}
	}
	if l.Writable == nil && f.Who.UID != 0 {
		return Verdict{State: Unseen, Hidden: both("デーモンが %s に書き込めるか", "whether the daemon can write to %s", l.Dir), How: sudo}
	}
	v := Verdict{Note: both("%s、空き %d MB", "%s, %d MB free", l.Dir, l.Free>>20)}
	if l.Free < lowSpace {
		v.Findings = append(v.Findings, Finding{
			Code: fault.DiskLow, Warning: true, Seen: both("%s の空きは %d MB です", "%s has %d MB free", l.Dir, l.Free>>20), Run: look,
		})
	}
	return v
}
