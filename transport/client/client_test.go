package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
	"kazashi/transport/server"
	"kazashi/transport/vault"
)

type desk struct{}

func (desk) Status() api.Status {
	return api.Status{StartedAt: time.Now(), Health: api.HealthOK, Profiles: []string{"address"}}
}
func (desk) Health() api.Health { return api.Health{State: api.HealthOK} }
func (desk) Readers() []api.Reader {
	return []api.Reader{{Name: "front", Usable: true}}
}
func (desk) Profiles() []api.Profile { return []api.Profile{{Name: "address"}} }
func (desk) Profile(name string) (api.Profile, bool) {
	return api.Profile{Name: name, Asked: []api.AskedElement{{Label: api.Text{Ja: "住所", En: "Address"}}}}, name == "address"
}
func (desk) Trust() api.Trust { return api.Trust{Specimen: true} }
func (desk) Trace(_ context.Context, after api.Position) api.Trace {
	return api.Trace{On: true, Epoch: "E", Last: after.Seq + 1}
}
func (desk) SetTrace(time.Duration) {}
func (desk) Log(_ context.Context, after api.Position) api.Log {
	return api.Log{Epoch: "E", Last: after.Seq + 1}
}
func (desk) Bugreport() (api.Bugreport, error) { return api.Bugreport{Marker: "2QGWKTN46LZX"}, nil }
func (desk) WriteMetrics(w io.Writer) error {
	_, err := io.WriteString(w, "kazashi_test 1\n")
	return err
}

// daemon serves this test's own user on a socket.
func daemon(t *testing.T, access server.Access) (*client.Client, *vault.Vault) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := server.Listen(t.Context(), path, server.ModePrivate, server.NoGroup)
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(vault.Options{Specimen: true})
	s := server.New(server.Config{
		Vault: v, Backend: desk{}, Access: access, Version: "0.0.1-test",
		Messages: func(code fault.Code) api.Message {
			return api.Message{User: api.Text{Ja: "はい", En: "yes"}, Retry: api.RetryLater}
		},
	})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	c, err := client.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		v.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(s.Shutdown(ctx), <-served); err != nil {
			t.Error(err)
		}
	})
	return c, v
}

func owner() server.Access {
	uid := uint32(os.Getuid())
	return server.Access{SandboxOwner: &uid}
}

func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code.Slug())
	}
}

func TestMetrics(t *testing.T) {
	c, _ := daemon(t, owner())
	if text, err := c.Metrics(t.Context()); err != nil || string(text) != "kazashi_test 1\n" {
		t.Errorf("%s, %v", text, err)
	}
	stranger, _ := daemon(t, server.Access{})
	if os.Getuid() != 0 { // root may observe
		_, err := stranger.Metrics(t.Context())
		wantCode(t, err, fault.Forbidden)
	}
}

func TestRepair(t *testing.T) {
	c, _ := daemon(t, owner())
	ctx := t.Context()
	trace, err := c.SetTrace(ctx, time.Minute)
	if err != nil || !trace.On || trace.Last != 1 {
		t.Errorf("%+v, %v", trace, err)
	}
	next := client.Position{Epoch: trace.Epoch, Seq: trace.Last}
	if trace, err = c.Trace(ctx, next, time.Second); err != nil || trace.Last != 2 {
		t.Errorf("%+v, %v", trace, err)
	}
	if log, err := c.Log(ctx, next, 0); err != nil || log.Last != 2 {
		t.Errorf("%+v, %v", log, err)
	}
	if report, err := c.Bugreport(ctx); err != nil || report.Marker != "2QGWKTN46LZX" {
		t.Errorf("%+v, %v", report, err)
	}
	_, err = c.SetTrace(ctx, time.Hour)
	wantCode(t, err, fault.MalformedRequest)
}

