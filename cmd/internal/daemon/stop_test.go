package daemon

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

func TestF52_StopDuringATap(t *testing.T) {
	r := start(t, []string{"slow-consent"}, nil)
	p := r.until(r.arm("residence-certificate"), func(p api.Presentation) bool { return p.Phase == "requesting" })
	began := time.Now()
	r.close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("the end took %s", took)
	}
	got, err := r.daemon.vault.Get(p.ID, uint32(os.Getuid()))
	if err != nil || got.State != api.StateLost || got.Code != fault.ShuttingDown {
		t.Errorf("presentation is %s %s, %v", got.State, got.Code, err)
	}
	if _, err := os.Lstat(r.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestF52_StopWipesWhatWaits(t *testing.T) {
	r := start(t, nil, nil)
	p, _ := r.outcome(r.arm("residence-certificate"))
	if p.State != api.StateVerified {
		t.Fatalf("%s %s", p.State, p.Code)
	}
	r.close()
	if _, err := r.daemon.vault.Claim(p.ID, "late", uint32(os.Getuid())); fault.CodeOf(err) != fault.ClaimGone {
		t.Errorf("claim after the end: %v", err)
	}
}

func TestStopEndsStreamsAndLongPolls(t *testing.T) {
	r := start(t, []string{"locked-phone"}, nil)
	p, _ := r.outcome(r.arm("address"))
	streaming, ended := make(chan struct{}), make(chan error, 2)
	go func() {
		var last error
		first := true
		for e, err := range r.client.Events(context.Background(), client.Position{}) {
			if first {
				first = false
				close(streaming)
			}
			if last = err; err == nil && e.Type == api.EventShutdown {
				break
			}
		}
		ended <- last
	}()
	<-streaming
	go func() {
		for {
			var err error
			if p, err = r.client.Wait(context.Background(), p.ID, p.Version); err != nil || p.State.Ended() {
				ended <- nil
				return
			}
		}
	}()
	began := time.Now()
	r.close()
	for range 2 {
		<-ended
	}
	if took := time.Since(began); took > stopWithin {
		t.Errorf("the end took %s", took)
	}
}

func TestSocketInUseIsTold(t *testing.T) {
	r := start(t, nil, nil)
	c := r.daemon.config
	if err := Run(t.Context(), c, Options{Specimen: true}); fault.CodeOf(err) != fault.SocketUnavailable {
		t.Errorf("a second daemon on the socket: %v", err)
	}
	if _, err := r.client.Status(t.Context()); err != nil {
		t.Errorf("the first daemon lost its socket: %v", err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	c := sandbox(t)
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		if err := Run(ctx, c, Options{Specimen: true, Started: cancel}); err != nil {
			t.Fatal(err)
		}
		// What a daemon that was killed leaves behind.
		leftover(t, c.Socket.Path)
	}
}
