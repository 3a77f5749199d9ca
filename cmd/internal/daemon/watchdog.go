package daemon

import (
	"slices"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A hung reader service is told in health after a few seconds; after this long it is
// counted as a part that hangs. While the service only is away, it is asked anew at
// least every seven seconds.
const readerPatience = 10 * time.Second

// readerPart is the name under which a reader service that hangs is told of.
const readerPart = "reader service"

// A watchdog tells systemd that the daemon is alive, for as long as every part of it
// is. When one hangs, systemd is not told any more, and starts the daemon anew.
type watchdog struct {
	d        *daemon
	patience time.Duration // of systemd
	service  serviceWatch
	hanging  []string // what was told last
}

// watch feeds systemd's watchdog, if it has one for this process, until ended is
// closed. It wakes up twice in the time that systemd is patient, and nothing else
// does.
func (d *daemon) watch(ended <-chan struct{}) error {
	patience, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		return fault.Wrap(fault.ConfigInvalid, err, "reading WATCHDOG_USEC")
	}
	if patience == 0 {
		<-ended
		return nil
	}
	w := &watchdog{d: d, patience: patience, service: serviceWatch{turns: turnsOf(d.system)}}
	tick := time.NewTicker(patience / 2)
	defer tick.Stop()
	for {
		if w.look(time.Now()) {
			d.notify(sd.SdNotifyWatchdog)
		}
		select {
		case <-ended:
			return nil
		case <-tick.C:
		}
	}
}

// look reports whether all is alive, and logs what is not when that changes.
func (w *watchdog) look(now time.Time) bool {
	hanging := w.d.parts.hanging(now, w.patience)
	if w.service.hangs(now) && !w.d.handing() {
		hanging = append(hanging, readerPart)
	}
	if !slices.Equal(hanging, w.hanging) {
		w.tell(hanging)
		w.hanging = hanging
	}
	return len(hanging) == 0
}

func (w *watchdog) tell(hanging []string) {
	if len(hanging) == 0 {
		w.d.log.Info("nothing hangs any more")
		return
	}
	for _, name := range hanging {
		w.d.log.Error("part hangs", zap.String("part", name), zap.String("code", string(fault.PartHangs)),
			zap.String("fault", fault.PartHangs.Slug()), zap.Strings("stack", whereabouts(name)))
	}
}

// handing reports whether a result is on its way to its claimer. It would be lost by a
// restart, and it waits no longer than presentation.ready and presentation.lease.
func (d *daemon) handing() bool {
	return slices.ContainsFunc(d.vault.Active(), func(p api.Summary) bool {
		return p.State == api.StateVerified || p.State == api.StateClaimed
	})
}

// A serviceWatch looks whether the reader service answers.
//
// A process can be in a state in which no call of PC/SC returns ever again, and then
// only a new one helps. From inside this looks the same as a service that hangs itself,
// of which a new process is no cure; but the daemon is of no use while it does. So a
// service that stops answering costs one restart. A process to which it never answered
// goes on, degraded, until it does: otherwise there would be a restart every half a
// minute until somebody comes.
type serviceWatch struct {
	turns func() uint64 // answers so far; nil where there is no service
	seen  uint64
	at    time.Time
}

// hangs is to be called at least every few seconds.
func (s *serviceWatch) hangs(now time.Time) bool {
	if s.turns == nil {
		return false
	}
	if n := s.turns(); n == 0 || n != s.seen {
		s.seen, s.at = n, now
		return false
	}
	return now.Sub(s.at) > readerPatience
}

// turnsOf returns the count of answers that a system of readers keeps, nil if it keeps
// none.
func turnsOf(system any) func() uint64 {
	if counting, ok := system.(interface{ Turns() uint64 }); ok {
		return counting.Turns
	}
	return nil
}

// terminalPart is the name of the part that taps on a reader.
func terminalPart(reader string) string {
	return "terminal " + reader
}
