package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kazashi/cmd/internal/fetch"
	"kazashi/session/fault"
	"kazashi/session/trust"
)

// What a child process is told by: where to fetch from, with what and into where.
const (
	victimAddress = "KAZASHI_TEST_FETCH_URL"
	victimFolder  = "KAZASHI_TEST_FETCH_DIR"
	victimPin     = "KAZASHI_TEST_FETCH_PIN"
)

// newVictim returns a process that updates from one address and prints the code that
// this came to.
func newVictim(t *testing.T, x *terminal, a *authority, address string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), victimAddress+"="+address, victimFolder+"="+x.sources.Dir, victimPin+"="+a.pin)
	return child
}

// victim is the main function of that process.
func victim(address string) int {
	results, err := fetch.Update(context.Background(), []fetch.Source{{Name: "source-a", Kind: trust.KindCRL, URL: address}},
		trust.Sources{Dir: os.Getenv(victimFolder), Anchors: []trust.Pin{{Path: os.Getenv(victimPin)}}},
		fetch.Options{Timeout: time.Minute, MaxBytes: 1 << 20, Agent: "test"})
	if err != nil || len(results) != 1 {
		return 1
	}
	fmt.Print(fault.CodeOf(results[0].Err))
	return 0
}

// A glance is what a folder of lists looks like from outside.
type glance struct {
	waiting   int    // files that are to take the place of others
	installed string // which file is the list
}

func look(t *testing.T, dir string) glance {
	t.Helper()
	var g glance
	entries, err := os.ReadDir(filepath.Join(dir, "crl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil: // it has just been renamed
		case strings.HasPrefix(entry.Name(), "."):
			g.waiting++
		default:
			g.installed = fmt.Sprint(entry.Name(), info.Sys().(*syscall.Stat_t).Ino)
		}
	}
	return g
}

// A kill at any time leaves the old list or the new one, whole, and the next update
// goes on from there. The first kills come in the middle of the transfer, then one
// as the last byte is out, then when the new file is seen beside the old one, and in
// the end when it has taken its place and is not noted yet.
func TestF42_UpdateIsKilled(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	x := newTerminal(t, iaca)
	var number, cut atomic.Int64
	number.Store(1)
	reached := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, cut := iaca.crl(t, number.Load(), tomorrow()), int(cut.Load())
		w.Header().Set("Content-Length", fmt.Sprint(len(list)))
		_, _ = w.Write(list[:len(list)-cut])
		_ = http.NewResponseController(w).Flush()
		reached <- struct{}{}
		if cut > 0 {
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	// run updates in a process that is killed as soon as a look at the folder says so.
	run := func(kill func() bool) {
		child := newVictim(t, x, iaca, server.URL)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		<-reached
		ended := make(chan struct{})
		go func() {
			_ = child.Wait()
			close(ended)
		}()
		for {
			select {
			case <-ended:
				return
			default:
				if kill() {
					_ = child.Process.Kill()
					<-ended
					return
				}
			}
		}
	}
	never := func() bool { return false }
	run(never)
	if got := x.number(t, iaca); got != "1" {
		t.Fatalf("number %q after the first update", got)
	}
	held := int64(1)
	for try := range 30 {
		number.Store(held + 1)
		cut.Store(int64(max(0, 10-try))) // of the last bytes
		before := look(t, x.sources.Dir)
		run(func() bool {
			now := look(t, x.sources.Dir)
			return try < 10 || try < 20 && now.waiting > before.waiting || now.installed != before.installed
		})
		switch got := x.number(t, iaca); got {
		case fmt.Sprint(number.Load()):
			held = number.Load()
			if cut.Load() > 0 {
				t.Fatal("a list that had not come was installed")
			}
		case fmt.Sprint(held):
		default:
			t.Fatalf("number %q counts after a kill, neither %d nor %d", got, held, number.Load())
		}
		if findings := trust.Load(x.sources, nil, time.Now()).Findings(time.Now()); len(findings) > 0 {
			t.Fatalf("after a kill: %v", findings)
		}
	}
	if held == 1 {
		t.Error("no kill came as late as after a rename")
	}
	t.Logf("%d of 30 updates that were killed had installed their list", held-1)
	number.Store(held + 1)
	cut.Store(0)
	run(never)
	if got := x.number(t, iaca); got != fmt.Sprint(number.Load()) {
		t.Errorf("number %q after an update that nobody killed, want %d", got, number.Load())
	}
	if got := look(t, x.sources.Dir).waiting; got > 0 {
		t.Errorf("%d files of updates that were killed are left", got)
	}
}
