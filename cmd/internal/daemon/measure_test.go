package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// A usage is what this process takes.
type usage struct {
	goroutines, files int
	heap              uint64
}

// measure returns what this process takes once its memory is swept.
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
