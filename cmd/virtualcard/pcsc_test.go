package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/cmd/internal/daemon"
	"kazashi/configs"
	"kazashi/reader/pcsctest"
	"kazashi/reader/vpcd"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/specimen"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

func TestMain(m *testing.M) {
	if os.Getenv(daemonEnv) != "" {
		serve()
	}
	pcsctest.Main(m)
}

// patience bounds one tap through pcscd, which takes well under two seconds.
const patience = 30 * time.Second

// A kiosk is a daemon on a real pcscd and a client of its socket.
type kiosk struct {
	*client.Client
	pki string
}

// open starts pcscd and the daemon, which makes the authorities of a fresh directory,
// and returns once the daemon listens. Change may change its configuration.
func open(t *testing.T, change ...func(*configs.Config)) kiosk {
	t.Helper()
	pcsctest.Start(t)
	pki := filepath.Join(t.TempDir(), "pki") // the daemon makes it
	config := configs.Default()
	config.Reader.Backend = configs.BackendPCSC
	config.Socket.Path = filepath.Join(t.TempDir(), "s")
	for _, f := range change {
		f(&config)
	}
	ctx, stop := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- daemon.Run(ctx, config, daemon.Options{
			Specimen: true, SpecimenPKI: pki, Started: func() { close(started) },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
	})
	select {
	case <-started:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	c, err := client.Dial(config.Socket.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return kiosk{c, pki}
}

// awaitEmpty returns when the daemon can use the first slot of the virtual reader
// and nothing lies in it. A phone that is laid down before pcscd has seen the last
// one leave would be taken for the last one.
func (k kiosk) awaitEmpty(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for e, err := range k.Events(ctx, client.Position{}) {
		if err != nil {
			t.Fatalf("waiting for the virtual reader: %v", err)
		}
		var readers []api.Reader
		if e.Snapshot != nil {
			readers = e.Snapshot.Status.Readers
		}
		if e.Reader != nil {
			readers = append(readers, *e.Reader)
		}
		for _, r := range readers {
			if r.Name == pcsctest.Reader(0) && r.Usable && !r.Present {
				return
			}
		}
	}
	t.Fatal("the daemon stopped")
}

// tap arms a profile, lays the phone down for one tap and returns how the
// presentation ended and what the program wrote.
func (k kiosk) tap(t *testing.T, profile string, flags ...string) (p api.Presentation, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	k.awaitEmpty(t)
	p, err := k.Arm(ctx, api.ArmRequest{Profile: profile, Transaction: "test", Reader: pcsctest.Reader(0)}, "")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	exited := make(chan int, 1)
	go func() {
		args := append([]string{"--vpcd", vpcd.Address(0), "--pki", k.pki, "--once"}, flags...)
		exited <- run(ctx, args, &stdout, &stderr)
	}()
	for p.State != api.StateVerified && !p.State.Ended() {
		if p, err = k.Wait(ctx, p.ID, p.Version); err != nil {
			t.Fatal(err)
		}
	}
	if exit := <-exited; exit != 0 {
		t.Errorf("virtualcard: exit %d\n%s%s", exit, stdout.String(), stderr.String())
	}
	return p, stdout.String()
}

// From a phone through vpcd, pcscd, reader, session and socket to a kiosk.
func TestPhoneThroughPCSC(t *testing.T) {
	k := open(t)
	for _, handover := range []string{"static", "negotiated"} {
		t.Run(handover, func(t *testing.T) {
			p, output := k.tap(t, "residence-certificate", "--handover", handover)
			if p.State != api.StateVerified || !p.Specimen {
				t.Fatalf("%s %s, specimen %v\n%s", p.State, p.Code, p.Specimen, output)
			}
			claim, err := k.Claim(t.Context(), p.ID, "claim")
			if err != nil {
				t.Fatal(err)
			}
			const name = "見本　花子"
			var got string
			if err := json.Unmarshal(claim.Documents[0].Elements["org.iso.23220.1.jp"]["full_name_unicode"], &got); err != nil || got != name {
				t.Errorf("name %q, %v", got, err)
			}
			if p, err = k.Ack(t.Context(), p.ID, "claim", api.OutcomeIssued); err != nil || p.State != api.StateAcked {
				t.Errorf("%s, %v", p.State, err)
			}
			if !strings.Contains(output, "org.iso.23220.1.jp full_name_unicode") || strings.Contains(output, name) {
				t.Errorf("the output has to name elements and no values:\n%s", output)
			}
		})
	}
}

func TestPhonesThroughPCSCThatFail(t *testing.T) {
	k := open(t)
	for _, tt := range []struct {
		behaviour holder.Scenario
		state     api.State
		code      fault.Code
	}{
		{holder.TamperedElement, api.StateRejected, fault.DigestMismatch},
		{holder.UnknownIssuer, api.StateRejected, fault.UnknownIssuer},
		{holder.PulledAway, api.StateLost, fault.CardRemoved},
	} {
		t.Run(string(tt.behaviour), func(t *testing.T) {
			p, output := k.tap(t, "residence-certificate", "--behaviour", string(tt.behaviour))
			if p.State != tt.state || p.Code != tt.code {
				t.Errorf("%s %s, want %s %s\n%s", p.State, p.Code, tt.state, tt.code, output)
			}
		})
	}
}

func TestDrivingLicenceThroughPCSC(t *testing.T) {
	k := open(t)
	p, output := k.tap(t, "mdl-age-over-21", "--document", "mdl")
	if p.State != api.StateVerified {
		t.Errorf("%s %s\n%s", p.State, p.Code, output)
	}
	if err := k.Cancel(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if p, output := k.tap(t, "mdl-age-over-21", "--document", "mnc"); p.Code != fault.DocumentMissing {
		t.Errorf("%s %s\n%s", p.State, p.Code, output)
	}
}

// The whole way with a portrait, in short and in extended APDUs; then a phone that
// is pulled away in the middle of its answer, and the next customer.
func TestKioskThroughPCSC(t *testing.T) {
	for name, extended := range map[string]bool{"short": false, "extended": true} {
		t.Run(name, func(t *testing.T) {
			k := open(t, func(c *configs.Config) {
				c.Reader.ExtendedLength = extended
				c.Reader.MaxResponseData = map[bool]int{true: vpcd.Limits.ResponseData}[extended]
			})
			k.issueWithPortrait(t)
			if p, output := k.tap(t, "identity", "--behaviour", string(holder.PulledAway)); p.State != api.StateLost || p.Code != fault.CardRemoved {
				t.Errorf("pulled away: %s %s\n%s", p.State, p.Code, output)
			}
			k.issueWithPortrait(t)
		})
	}
}

func (k kiosk) issueWithPortrait(t *testing.T) {
	t.Helper()
	p, output := k.tap(t, "identity")
	if p.State != api.StateVerified {
		t.Fatalf("%s %s\n%s", p.State, p.Code, output)
	}
	claim, err := k.Claim(t.Context(), p.ID, "claim")
	if err != nil {
		t.Fatal(err)
	}
	var portrait api.Binary
	if err := json.Unmarshal(claim.Documents[0].Elements["org.iso.23220.1.jp"]["portrait"], &portrait); err != nil {
		t.Fatal(err)
	}
	if portrait.MediaType != "image/jpeg" || !bytes.Equal(portrait.Base64, specimen.Portrait()) || len(portrait.Base64) < 20_000 {
		t.Errorf("%d bytes of %s are not the portrait", len(portrait.Base64), portrait.MediaType)
	}
	if p, err = k.Ack(t.Context(), p.ID, "claim", api.OutcomeIssued); err != nil || p.State != api.StateAcked {
		t.Errorf("%s, %v", p.State, err)
	}
}