func TestWalk(t *testing.T) {
	c, v := daemon(t, owner())
	ctx := t.Context()
	order := api.ArmRequest{Profile: "address", Transaction: "job-1", Bind: true}
	p, err := c.Arm(ctx, order, "key")
	if err != nil || p.State != api.StateArmed || p.Transaction != "job-1" || !p.Bind {
		t.Fatalf("%+v, %v", p, err)
	}
	if again, err := c.Arm(ctx, order, "key"); err != nil || again.ID != p.ID {
		t.Fatalf("the same key: %v", err)
	}
	_, err = c.Arm(ctx, order, "")
	wantCode(t, err, fault.PresentationActive)
	problem := new(client.Error)
	if !errors.As(err, &problem) || problem.Problem.Current == nil || problem.Problem.Current.ID != p.ID || problem.Problem.UserMessage.Ja != "はい" {
		t.Fatalf("the problem is %+v", problem)
	}
	attempt, _ := v.Begin("front")
	seen, err := c.Wait(ctx, p.ID, p.Version)
	if err != nil || seen.State != api.StateReading {
		t.Fatalf("%s, %v", seen.State, err)
	}
	_, err = c.Claim(ctx, p.ID, "c")
	wantCode(t, err, fault.NotVerified)
	attempt.Fail(fault.New(fault.DigestMismatch, "spoilt"))
	if p, err = c.Presentation(ctx, p.ID); err != nil || p.Code != fault.DigestMismatch {
		t.Fatalf("%s, %v", p.Code, err)
	}
	_, err = c.Ack(ctx, p.ID, "c", api.OutcomeIssued)
	wantCode(t, err, fault.ClaimGone)
	wantCode(t, c.Cancel(ctx, p.ID), fault.OK)
	wantCode(t, c.Cancel(ctx, "NONE"), fault.PresentationNotFound)
}

func TestObserve(t *testing.T) {
	c, _ := daemon(t, owner())
	ctx := t.Context()
	if s, err := c.Status(ctx); err != nil || s.Version != "0.0.1-test" {
		t.Errorf("%+v, %v", s, err)
	}
	if h, err := c.Health(ctx); err != nil || h.State != api.HealthOK {
		t.Errorf("%+v, %v", h, err)
	}
	if r, err := c.Readers(ctx); err != nil || len(r.Readers) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if p, err := c.Profiles(ctx); err != nil || len(p.Profiles) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if tr, err := c.Trust(ctx); err != nil || !tr.Specimen {
		t.Errorf("%+v, %v", tr, err)
	}
}

func TestEvents(t *testing.T) {
	c, v := daemon(t, owner())
	var position client.Position
	for e, err := range c.Events(t.Context(), position) {
		if err != nil || e.Type != api.EventSnapshot {
			t.Fatalf("%s, %v", e.Type, err)
		}
		position = client.Position{Epoch: e.Epoch, Seq: e.Seq}
		break
	}
	if _, err := c.Arm(t.Context(), api.ArmRequest{Profile: "address", Transaction: "t"}, ""); err != nil {
		t.Fatal(err)
	}
	var kinds []api.EventType
	for e, err := range c.Events(t.Context(), position) {
		if err != nil {
			t.Fatal(err)
		}
		if kinds = append(kinds, e.Type); len(kinds) == 1 {
			v.Close()
		}
	}
	if len(kinds) != 3 || kinds[0] != api.EventPresentation || kinds[2] != api.EventShutdown {
		t.Fatalf("went on with %v", kinds)
	}
}

func TestRefusedUser(t *testing.T) {
	other := uint32(os.Getuid()) + 7
	if os.Getuid() == 0 {
		t.Skip("root is never refused the status")
	}
	c, _ := daemon(t, server.Access{SandboxOwner: &other})
	_, err := c.Status(t.Context())
	wantCode(t, err, fault.Forbidden)
}

func TestRootIsNoIssuer(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	c, _ := daemon(t, server.Access{})
	if _, err := c.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Arm(t.Context(), api.ArmRequest{Profile: "address", Transaction: "t"}, "")
	wantCode(t, err, fault.Forbidden)
}

func TestNoDaemon(t *testing.T) {
	_, err := client.Dial(filepath.Join(t.TempDir(), "none"))
	wantCode(t, err, fault.SocketUnavailable)
	path := filepath.Join(t.TempDir(), "s")
	for name, answer := range map[string]string{
		"something else": "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
		"no HTTP":        "220 smtp.example ESMTP\r\n",
		"nothing":        "",
		"no JSON":        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"cut off":        "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n{",
	} {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte(answer))
				_ = conn.Close()
			}
		}()
		c, err := client.Dial(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Status(t.Context()); fault.CodeOf(err) != fault.SocketUnavailable {
			t.Errorf("%s: %v", name, err)
		}
		_ = l.Close()
	}
}

func TestCallersOwnEnd(t *testing.T) {
	c, _ := daemon(t, owner())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}
