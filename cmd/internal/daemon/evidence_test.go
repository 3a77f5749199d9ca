package daemon

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

const centre = `name: centre
title: {ja: 発行センター, en: Issuing centre}
doc_type: org.iso.23220.1.jp.mnc
elements:
  - {namespace: org.iso.23220.1.jp, element: full_name_unicode, label: {ja: 氏名, en: Full name}, retain: true}
  - {namespace: org.iso.23220.1.jp, element: portrait, label: {ja: 顔写真, en: Portrait}, retain: true}
retention: {purpose: {ja: 発行の記録, en: Record of the issue}, days: 30}
evidence: true
`

// withCentre is a daemon with the one profile above.
func withCentre(t *testing.T, scenarios ...string) *rig {
	t.Helper()
	return start(t, scenarios, func(d *daemon) { serveCentre(t, d) })
}

func serveCentre(t *testing.T, d *daemon) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "centre.yaml"), []byte(centre), 0o600); err != nil {
		t.Fatal(err)
	}
	c := d.given
	c.Profiles = configs.ProfileSource{Dir: dir}
	r, err := d.read(c)
	if err != nil {
		t.Fatal(err)
	}
	d.rules.Store(r)
}

func (r *rig) claim(profile string) (api.Presentation, api.Claim) {
	r.t.Helper()
	p := r.until(r.arm(profile), func(p api.Presentation) bool { return p.State == api.StateVerified })
	claim, err := r.client.Claim(r.t.Context(), p.ID, "c")
	if err != nil {
		r.t.Fatal(err)
	}
	return p, claim
}

func TestEvidenceVerifiesAgain(t *testing.T) {
	r := withCentre(t)
	p, claim := r.claim("centre")
	if !p.Evidence || claim.Evidence == nil {
		t.Fatal("the profile's evidence is not there")
	}
	e := claim.Evidence
	var anchors []trust.Anchor
	for _, der := range e.TrustAnchors {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		anchors = append(anchors, trust.Anchor{Certificate: certificate, Specimen: true})
	}
	// What the centre has: no reader, no session, no key of ours.
	judge := verify.Verifier{
		Trust: trust.NewStore(anchors, trust.Options{AcceptSpecimen: true}), Now: func() time.Time { return e.VerifiedAt },
	}
	again := func(response, transcript []byte) (*verify.Verified, error) {
		return judge.Verify(verify.Input{Response: bytes.Clone(response), Transcript: transcript})
	}
	verified, err := again(e.DeviceResponse, e.SessionTranscript)
	if err != nil {
		t.Fatal(err)
	}
	documents := verified.Documents()
	if len(documents) != 1 || len(documents[0].Elements) != 2 {
		t.Errorf("the evidence holds %v", documents)
	}
	for _, element := range documents[0].Elements {
		value, err := element.AppendJSON(nil)
		if err != nil || string(value) != string(claim.Documents[0].Elements[element.Namespace][element.Identifier]) {
			t.Errorf("%s differs from the claim, %v", element.Identifier, err)
		}
	}
	spoilt := bytes.Clone(e.SessionTranscript)
	spoilt[len(spoilt)-1] ^= 1
	if _, err := again(e.DeviceResponse, spoilt); err == nil {
		t.Error("the evidence passes in another session")
	}
	ackAndWiped(t, r, p)
}

// ackAndWiped acks, and wants that nothing is handed out after.
func ackAndWiped(t *testing.T, r *rig, p api.Presentation) {
	t.Helper()
	if _, err := r.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
		t.Fatal(err)
	}
	if _, err := r.client.Claim(t.Context(), p.ID, "c"); fault.CodeOf(err) != fault.ClaimGone {
		t.Errorf("claim after the ack: %v", err)
	}
}

// A phone that sends what nobody asked for gets no copy of that kept.
func TestEvidenceNeverHoldsWhatWasNotAsked(t *testing.T) {
	r := withCentre(t, "individual-number")
	p, claim := r.claim("centre")
	if e := claim.Evidence; e == nil || e.Withheld != fault.ForbiddenElementReceived || e.DeviceResponse != nil {
		t.Errorf("evidence %+v", claim.Evidence)
	}
	if len(claim.Documents) != 1 {
		t.Errorf("the claim itself: %d documents", len(claim.Documents))
	}
	ackAndWiped(t, r, p)
}

func TestProfilesWithoutEvidenceHaveNone(t *testing.T) {
	r := start(t, nil, nil)
	if p, claim := r.claim("residence-certificate"); claim.Evidence != nil || p.Evidence {
		t.Error("evidence that no profile asked for")
	}
}
