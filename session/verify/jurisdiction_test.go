package verify

import (
	"crypto/x509"
	"slices"
	"testing"

	"kazashi/session/fault"
)

// issuing_jurisdiction against the state in the certificate is no more than a warning.
func TestVerify_IssuingJurisdiction(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name  string
		state []string // in the certificate
		value any      // nil for no element
		warn  bool
	}{
		{"neither", nil, nil, false},
		{"no element", []string{"JP-13"}, nil, false},
		{"no state", nil, "JP-27", false},
		{"the same", []string{"JP-13"}, "JP-13", false},
		{"without its country", []string{"13"}, "JP-13", false},
		{"another", []string{"JP-13"}, "JP-27", true},
		{"without another country", []string{"13"}, "UT-13", true},
		{"no text", []string{"JP-13"}, 13, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := l.draft(t)
			d.chain = [][]byte{l.certify(t, l.signer.Public(), func(x *x509.Certificate) { x.Subject.Province = c.state })}
			if c.value != nil {
				d.attributes = append(d.attributes, attribute{nsISO, issuingJurisdiction, c.value})
			}
			verified, err := l.verify(l.answer(t, d), nil)
			if err != nil {
				t.Fatal(err)
			}
			warned := slices.ContainsFunc(verified.Warnings(), func(w Warning) bool { return w.Code == fault.IssuingStateMismatch })
			if warned != c.warn || len(verified.Warnings()) > 1 {
				t.Errorf("warnings %v", verified.Warnings())
			}
		})
	}
}

// A document signer that departs from its profile as real ones do vouches for its
// documents, and a warning says so.
func TestVerify_SignerDeparts(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.chain = [][]byte{l.certify(t, l.signer.Public(), func(x *x509.Certificate) { x.SubjectKeyId = nil })}
	verified, err := l.verify(l.answer(t, d), nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := verified.Warnings(); len(w) != 1 || w[0].Code != fault.CertificateDeparture {
		t.Errorf("warnings %v", w)
	}
}

// Who can check a MAC can make one.
func TestEvidence_NoneOfAMAC(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.mac = true
	verified, err := l.verify(l.answer(t, d), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verified.Evidence(); fault.CodeOf(err) != fault.DeviceMACNoEvidence {
		t.Errorf("got %v", err)
	}
}
