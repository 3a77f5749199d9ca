package verify

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	recorded "kazashi/reader/vectors"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// name is an element's place in a document.
type name struct{ namespace, identifier string }

// issued checks that what was verified is what the issuer signed: every element
// with its value, and all else that a Document says.
func (l *lab) issued(v *Verified, d *draft) error {
	values := map[name]attribute{}
	for _, a := range d.attributes {
		values[name{a.namespace, a.identifier}] = a
	}
	for _, document := range v.Documents() {
		if document.DocType != mdoc.DocTypeMyNumberCard || document.Issuer.Country != "JP" || document.Specimen ||
			!document.ValidUntil.Equal(d.mso.ValidityInfo.ValidUntil.Time()) {
			return fmt.Errorf("another document")
		}
		for _, e := range document.Elements {
			a, known := values[name{e.Namespace, e.Identifier}]
			if !known || e.DeviceSigned {
				return fmt.Errorf("an element that was not issued")
			}
			value, err := wire.Marshal(a.value)
			if err != nil || !bytes.Equal(value, e.Raw) {
				return fmt.Errorf("another value of %s", e.Identifier)
			}
		}
	}
	return nil
}

// all asks for every element of a draft.
func all(d *draft) *mdoc.Request {
	r := ask()
	for _, a := range d.attributes {
		r.Documents[0].Elements = append(r.Documents[0].Elements, mdoc.ElementRequest{Namespace: a.namespace, Identifier: a.identifier})
	}
	return r
}

// Every byte of an answer is changed, one at a time. What still verifies was
// outside of all signatures, and says the same.
func TestVerifyMutation_EveryByte(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	for _, mac := range []bool{false, true} {
		d.mac = mac
		raw := l.answer(t, d)
		requested, accepted := all(d), 0
		for i := range raw {
			for _, flip := range []byte{0x01, 0x20, 0xff} {
				mutated := bytes.Clone(raw)
				mutated[i] ^= flip
				verified, err := l.verify(mutated, requested)
				if err != nil {
					continue
				}
				accepted++
				if err := l.issued(verified, d); err != nil {
					t.Errorf("byte %d ^ %#x: %v", i, flip, err)
				}
				if n := len(verified.Documents()[0].Elements); n != len(d.attributes) {
					t.Errorf("byte %d ^ %#x: %d elements", i, flip, n)
				}
			}
		}
		// The minor version is free, and so are a few other bytes; most are not.
		if accepted > 24 {
			t.Errorf("%d of %d changes were accepted", accepted, 3*len(raw))
		}
	}
}

// Every answer that is cut short or runs on is refused.
func TestVerifyMutation_EveryLength(t *testing.T) {
	l := newLab(t)
	raw := l.answer(t, l.draft(t))
	for n := range raw {
		if _, err := l.verify(raw[:n], nil); err == nil {
			t.Fatalf("verified when cut at %d of %d", n, len(raw))
		}
	}
	if _, err := l.verify(append(bytes.Clone(raw), 0xf6), nil); err == nil {
		t.Error("verified with a byte behind it")
	}
}

func FuzzVerifyMutation(f *testing.F) {
	l := newFixedLab(f)
	d := l.draft(f)
	raw, requested := l.answer(f, d), all(d)
	f.Add(uint16(0), byte(0), uint16(0), byte(0), uint16(0), byte(0))
	f.Add(uint16(12), byte(1), uint16(700), byte(0x80), uint16(1500), byte(0xff))
	f.Fuzz(func(t *testing.T, a uint16, x byte, b uint16, y byte, c uint16, z byte) {
		mutated := bytes.Clone(raw)
		mutated[int(a)%len(raw)] ^= x
		mutated[int(b)%len(raw)] ^= y
		mutated[int(c)%len(raw)] ^= z
		verified, err := l.verify(mutated, requested)
		if err != nil {
			if verified != nil {
				t.Error("verified and refused")
			}
			return
		}
		if err := l.issued(verified, d); err != nil {
			t.Error(err)
		}
		if n := len(verified.Documents()[0].Elements); n != len(d.attributes) {
			t.Errorf("%d elements", n)
		}
	})
}

func FuzzVerify(f *testing.F) {
	l := newFixedLab(f)
	d := l.draft(f)
	for _, mac := range []bool{false, true} {
		d.mac = mac
		raw := l.answer(f, d)
		if _, err := l.verify(raw, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, raw := range slices.Concat(recorded.Values(f, "iso-annex-d.json", "deviceResponse"),
		recorded.Values(f, "longfellow-mdocs.json", "mdoc"), recorded.Values(f, "auth0-example1.json", "deviceResponse")) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		verified, err := l.verify(raw, nil)
		if err != nil {
			return
		}
		if err := l.issued(verified, d); err != nil {
			t.Error(err)
		}
	})
}
