package pcsctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"kazashi/reader/vpcd"
)

// Where pcscd's socket is; it is compiled into pcscd and libpcsclite.
const (
	socketDir  = "/run/pcscd"
	socketPath = socketDir + "/pcscd.comm"
)

// patience bounds every wait for pcscd.
const patience = 10 * time.Second

// A Service is a private pcscd with the two slots of vpcd, named
// [Reader] of 0 and 1.
type Service struct {
	t       testing.TB
	program string
	driver  string
	config  string // pcscd's directory of reader configurations

	process *exec.Cmd
	output  *output
	exited  chan struct{}
}

// Reader returns the name that pcscd gives to one of vpcd's slots.
func Reader(slot int) string { return fmt.Sprintf("Virtual PCD 00 %02d", slot) }

// Prepare makes the place for a pcscd without starting it. Only one Service can
// be prepared at a time. It ends with the test.
func Prepare(t testing.TB) *Service {
	t.Helper()
	need(t, errUnavailable)
	program, err := daemon()
	need(t, err)
	library, err := driver()
	need(t, err)
	s := &Service{t: t, program: program, driver: library, config: t.TempDir()}
	s.Plug()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() && s.output != nil {
			t.Logf("pcscd's output:\n%s", s.output.String())
		}
	})
	return s
}

// Start prepares a pcscd and starts it.
func Start(t testing.TB) *Service {
	t.Helper()
	s := Prepare(t)
	s.Start()
	return s
}

// Plug puts the virtual reader into pcscd's configuration for the next start.
func (s *Service) Plug() {
	s.t.Helper()
	configuration := fmt.Sprintf("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x%04X\nLIBPATH %s\nCHANNELID 0x%04X\n", vpcd.Port, s.driver, vpcd.Port)
	s.check(os.WriteFile(filepath.Join(s.config, "vpcd"), []byte(configuration), 0o600))
}

// Unplug takes the virtual reader out of the configuration for the next start.
func (s *Service) Unplug() {
	s.t.Helper()
	s.check(os.Remove(filepath.Join(s.config, "vpcd")))
}

// Start starts pcscd and returns once it answers.
func (s *Service) Start() {
	s.t.Helper()
	for _, name := range []string{"pcscd.comm", "pcscd.pid"} { // what a killed one leaves
		if err := os.Remove(filepath.Join(socketDir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
	arguments := []string{"--foreground", "--info", "--config", s.config}
	if help, _ := exec.Command(s.program, "--help").CombinedOutput(); bytes.Contains(help, []byte("--disable-polkit")) {
		arguments = append(arguments, "--disable-polkit") // there is no bus to ask
	}
	s.output = &output{}
	s.process = exec.Command(s.program, arguments...)
	s.process.Stdout, s.process.Stderr = s.output, s.output
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.check(s.launch())
	s.await("pcscd's socket", listening)
}

// launch starts the process from a thread that lives as long: the death signal
// comes with the end of the thread, not of the program.
func (s *Service) launch() error {
	process, exited, started := s.process, make(chan struct{}), make(chan error)
	s.exited = exited
	go func() {
		runtime.LockOSThread()
		defer close(exited)
		err := process.Start()
		started <- err
		if err == nil {
			_ = process.Wait()
		}
	}()
	return <-started
}

// Stop ends pcscd in good order. It does nothing if pcscd does not run.
func (s *Service) Stop() { s.end(syscall.SIGTERM) }

// Kill ends pcscd as a crash would.
func (s *Service) Kill() { s.end(syscall.SIGKILL) }

func (s *Service) end(how syscall.Signal) {
	s.t.Helper()
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGCONT)
	_ = s.process.Process.Signal(how)
	select {
	case <-s.exited:
	case <-time.After(patience):
		_ = s.process.Process.Kill()
		<-s.exited
		s.t.Errorf("pcscd did not end on %v", how)
	}
	s.process = nil
}

// Suspend stops pcscd's execution: it keeps its socket and answers nothing.
func (s *Service) Suspend() { s.t.Helper(); s.check(s.process.Process.Signal(syscall.SIGSTOP)) }

// Resume continues a suspended pcscd.
func (s *Service) Resume() { s.t.Helper(); s.check(s.process.Process.Signal(syscall.SIGCONT)) }

// PID returns pcscd's process id.
func (s *Service) PID() int { return s.process.Process.Pid }

// listening reports whether a pcscd takes connections.
func listening() bool {
	conn, err := net.Dial("unix", socketPath)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// await waits until done says so, and fails the test if that takes too long. There
// is no event for what it waits for.
func (s *Service) await(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-s.exited:
			s.t.Fatalf("pcscd ended while waiting for %s:\n%s", what, s.output.String())
		case <-ctx.Done():
			s.t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

func (s *Service) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// output is what pcscd writes, of which the end is kept.
type output struct {
	mu sync.Mutex
	b  []byte
}

const outputKept = 16 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b = append(o.b, p...)
	if over := len(o.b) - outputKept; over > 0 {
		o.b = append([]byte(nil), o.b[over:]...)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.b)
}
