package daemon

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A syncWatch tells for how long the clock has run free. The kernel would know, but a
// process that must not set the clock may not ask it either (ProtectClock of the unit);
// so it is told by the files that time services touch at every synchronisation.
type syncWatch struct {
	max    time.Duration // 0: never mind
	files  []string
	stat   func(string) (fs.FileInfo, error)
	uptime func() time.Duration // of the machine
}

func newSyncWatch(c configs.Clock) syncWatch {
	return syncWatch{max: c.MaxUnsynced, files: c.Synchronized, stat: os.Stat, uptime: uptime}
}

// free returns for how long the clock has run free at a time; negative for a
// synchronisation that is still to come by this clock. False means that no time service
// is here that would tell. One that is here and has never synchronised leaves its folder
// without the file: the clock then runs free since the machine started.
func (s syncWatch) free(now time.Time) (time.Duration, bool) {
	var free time.Duration
	found, waiting := false, false
	for _, file := range s.files {
		info, err := s.stat(file)
		switch {
		case err == nil:
			if since := now.Sub(info.ModTime()); !found || since < free {
				free, found = since, true
			}
		case errors.Is(err, fs.ErrNotExist):
			folder, err := s.stat(filepath.Dir(file))
			waiting = waiting || err == nil && folder.IsDir()
		}
	}
	if !found && waiting {
		return s.uptime(), true
	}
	return free, found
}

// check returns fault.ClockUntrusted for a clock that has run free for too long, or
// that was set back since it was synchronised.
func (s syncWatch) check(now time.Time) error {
	if s.max == 0 {
		return nil
	}
	switch free, known := s.free(now); {
	case !known:
		return nil // a warning, see findings
	case free > s.max:
		return fault.New(fault.ClockUntrusted, "the clock was not synchronised for %s", free.Round(time.Minute))
	case free < -skew:
		return fault.New(fault.ClockUntrusted, "the clock is %s behind its last synchronisation", (-free).Round(time.Minute))
	}
	return nil
}

// findings warn before the clock is not trusted any more, and where nobody can say.
func (s syncWatch) findings(now time.Time) []api.HealthItem {
	if s.max == 0 {
		return nil
	}
	item := api.HealthItem{Code: fault.ClockFree, Severity: api.SeverityWarning}
	switch free, known := s.free(now); {
	case !known:
		item.Detail = "no file of clock.synchronized tells when the clock was synchronised"
	case free > s.max/2 && free <= s.max:
		item.Detail = "not synchronised for " + free.Round(time.Minute).String() + "; after " + s.max.String() + " nothing is accepted"
	default:
		return nil
	}
	return []api.HealthItem{item}
}
