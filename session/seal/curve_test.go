package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"

	"kazashi/session/cose"
	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
	"kazashi/session/fault"
)

// Keys of every curve meet those of every other.
func TestF21_CurvesDoNotMix(t *testing.T) {
	for _, ours := range Curves() {
		for _, theirs := range Curves() {
			a, err := Generate(ours)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Generate(theirs)
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.MACKey(b.Public(), transcript)
			if ours == theirs && err != nil || ours != theirs && fault.CodeOf(err) != fault.InvalidDeviceKey {
				t.Errorf("%s with %s: %v", ours, theirs, err)
			}
		}
	}
}

// The phone's document key and the reader's ephemeral one give both sides the same
// EMacKey, whichever package the document key comes from.
func TestMACKeyOnEveryCurve(t *testing.T) {
	documents := map[Curve]func() (crypto.PrivateKey, error){
		P256: func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		P384: func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		P521: func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P521(), rand.Reader) },
	}
	for _, c := range Curves() {
		generate, ok := documents[c]
		if !ok {
			generate = curves[c].generate
		}
		key, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		document, err := FromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		inMSO, err := cose.ParseKey(document.COSE())
		if err != nil {
			t.Fatal(err)
		}
		reader, err := Generate(c)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := reader.MACKey(inMSO, transcript)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := document.MACKey(reader.Public(), transcript)
		if err != nil || !bytes.Equal(ours, theirs) || len(ours) != 32 {
			t.Errorf("%s: %x and %x, %v", c, ours, theirs, err)
		}
		document.Wipe()
		if _, err := document.MACKey(reader.Public(), transcript); err == nil {
			t.Errorf("%s: a wiped key agrees", c)
		}
	}
	if _, err := FromKey("key"); fault.CodeOf(err) != fault.InvalidDeviceKey {
		t.Errorf("no key at all: %v", err)
	}
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if _, err := FromKey(p224); fault.CodeOf(err) != fault.InvalidDeviceKey {
		t.Errorf("P-224: %v", err)
	}
}

// BenchmarkEstablish is what a terminal does between engagement and request when
// the phone's curve is not the expected one: a fresh key and the session's keys.
func BenchmarkEstablish(b *testing.B) {
	for _, c := range Curves() {
		b.Run(c.String(), func(b *testing.B) {
			device, err := Generate(c)
			if err != nil {
				b.Fatal(err)
			}
			public, err := ParsePublic(device.COSE())
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				reader, err := Generate(c)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := NewReader(reader, public, transcript); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFloor is the part of it that is the curve's alone: two multiplications.
func BenchmarkFloor(b *testing.B) {
	for _, c := range Curves() {
		b.Run(c.String(), func(b *testing.B) {
			device, err := Generate(c)
			if err != nil {
				b.Fatal(err)
			}
			public := device.Public()
			for b.Loop() {
				key, err := curves[c].generate()
				if err != nil {
					b.Fatal(err)
				}
				switch k := key.(type) {
				case *ecdh.PrivateKey:
					_, err = k.ECDH(public.(*ecdh.PublicKey))
				case *x448.PrivateKey:
					_, err = k.ECDH(public.(*x448.PublicKey))
				case *brainpool.PrivateKey:
					_, err = k.ECDH(public.(*brainpool.PublicKey))
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
