package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/client"
	"kazashi/transport/server"
)

// How long the demo's daemon may take to answer, and to stop.
const (
	startTimeout = 15 * time.Second
	stopTimeout  = 5 * time.Second
	startPoll    = 10 * time.Millisecond
)

// A child is the demo's own daemon, on a socket in a directory of its own.
type child struct {
	socket string
	dir    string
	cancel context.CancelFunc
	once   sync.Once
	exited chan struct{}
	err    error        // how the process ended; to be read after exited
	stderr bytes.Buffer // to be read after exited
}

// findDaemon returns the daemon's executable: path, or the one beside this one.
func findDaemon(path string) (string, error) {
	what := "--daemon " + path
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fault.Wrap(fault.Internal, err, "finding this command's own file")
		}
		path = filepath.Join(filepath.Dir(self), "kazashid")
		what = path + " (--daemon names another)"
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return "", fault.New(fault.Usage, "no such program: %s", what)
	}
	return path, nil
}

// ownable refuses a user whom the sandbox could not tell from anybody else.
func ownable(uid int) error {
	if uid == server.OverflowID {
		return fault.New(fault.NobodyUser, "the demo runs as user %d", uid)
	}
	return nil
}

// startDaemon starts the daemon in specimen mode and returns once its socket
// answers. The caller has to stop the child.
func startDaemon(ctx context.Context, path string) (*child, error) {
	if err := ownable(os.Getuid()); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kazashi-demo-") // 0700
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making a directory for the demo")
	}
	c := &child{socket: filepath.Join(dir, "kazashi.sock"), dir: dir, exited: make(chan struct{})}
	var scenarios []string
	for _, s := range scenes {
		scenarios = append(scenarios, s.Scenario)
	}
	// The child outlives a cancelled ctx until stop, so that a presentation can
	// still be ended in order.
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	cmd := exec.CommandContext(run, path, daemonArguments(c.socket, scenarios)...)
	cmd.Dir = dir
	cmd.Stderr = &c.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	// A group of its own keeps Ctrl-C from reaching the child first; should this
	// process be killed, the kernel ends the child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the death signal belongs to the thread that started the child
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		cancel()
		_ = os.RemoveAll(dir)
		return nil, fault.Wrap(fault.SocketUnavailable, err, "starting the daemon")
	}
	if err := c.ready(ctx); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// ready waits until the daemon answers on its socket.
func (c *child) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fault.New(fault.SocketUnavailable, "the daemon did not answer within %s", startTimeout))
	defer cancel()
	tick := time.NewTicker(startPoll)
	defer tick.Stop()
	for {
		err := c.answers(ctx)
		if refused := new(client.Error); err == nil || errors.As(err, &refused) && refused.Problem.Code == fault.Forbidden {
			return err // who is refused now will be refused later
		}
		select {
		case <-c.exited:
			return fault.New(fault.SocketUnavailable, "the daemon ended at once (%v): %s", c.err, lastLine(c.stderr.String()))
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (c *child) answers(ctx context.Context) error {
	daemon, err := client.DialContext(ctx, c.socket)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	_, err = daemon.Status(ctx)
	return err
}

// stop ends the daemon and removes what the demo left on the disk. Calls after the
// first do nothing.
func (c *child) stop() {
	c.once.Do(func() {
		c.cancel()
		<-c.exited
		_ = os.RemoveAll(c.dir)
	})
}

// lastLine returns the last line of a log that is not empty.
func lastLine(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return lines[len(lines)-1]
}

// daemonArguments is the command line of the demo's daemon: specimen mode with a
// reader and a phone made of software, which does one scenario for each
// presentation.
func daemonArguments(socket string, scenarios []string) []string {
	return []string{"--specimen", "--socket", socket, "--scenario", strings.Join(scenarios, ",")}
}
