package daemon

import (
	"context"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"kazashi/session/fault"
)

// A part is one goroutine of a run, and its sign of life. It is either waiting, in a
// wait that others end or that ends by itself, or in a turn, which must be over
// before long. Marking either costs no timer and wakes nobody.
//
// The methods of a nil part do nothing.
type part struct {
	name string
	// patience is how long a turn may take, where that is longer than the watchdog is
	// patient anyway.
	patience time.Duration
	parts    *parts

	mu    sync.Mutex
	began time.Time // of the turn; zero while the part waits
	turn  uint64    // grows with every mark
}

// works marks that a turn begins.
func (p *part) works() {
	if p == nil {
		return
	}
	p.mark(time.Now())
	if fail := p.parts.failpoint; fail != nil {
		fail(p.name)
	}
}

// waits marks that the turn is over.
func (p *part) waits() {
	if p != nil {
		p.mark(time.Time{})
	}
}

// worksUntil marks a turn that may last as long as ctx does: it counts as a wait until
// then. The returned function marks that what is left is a turn like any other.
func (p *part) worksUntil(ctx context.Context) func() {
	if p == nil {
		return func() {}
	}
	p.works()
	mine := p.mark(time.Time{})
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.turn == mine {
			p.began = time.Now()
		}
	})
	return func() {
		stop()
		p.mark(time.Now())
	}
}

func (p *part) mark(began time.Time) (turn uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = began
	p.turn++
	return p.turn
}

// hangs reports whether a turn takes longer than patience, or the part's own.
func (p *part) hangs(now time.Time, patience time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.began.IsZero() && now.Sub(p.began) > max(patience, p.patience)
}

// parts are the goroutines of a run.
type parts struct {
	log *zap.Logger
	// failpoint is called at the begin of every turn, by the goroutine of the part. It
	// is nil outside of tests.
	failpoint func(part string)

	mu    sync.Mutex
	all   map[*part]struct{}
	panic error // the first
}

// patient makes a part whose turns may take longer than the watchdog is patient.
func (ps *parts) patient(patience time.Duration) *part { return &part{parts: ps, patience: patience} }

// run starts a part. Until it marks anything else it is in a turn. A panic in it is an
// error, which ends the run in its order: what is held of persons is wiped.
func (ps *parts) run(group *errgroup.Group, name string, do func(*part) error) {
	ps.start(group, ps.patient(0), name, do)
}

func (ps *parts) start(group *errgroup.Group, p *part, name string, do func(*part) error) {
	p.name = name
	p.mark(time.Now())
	ps.add(p)
	group.Go(func() (err error) {
		defer ps.drop(p)
		defer func() {
			if value := recover(); value != nil {
				ps.log.Error("panic", append(panicFields(value), zap.String("part", name))...)
				err = fault.New(fault.Panicked, "in %s", name)
				ps.panicked(err)
			}
		}()
		pprof.Do(context.Background(), pprof.Labels("part", name), func(context.Context) {
			p.works()
			err = do(p)
		})
		return err
	})
}

func (ps *parts) add(p *part) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.all == nil {
		ps.all = map[*part]struct{}{}
	}
	ps.all[p] = struct{}{}
}

func (ps *parts) drop(p *part) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.all, p)
}

func (ps *parts) panicked(err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.panic == nil {
		ps.panic = err
	}
}

// firstPanic returns the error of the first panic, nil when there was none.
func (ps *parts) firstPanic() error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.panic
}

// names returns the parts that run, sorted.
func (ps *parts) names() []string {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var names []string
	for p := range ps.all {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return names
}

// hanging returns the names of the parts that do not come to the end of a turn, sorted.
func (ps *parts) hanging(now time.Time, patience time.Duration) []string {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var names []string
	for p := range ps.all {
		if p.hangs(now, patience) {
			names = append(names, p.name)
		}
	}
	slices.Sort(names)
	return names
}

// whereabouts returns the functions in which a part is at present, innermost first,
// without their arguments: those could be anything.
func whereabouts(name string) []string {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil
	}
	var where []string
	for record := range strings.SplitSeq(profile.String(), "\n\n") {
		if !strings.Contains(record, `"part":`+strconv.Quote(name)) {
			continue
		}
		for line := range strings.SplitSeq(record, "\n") {
			// "#	0x4a5b6c	pkg.function+0x7d	/path/file.go:12"
			if columns := strings.Split(line, "\t"); len(columns) >= 3 && columns[0] == "#" {
				function, _, _ := strings.Cut(columns[2], "+0x")
				where = append(where, strings.TrimSpace(function))
			}
		}
	}
	return where
}
