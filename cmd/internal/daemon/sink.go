package daemon

import (
	"bytes"
	"io"
	"sync"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// sinkSize is how many bytes of log wait for whoever reads it; some thousand lines.
const sinkSize = 1 << 20

// flushWithin is how long the last lines may take to get out.
const flushWithin = time.Second

// A Sink takes log lines and never lets their writer wait: a tap must not hang on a log
// that nobody reads. Lines wait in memory for one goroutine that writes them. When they
// take more than a mebibyte, further ones are dropped and counted. It is safe for use by
// many goroutines.
type Sink struct {
	w    io.Writer
	wake chan struct{} // of one slot
	done chan struct{} // closed when all is written after Close

	mu      sync.Mutex
	waiting []byte
	closed  bool
	empty   chan struct{} // closed once nothing waits; nil while nobody asks
	busy    bool          // a write is under way
	dropped uint64
	stalled bool // a line was dropped since all was written
}

// NewSink returns a sink that writes to w. Close ends its goroutine.
func NewSink(w io.Writer) *Sink {
	s := &Sink{w: w, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// Write takes a line over. It does not fail: what becomes of the line is not the
// writer's business.
func (s *Sink) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
	case len(s.waiting)+len(line) > sinkSize:
		s.dropped++
		s.stalled = true
	default:
		s.waiting = append(s.waiting, line...)
		s.nudge()
	}
	return len(line), nil
}

func (s *Sink) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Sync waits until all is written, for at most a second.
func (s *Sink) Sync() error {
	s.mu.Lock()
	if len(s.waiting) == 0 && !s.busy {
		s.mu.Unlock()
		return nil
	}
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	empty := s.empty
	s.mu.Unlock()
	late := time.NewTimer(flushWithin)
	defer late.Stop()
	select {
	case <-empty:
	case <-late.C:
	}
	return nil
}

// Close writes what is left, which may take a second, and drops what comes after. A
// write that hangs is left behind.
func (s *Sink) Close() error {
	_ = s.Sync()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.wake)
	}
	return nil
}

// Dropped returns how many lines were dropped so far, and whether lines still wait for
// a reader who let some be dropped. A nil sink drops none.
func (s *Sink) Dropped() (lines uint64, stalled bool) {
	if s == nil {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped, s.stalled
}

func (s *Sink) run() {
	defer close(s.done)
	var writing []byte
	for range s.wake {
		for {
			writing = s.take(writing)
			if len(writing) == 0 {
				break
			}
			// Line by line: a reader who is gone takes none, and the next may be back.
			for line := range bytes.Lines(writing) {
				_, _ = s.w.Write(line)
			}
		}
	}
}

// take swaps what waits for memory that is free again.
func (s *Sink) take(free []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.waiting
	s.waiting = free[:0]
	if s.busy = len(taken) > 0; !s.busy {
		s.stalled = false
		if s.empty != nil {
			close(s.empty)
			s.empty = nil
		}
	}
	return taken
}

// logFindings tell of a log that nobody reads at present.
func (d *daemon) logFindings() []api.HealthItem {
	if _, stalled := d.options.Sink.Dropped(); !stalled {
		return nil
	}
	return []api.HealthItem{{Code: fault.LogDropped, Severity: api.SeverityWarning, Detail: "lines of the log are dropped: nobody reads it"}}
}
