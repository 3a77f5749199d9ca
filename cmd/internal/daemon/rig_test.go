package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
	"kazashi/transport/vault"
)

// A journal is a log that is kept, at its most talkative.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) Sync() error { return nil }

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A rig is a daemon in specimen mode that runs in this process, with a client on
// its socket.
type rig struct {
	t      *testing.T
	daemon *daemon
	client *client.Client
	log    *journal
	socket string
	stop   context.CancelFunc
	ended  chan error
}

// sandbox returns the configuration of `kazashid --specimen`, with a socket of its
// own.
func sandbox(t *testing.T) configs.Config {
	t.Helper()
	dir, err := os.MkdirTemp("", "kz") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := configs.Default()
	c.Reader.Backend = configs.BackendLoopback
	c.Socket.Path = filepath.Join(dir, "s")
	return c
}

// start runs a daemon; change, unless nil, may alter it before.
func start(t *testing.T, scenarios []string, change func(*daemon)) *rig {
	t.Helper()
	return startWith(t, Options{Scenarios: scenarios}, change)
}

// startWith is start with options of the command line.
func startWith(t *testing.T, o Options, change func(*daemon)) *rig {
	t.Helper()
	return launch(t, sandbox(t), o, change)
}

// launch is startWith with a configuration.
func launch(t *testing.T, c configs.Config, o Options, change func(*daemon)) *rig {
	t.Helper()
	r := &rig{t: t, log: &journal{}, ended: make(chan error, 1)}
	log, err := NewLogger(configs.Log{Level: zapcore.DebugLevel.String(), Format: "json"}, true, r.log)
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	o.Specimen, o.Log, o.Started = true, log, func() { close(started) }
	r.daemon, err = assemble(c, o)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r.daemon)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.daemon.run(ctx) }()
	select {
	case <-started:
	case err := <-r.ended:
		t.Fatalf("daemon did not start: %v", err)
	}
	r.socket = c.Socket.Path
	if r.client, err = client.Dial(r.socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

// quick makes verified results and claims wait no longer than d.
func (d *daemon) quick(wait time.Duration) {
	d.vault = vault.New(vault.Options{ReadyFor: wait, Lease: wait, Specimen: true})
	for _, c := range d.customers {
		c.vault = d.vault
	}
}

// close stops the daemon and holds it to an orderly end, and what it logged of faults
// to their codes.
func (r *rig) close() {
	defer func() {
		for _, line := range uncoded(r.log.String()) {
			r.t.Errorf("a fault without a code: %s", line)
		}
	}()
	r.stop()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Errorf("daemon ended with %v", err)
		}
		r.ended <- nil
	case <-time.After(stopWithin + time.Second):
		r.t.Error("daemon does not end")
	}
	_ = r.client.Close()
}

func (r *rig) arm(profile string) api.Presentation {
	r.t.Helper()
	p, err := r.client.Arm(r.t.Context(), api.ArmRequest{Profile: profile, Transaction: "job-1"}, "")
	if err != nil {
		r.t.Fatalf("arming %s: %v", profile, err)
	}
	return p
}

// until waits until the presentation is as wanted, and fails when it has ended
// before.
func (r *rig) until(p api.Presentation, wanted func(api.Presentation) bool) api.Presentation {
	r.t.Helper()
	for {
		if wanted(p) {
			return p
		}
		if p.State.Ended() {
			r.t.Fatalf("presentation ended %s with %s", p.State, p.Code)
		}
		var err error
		if p, err = r.client.Wait(r.t.Context(), p.ID, p.Version); err != nil {
			r.t.Fatalf("waiting: %v", err)
		}
	}
}

// outcome waits for the end of the first tap: the state it led to, and the code.
func (r *rig) outcome(p api.Presentation) (api.Presentation, fault.Code) {
	r.t.Helper()
	p = r.until(p, func(p api.Presentation) bool {
		return p.State == api.StateVerified || p.State.Ended() || p.State == api.StateArmed && p.LastTap != nil
	})
	if p.State == api.StateArmed {
		return p, p.LastTap.Code
	}
	return p, p.Code
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
