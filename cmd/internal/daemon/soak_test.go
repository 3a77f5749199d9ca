package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kazashi/configs"
	"kazashi/reader/pcsctest"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// How long a soak is. Without flags it is the short form, of every run of the tests.
var (
	soakTaps     = flag.Int("taps", 300, "how many `taps` the soak makes on the in-process reader")
	soakPCSCTaps = flag.Int("pcsctaps", 80, "how many `taps` the soak makes through pcscd")
	soakSeed     = flag.Uint64("seed", 0, "`number` that the faults of the soak are drawn with; 0 draws one")
)

const (
	// soakFirst is how many taps fill what is bounded: caches, pools, ended
	// presentations. What grows after them is a leak.
	soakFirst = 500
	// soakRSS is how much memory a daemon may keep that has done thousands of taps.
	soakRSS = 40 << 10 // KiB
	// soakPatience is how long a presentation lasts, and so what a phone costs that
	// never answers the request.
	soakPatience = 2 * time.Second
	// soakEvery is how often a soak tells how it goes.
	soakEvery = 5 * time.Second
)

// A soak is a daemon in a process of its own, and a client that taps and taps.
type soak struct {
	t       *testing.T
	seed    uint64
	random  *rand.Rand
	process *exec.Cmd
	output  *bufio.Reader
	client  *client.Client
	dir     string
	reader  string // that is tapped at

	began, told time.Time
	taps        int
	first       footprint
	outcomes    map[string]int // of taps, in words
	armed       map[string]bool

	mu    sync.Mutex
	ends  map[string]int // by presentation: how many terminal events
	count map[api.State]int
	lost  error // why the events were not followed to the end
	ended chan struct{}
	desk  api.Reader    // that reader, as the events told last
	news  chan struct{} // closed when the reader is another
	over  sync.Once
}

// seeded says with what number faults are drawn, so that a failure can be repeated.
func seeded(t *testing.T) uint64 {
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64N(1 << 32)
	}
	t.Logf("seed %d", seed)
	return seed
}

// soakOn starts a daemon and a client that follows its events.
func soakOn(t *testing.T, backend string) *soak {
	t.Helper()
	dir, err := os.MkdirTemp("", "kz") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	seed := seeded(t)
	s := &soak{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 1)), dir: dir,
		outcomes: map[string]int{}, armed: map[string]bool{}, ends: map[string]int{}, count: map[api.State]int{},
		ended: make(chan struct{}), news: make(chan struct{}),
	}
	order, err := json.Marshal(soakOrder{Socket: filepath.Join(dir, "s"), Backend: backend, PKI: s.pki(), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	s.reader = sandboxReader
	if backend == configs.BackendPCSC {
		s.reader = pcsctest.Reader(0)
	}
	s.process = exec.Command(os.Args[0])
	s.process.Env = append(os.Environ(), soakDaemonEnv+"="+string(order))
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.output = bufio.NewReader(out)
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	if _, err := s.output.ReadString('\n'); err != nil {
		t.Fatalf("the daemon does not start: %v", err)
	}
	if s.client, err = client.Dial(filepath.Join(dir, "s")); err != nil {
		t.Fatal(err)
	}
	following := make(chan struct{})
	go s.follow(following)
	<-following
	s.began, s.told = time.Now(), time.Now()
	return s
}

func (s *soak) pki() string { return filepath.Join(s.dir, "pki") }

// stop ends the daemon in order, and holds it to that.
func (s *soak) stop() { s.over.Do(s.end) }

func (s *soak) end() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, s.output)
	if err := s.process.Wait(); err != nil {
		s.t.Errorf("the daemon ended with %v", err)
	}
	<-s.ended
	_ = s.client.Close()
}

// follow counts the terminal events of every presentation until the daemon stops.
func (s *soak) follow(following chan struct{}) {
	defer close(s.ended)
	first := true
	for e, err := range s.client.Events(context.Background(), client.Position{}) {
		s.mu.Lock()
		switch {
		case err != nil:
			s.lost = err
		case e.Type == api.EventGap || e.Type == api.EventOverflow:
			s.lost = fmt.Errorf("%s in the stream of events", e.Type)
		case e.Presentation != nil && e.Presentation.State.Ended():
			s.ends[e.Presentation.ID]++
			s.count[e.Presentation.State]++
		case e.Reader != nil:
			s.see(*e.Reader)
		case e.Snapshot != nil:
			for _, r := range e.Snapshot.Status.Readers {
				s.see(r)
			}
		}
		s.mu.Unlock()
		if first {
			first = false
			close(following)
		}
	}
}

// see takes in how a reader is now.
func (s *soak) see(r api.Reader) {
	if r.Name == s.reader {
		s.desk = r
		close(s.news)
		s.news = make(chan struct{})
	}
}

// await waits until the reader is as wanted.
func (s *soak) await(what string, wanted func(api.Reader) bool) {
	s.t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		s.mu.Lock()
		now, news := s.desk, s.news
		s.mu.Unlock()
		if wanted(now) {
			return
		}
		select {
		case <-news:
		case <-late.C:
			s.t.Fatalf("tap %d: the reader is not %s: %+v", s.taps, what, now)
		}
	}
}

