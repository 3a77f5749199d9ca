package session_test

import (
	"testing"

	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/key"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

// sessionCurve is the curve of session encryption that a device key shares, for a MAC.
var sessionCurve = map[specimen.Curve]seal.Curve{
	specimen.P256: seal.P256, specimen.P384: seal.P384, specimen.P521: seal.P521, specimen.X25519: seal.X25519, specimen.X448: seal.X448,
	specimen.BrainpoolP256r1: seal.BrainpoolP256r1, specimen.BrainpoolP320r1: seal.BrainpoolP320r1,
	specimen.BrainpoolP384r1: seal.BrainpoolP384r1, specimen.BrainpoolP512r1: seal.BrainpoolP512r1,
}

// Whole taps with issuers and terminals on every curve that signs, and the device keys
// that go with them by turns.
func TestTaps_IssuersOnEveryCurve(t *testing.T) {
	for _, c := range []struct {
		pki    specimen.Curves
		device specimen.Curve
	}{
		{specimen.Curves{CA: specimen.BrainpoolP256r1, DS: specimen.Ed25519, Reader: specimen.BrainpoolP384r1}, specimen.Ed448},
		{specimen.Curves{CA: specimen.BrainpoolP320r1, DS: specimen.BrainpoolP320r1, Reader: specimen.Ed25519}, specimen.BrainpoolP512r1},
		{specimen.Curves{CA: specimen.BrainpoolP384r1, DS: specimen.Ed448, Reader: specimen.BrainpoolP512r1}, specimen.Ed25519},
		{specimen.Curves{CA: specimen.BrainpoolP512r1, DS: specimen.P256, Reader: specimen.Ed448}, specimen.BrainpoolP320r1},
		{specimen.Curves{CA: specimen.P521, DS: specimen.BrainpoolP384r1, Reader: specimen.BrainpoolP320r1}, specimen.BrainpoolP256r1},
		{specimen.Curves{CA: specimen.P384, DS: specimen.BrainpoolP512r1, Reader: specimen.BrainpoolP256r1}, specimen.BrainpoolP384r1},
	} {
		p, err := specimen.NewPKIOf(c.pki, now)
		if err != nil {
			t.Fatal(err)
		}
		terminal, err := key.New(p.Reader.Key, p.Reader.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		var asked holder.Asked
		o := holder.Options{PKI: p, DeviceCurve: c.device, Observe: func(a holder.Asked) { asked = a }}
		r := tap(t, t.Context(), phone(t, o), func(tap *session.Tap) { tap.Verifier, tap.ReaderAuth = verifier(p), terminal })
		if r.err != nil || len(names(r.verified)) != 4 {
			t.Errorf("%v over %s: %v", c.pki, c.device, r.err)
		}
		if asked.Reader != p.Reader.Certificate.Subject.CommonName {
			t.Errorf("%v: the phone saw the terminal as %q", c.pki, asked.Reader)
		}
		if w := r.verified.Warnings(); len(w) != 0 {
			t.Errorf("%v: warnings %v", c.pki, w)
		}
		// The same keys prove nothing for a document of somebody else's device.
		o.Scenario = holder.WrongDeviceKey
		r = tap(t, t.Context(), phone(t, o), func(tap *session.Tap) { tap.Verifier = verifier(p) })
		if fault.CodeOf(r.err) != fault.DeviceSignatureInvalid {
			t.Errorf("%v over %s, wrong device key: %v", c.pki, c.device, r.err)
		}
	}
}

// Whole taps with a MAC on every curve that agrees on keys. X25519 and X448 have
// nothing else.
func TestTaps_MACsOnEveryCurve(t *testing.T) {
	for device, curve := range sessionCurve {
		for scenario, want := range map[holder.Scenario]fault.Code{holder.Honest: fault.OK, holder.WrongDeviceKey: fault.DeviceMACInvalid} {
			o := holder.Options{Scenario: scenario, Curve: curve, DeviceCurve: device, MAC: device != specimen.X25519 && device != specimen.X448}
			if r := tap(t, t.Context(), phone(t, o)); fault.CodeOf(r.err) != want {
				t.Errorf("%s, %s: %v, want %s", device, scenario, r.err, want)
			}
		}
	}
}
