//nolint:depguard // a vault takes only what was really verified, so these tests issue, present and verify
package server

import (
	"crypto"
	"crypto/elliptic"
	"net/http"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
	"kazashi/session/wire"
	"kazashi/transport/api"
)

// verifiedAnswer issues an invented document, has it presented and verifies that:
// there is no other way to something that a vault takes.
func verifiedAnswer(t *testing.T) *verify.Verified {
	t.Helper()
	now := time.Now()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pki, err := specimen.NewPKI(elliptic.P256(), now)
	must(err)
	credential, err := pki.Issue(specimen.MyNumberCard(now), specimen.Issuing{At: now})
	must(err)
	transcript, err := wire.Marshal([]any{nil, nil, "of a test"})
	must(err)
	document := mdoc.Document{DocType: credential.DocType}
	document.IssuerSigned.NameSpaces = credential.Items
	document.IssuerSigned.IssuerAuth = credential.IssuerAuth
	document.DeviceSigned.NameSpaces, err = mdoc.EncodeDeviceNameSpaces(nil)
	must(err)
	signed, err := mdoc.DeviceAuthenticationBytes(transcript, document.DocType, document.DeviceSigned.NameSpaces)
	must(err)
	document.DeviceSigned.DeviceAuth.Signature, err = cose.SignDetached(credential.DeviceKey.(crypto.Signer), signed)
	must(err)
	raw, err := (&mdoc.DeviceResponse{Version: "1.0", Documents: []mdoc.Document{document}}).Bytes()
	must(err)
	anchor := trust.Anchor{Certificate: pki.IACA.Certificate, Specimen: true}
	verifier := verify.Verifier{
		Trust: trust.NewStore([]trust.Anchor{anchor}, trust.Options{AcceptSpecimen: true}),
		Now:   time.Now, Skew: time.Minute,
	}
	answer, err := verifier.Verify(verify.Input{Response: raw, Transcript: transcript})
	must(err)
	return answer
}

// verified arms as the issuer and taps.
func (b *bench) verified(body string) api.Presentation {
	b.t.Helper()
	p := b.arm(body)
	attempt, ok := b.vault.Begin(p.Reader)
	if !ok {
		b.t.Fatal("no tap could begin")
	}
	if err := attempt.Offer(verifiedAnswer(b.t)); err != nil {
		b.t.Fatal(err)
	}
	return as[api.Presentation](b.t, b.do("issuer", "GET", "/v1/presentations/"+p.ID, ""), http.StatusOK)
}
