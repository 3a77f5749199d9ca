package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kazashi/transport/api"
	"kazashi/transport/client"
)

// claim is what an issuing centre's kiosk does, with its evidence decoded into
// files: claim SOCKET PROFILE writes response.cbor, transcript.cbor, one of another session
// as spoilt.cbor, and anchors.pem, and
// sets verified_at in the environment.
func claim(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: claim SOCKET PROFILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := client.Dial(ts.MkAbs(args[0]))
	ts.Check(err)
	defer func() { _ = c.Close() }()
	p, err := c.Arm(ctx, api.ArmRequest{Profile: args[1], Transaction: "evidence"}, "evidence")
	ts.Check(err)
	for p.State == api.StateArmed || p.State == api.StateReading {
		p, err = c.Wait(ctx, p.ID, p.Version)
		ts.Check(err)
	}
	claim, err := c.Claim(ctx, p.ID, "centre")
	ts.Check(err)
	if claim.Evidence == nil || claim.Evidence.Withheld != "" {
		ts.Fatalf("no evidence")
	}
	var anchors bytes.Buffer
	for _, der := range claim.Evidence.TrustAnchors {
		ts.Check(pem.Encode(&anchors, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	ts.Check(os.WriteFile(ts.MkAbs("response.cbor"), claim.Evidence.DeviceResponse, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("transcript.cbor"), claim.Evidence.SessionTranscript, 0o600))
	spoilt := bytes.Clone(claim.Evidence.SessionTranscript)
	spoilt[len(spoilt)-1] ^= 1 // the end of the handover's request or select
	ts.Check(os.WriteFile(ts.MkAbs("spoilt.cbor"), spoilt, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("anchors.pem"), anchors.Bytes(), 0o600))
	ts.Setenv("verified_at", claim.Evidence.VerifiedAt.Format(time.RFC3339))
	_, err = c.Ack(ctx, p.ID, "centre", api.OutcomeIssued)
	ts.Check(err)
}