// tap arms a presentation, waits for the end of the first tap, and takes the
// presentation to its own end.
func (s *soak) tap() (api.Presentation, fault.Code) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	order := api.ArmRequest{Profile: "residence-certificate", Transaction: "soak", Reader: s.reader, TimeoutMS: soakPatience.Milliseconds()}
	p, err := s.client.Arm(ctx, order, "")
	for ; err != nil; p, err = s.client.Arm(ctx, order, "") {
		switch fault.CodeOf(err) {
		case fault.ReaderNotFound, fault.ReaderServiceDown, fault.ReaderServiceHung:
			s.await("usable", func(r api.Reader) bool { return r.Usable })
		default:
			s.t.Fatalf("tap %d: arming: %v", s.taps, err)
		}
	}
	s.armed[p.ID] = true
	for p.State == api.StateReading || p.State == api.StateArmed && p.LastTap == nil {
		if p, err = s.client.Wait(ctx, p.ID, p.Version); err != nil {
			s.t.Fatalf("tap %d: waiting while %s %s on %+v: %v", s.taps, p.State, p.Phase, s.desk, err)
		}
	}
	code := p.Code
	switch {
	case p.State == api.StateVerified && s.random.IntN(10) > 0:
		_, err = s.client.Claim(ctx, p.ID, "c")
		if err == nil {
			_, err = s.client.Ack(ctx, p.ID, "c", api.OutcomeIssued)
		}
	case p.State == api.StateArmed:
		code = p.LastTap.Code
		fallthrough
	case p.State == api.StateVerified:
		err = s.client.Cancel(ctx, p.ID)
	}
	if err != nil {
		s.t.Fatalf("tap %d: %s %s: %v", s.taps, p.State, code, err)
	}
	s.outcomes[strings.TrimSpace(fmt.Sprint(p.State, " ", code.Slug()))]++
	s.taps++
	s.progress()
	return p, code
}

// progress says every few seconds how far the soak is.
func (s *soak) progress() {
	if s.taps == soakFirst {
		s.first = s.measure()
		s.t.Logf("after the first %d taps: %v", s.taps, s.first)
	}
	if time.Since(s.told) < soakEvery {
		return
	}
	s.told = time.Now()
	s.t.Logf("%6d taps, %4.0f/s, %v", s.taps, float64(s.taps)/time.Since(s.began).Seconds(), s.measure())
}

// A footprint is what a process takes.
type footprint struct{ rss, files, threads, goroutines int }

func (f footprint) String() string {
	return fmt.Sprintf("%.1f MB resident, %d files, %d threads, %d goroutines", float64(f.rss)/1024, f.files, f.threads, f.goroutines)
}

// measure returns the footprint of the daemon.
func (s *soak) measure() footprint {
	s.t.Helper()
	if err := s.process.Process.Signal(syscall.SIGUSR1); err != nil {
		s.t.Fatal(err)
	}
	line, err := s.output.ReadString('\n')
	if err != nil {
		s.t.Fatalf("the daemon ended: %v", err)
	}
	f := look(s.t, s.process.Process.Pid)
	if f.goroutines, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		s.t.Fatal(err)
	}
	return f
}

// look returns what the kernel knows of a process.
func look(t *testing.T, pid int) (f footprint) {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	f.files = len(files)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &f.rss)
		_, _ = fmt.Sscanf(line, "Threads: %d", &f.threads)
	}
	return f
}

// check holds the soak to its promises once all is over: one terminal event for each
// presentation, and nothing that grew.
func (s *soak) check(base footprint) {
	s.t.Helper()
	last := s.measure()
	s.t.Logf("%d taps in %.0f s, %.1f/s; %v; before: %v", s.taps, time.Since(s.began).Seconds(),
		float64(s.taps)/time.Since(s.began).Seconds(), last, base)
	s.t.Logf("taps: %v", s.outcomes)
	status, err := s.client.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if int(status.Taps.Total) < s.taps || len(status.Active) != 0 {
		s.t.Errorf("%d taps are counted of %d, %d presentations are active", status.Taps.Total, s.taps, len(status.Active))
	}
	if last.goroutines > base.goroutines+3 || last.files > base.files+2 || last.threads > base.threads+5 {
		s.t.Errorf("%v, where it was %v", last, base)
	}
	if s.taps > soakFirst && (last.rss > soakRSS || last.rss > s.first.rss+s.first.rss/10) {
		s.t.Errorf("%d KiB resident, %d after the first %d taps; at most %d", last.rss, s.first.rss, soakFirst, soakRSS)
	}
	s.stop()
	s.heard()
}

// heard holds the events to one end for each presentation; the daemon has stopped.
func (s *soak) heard() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		s.t.Error(s.lost)
	}
	wrong := 0
	for id := range s.armed {
		if s.ends[id] != 1 {
			wrong++
		}
	}
	if wrong > 0 || len(s.ends) != len(s.armed) {
		s.t.Errorf("%d presentations without exactly one terminal event; %d ended of %d", wrong, len(s.ends), len(s.armed))
	}
	s.t.Logf("ends: %v", s.count)
}

// F55 on the in-process reader.
func TestF55_Soak(t *testing.T) {
	s := soakOn(t, configs.BackendLoopback)
	var base footprint
	for s.taps < *soakTaps {
		s.tap()
		if s.taps == min(soakFirst, *soakTaps/3) {
			base = s.measure()
		}
	}
	s.check(base)
}
