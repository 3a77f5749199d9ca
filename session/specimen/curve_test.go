package specimen

import (
	"crypto"
	"crypto/elliptic"
	"testing"

	"kazashi/session/cose"
	"kazashi/session/trust"
)

// A PKI on any curves is written and read back, and its certificates have no fault that
// a terminal finds.
func TestPKI_OnEveryCurve(t *testing.T) {
	for _, c := range []Curves{
		{CA: BrainpoolP256r1, DS: Ed25519, Reader: Ed448}, {CA: BrainpoolP512r1, DS: Ed448, Reader: BrainpoolP320r1},
		{CA: P521, DS: BrainpoolP384r1, Reader: Ed25519},
	} {
		p, err := NewPKIOf(c, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := trust.CheckAnchor(p.IACA.Certificate); err != nil {
			t.Errorf("%v: %v", c, err)
		}
		if err := trust.CheckReader(p.Reader.Certificate); err != nil {
			t.Errorf("%v: %v", c, err)
		}
		for _, made := range []Certified{p.IACA, p.DS} {
			if d := trust.Departures(made.Certificate); d != nil {
				t.Errorf("%v: %s departs: %q", c, made.Certificate.Subject.CommonName, d)
			}
		}
		dir := t.TempDir()
		if err := p.Write(dir); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPKI(dir)
		if err != nil {
			t.Fatal(err)
		}
		for name, made := range p.files() {
			if read := back.files()[name]; !read.Key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(made.Key.Public()) {
				t.Errorf("%v: another key of %s", c, name)
			}
		}
	}
}

func TestPKI_OnNoCurve(t *testing.T) {
	for _, c := range []Curves{{CA: Ed25519}, {CA: Ed448}, {CA: X25519}, {DS: X448}, {Reader: X25519}, {CA: 99}} {
		p, err := NewPKIOf(c, at)
		if err == nil && trust.CheckAnchor(p.IACA.Certificate) == nil {
			t.Errorf("%v: a PKI that a terminal trusts", c)
		}
	}
	if _, err := NewPKI(elliptic.P224(), at); err == nil {
		t.Error("a PKI on P-224")
	}
}

// Every curve makes keys that a document may name.
func TestCurves(t *testing.T) {
	for c := range curves {
		key, err := c.Generate()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cose.MarshalKey(public(key)); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
	if _, err := Curve(99).Generate(); err == nil || Curve(99).String() != "curve 99" {
		t.Error("a key on no curve")
	}
}
