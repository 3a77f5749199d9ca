package daemon

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/session/fault"
)

// A gate is a reader of the log that can stand still.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(b)
}

func TestF51_LogThatStandsStillHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		s := NewSink(g)
		line := []byte(strings.Repeat("x", 1023) + "\n")
		const lines = 3 * sinkSize / 1024
		began := time.Now()
		for range lines {
			if n, err := s.Write(line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
			synctest.Wait()
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the writer waited %s", took)
		}
		dropped, stalled := s.Dropped()
		// One line was on its way already, and the rest fills the memory.
		if want := uint64(lines - sinkSize/1024 - 1); dropped != want || !stalled {
			t.Errorf("%d lines dropped, %v; want %d", dropped, stalled, want)
		}
		d := &daemon{options: Options{Sink: s}}
		if items := d.logFindings(); len(items) != 1 || items[0].Code != fault.LogDropped {
			t.Errorf("health says %v", items)
		}

		// Nobody waits for ever, not even for the end.
		if err := s.Sync(); err != nil || time.Since(began) != flushWithin {
			t.Errorf("flushing took %s, %v", time.Since(began), err)
		}
		close(g.open)
		if err := s.Sync(); err != nil {
			t.Error(err)
		}
		if got := g.text.Len(); got != sinkSize+1024 {
			t.Errorf("%d bytes came out", got)
		}
		if items := d.logFindings(); len(items) != 0 {
			t.Errorf("it is read again, and health says %v", items)
		}
		_ = s.Close()
		_ = s.Close()
		_, _ = s.Write(line)
		<-s.done
	})
}

func TestSinkKeepsOrderAndForgetsNothing(t *testing.T) {
	var out bytes.Buffer
	s := NewSink(&out)
	var want strings.Builder
	for n := range 5000 {
		fmt.Fprintf(io.MultiWriter(s, &want), "line %d\n", n)
	}
	_ = s.Close()
	<-s.done
	if out.String() != want.String() {
		t.Errorf("%d bytes of %d", out.Len(), want.Len())
	}
}
