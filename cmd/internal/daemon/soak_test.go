package daemon

import (
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"kazashi/session/holder"
	"kazashi/transport/api"
)

// F55, the short form: after 200 taps with faults of every kind, drawn with a
// seed, there are no more goroutines, descriptors and memory than before.
func TestF55_TapsLeaveNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("200 taps are for the long run of tests")
	}
	random := rand.New(rand.NewPCG(2026, 11))
	var scenarios []string
	for range 300 {
		all := holder.Scenarios()
		s := all[random.IntN(len(all))]
		if s == holder.SlowConsent {
			s = holder.Honest
		}
		scenarios = append(scenarios, string(s))
	}
	r := start(t, scenarios, nil)
	ends := map[api.State]int{}
	taps := func(n int) {
		for range n {
			p, _ := r.outcome(r.arm("identity"))
			ends[p.State]++
			if p.State == api.StateVerified {
				if _, err := r.client.Claim(t.Context(), p.ID, "c"); err != nil {
					t.Fatal(err)
				}
				if _, err := r.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
					t.Fatal(err)
				}
			} else if err := r.client.Cancel(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The vault keeps the last ended presentations, the feed the last events: both
	// are full after the first taps.
	taps(100)
	before := measure(t)
	taps(200)
	after := measure(t)
	t.Logf("after 100 taps %+v, after 300 %+v, ends %v", before, after, ends)
	if after.goroutines > before.goroutines+2 {
		t.Errorf("%d goroutines, %d before", after.goroutines, before.goroutines)
	}
	if after.files > before.files+1 {
		t.Errorf("%d open files, %d before", after.files, before.files)
	}
	const slack = 2 << 20 // the log of this test grows as well
	if logged := r.log.size(); after.heap > before.heap+uint64(slack+logged) {
		t.Errorf("%d bytes of heap, %d before", after.heap, before.heap)
	}
	if ends[api.StateVerified] == 0 || ends[api.StateRejected] == 0 || ends[api.StateArmed] == 0 {
		t.Errorf("the taps ended in too few ways: %v", ends)
	}
}

type usage struct {
	goroutines, files int
	heap              uint64
}

func measure(t *testing.T) usage {
	t.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("open files cannot be counted here: %v", err)
	}
	return usage{goroutines: runtime.NumGoroutine(), files: len(files), heap: m.HeapAlloc}
}
