package verify

import (
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

// That a terminal has met a document signer before changes no verdict on a later
// document of it.
func TestVerify_SignerThatWasMetBefore(t *testing.T) {
	l := newLab(t)
	anchors := []trust.Anchor{{Certificate: l.iaca}}
	for name, tt := range map[string]struct {
		spoil  func(*draft)
		change func(*Verifier)
		want   fault.Code
	}{
		"nothing changed": {want: fault.OK},
		"its certificate expired": {
			spoil: func(d *draft) { d.mso.ValidityInfo.ValidUntil = wire.TDate(l.now.AddDate(5, 0, 0)) },
			change: func(v *Verifier) {
				v.Now = func() time.Time { return l.now.AddDate(2, 0, 0) }
			}, want: fault.CertificateExpired,
		},
		"it was revoked": {change: func(v *Verifier) {
			v.Trust = trust.NewStore(anchors, trust.Options{Revocations: trust.Revocations{CRLs: []*trust.CRL{l.crl(t, false, 2)}}})
		}, want: fault.CertificateRevoked},
		"its anchor was taken away": {change: func(v *Verifier) { v.Trust = trust.NewStore(nil, trust.Options{}) }, want: fault.NoAnchor},
		"its anchor was bound to another docType": {change: func(v *Verifier) {
			v.Trust = trust.NewStore([]trust.Anchor{{Certificate: l.iaca, DocTypes: []string{"x"}}}, trust.Options{})
		}, want: fault.NoAnchor},
		"the document is of another docType": {spoil: func(d *draft) { d.mso.DocType = "x" }, want: fault.DocTypeMismatch},
		"another key signed": {
			spoil: func(d *draft) { d.signer = l.device }, want: fault.IssuerSignatureInvalid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := &Verifier{Trust: trust.NewStore(anchors, trust.Options{}), Now: func() time.Time { return l.now }}
			judge := func(d *draft) error {
				_, err := v.Verify(Input{Response: l.answer(t, d), Transcript: transcript})
				return err
			}
			for range 2 {
				if err := judge(l.draft(t)); err != nil {
					t.Fatal(err)
				}
			}
			d := l.draft(t)
			if tt.spoil != nil {
				tt.spoil(d)
			}
			if tt.change != nil {
				tt.change(v)
			}
			if err := judge(d); fault.CodeOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
