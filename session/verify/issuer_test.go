package verify

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"testing"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// spoiled is a fault in an answer and what has to come of it.
type spoiled struct {
	name  string
	spoil func(*draft)
	check Check
	want  fault.Code
}

// run issues an answer for each case, from the standard draft, and verifies it.
func (l *lab) run(t *testing.T, cases []spoiled) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := l.draft(t)
			c.spoil(d)
			verified, err := l.verify(l.answer(t, d), nil)
			if fault.CodeOf(err) != c.want {
				t.Fatalf("got %s: %v, want %s", fault.CodeOf(err), err, c.want)
			}
			if (verified != nil) != (c.want == fault.OK) {
				t.Errorf("verified %v with %v", verified, err)
			}
			var failure *Failure
			if errors.As(err, &failure) && failure.Check != c.check {
				t.Errorf("failed at %s, want %s", failure.Check, c.check)
			}
		})
	}
}

func TestVerify_AlgorithmsOfTheStandard(t *testing.T) {
	l := newLab(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]crypto.Signer{
		"P-256": newKey(t, elliptic.P256()), "P-384": newKey(t, elliptic.P384()), "P-521": newKey(t, elliptic.P521()), "Ed25519": ed,
	}
	digests := map[string]string{"P-256": "SHA-256", "P-384": "SHA-384", "P-521": "SHA-512", "Ed25519": "SHA-256"}
	for name, key := range keys {
		t.Run(name, func(t *testing.T) {
			d := l.draft(t)
			d.signer, d.chain, d.device = key, [][]byte{l.certify(t, key.Public(), nil)}, key
			d.mso.DigestAlgorithm = digests[name]
			if d.mso.DeviceKeyInfo.DeviceKey, err = cose.MarshalKey(key.Public()); err != nil {
				t.Fatal(err)
			}
			verified, err := l.verify(l.answer(t, d), nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(verified.Documents()[0].Elements); n != len(d.attributes) {
				t.Errorf("%d elements, want %d", n, len(d.attributes))
			}
		})
	}
}

func TestF27_Digests(t *testing.T) {
	l := newLab(t)
	first := func(change func(mdoc.IssuerSignedItem) mdoc.IssuerSignedItem) func(*mdoc.Document) {
		return func(d *mdoc.Document) { d.IssuerSigned.NameSpaces[ns][0] = change(d.IssuerSigned.NameSpaces[ns][0]) }
	}
	renew := func(id uint32, random []byte, identifier string, value any) mdoc.IssuerSignedItem {
		item, err := mdoc.NewIssuerSignedItem(id, random, identifier, value)
		if err != nil {
			t.Fatal(err)
		}
		return item
	}
	l.run(t, []spoiled{
		{"value changed", func(d *draft) {
			d.issued = first(func(i mdoc.IssuerSignedItem) mdoc.IssuerSignedItem {
				return renew(i.DigestID, i.Random, i.ElementIdentifier, "another name")
			})
		}, CheckDigests, fault.DigestMismatch},
		{"identifier changed", func(d *draft) {
			d.issued = first(func(i mdoc.IssuerSignedItem) mdoc.IssuerSignedItem {
				return renew(i.DigestID, i.Random, "given_name_unicode", i.ElementValue)
			})
		}, CheckDigests, fault.DigestMismatch},
		{"random changed", func(d *draft) {
			d.issued = first(func(i mdoc.IssuerSignedItem) mdoc.IssuerSignedItem {
				return renew(i.DigestID, make([]byte, 32), i.ElementIdentifier, i.ElementValue)
			})
		}, CheckDigests, fault.DigestMismatch},
		{"digestID of another element", func(d *draft) {
			d.issued = first(func(i mdoc.IssuerSignedItem) mdoc.IssuerSignedItem {
				return renew(2, i.Random, i.ElementIdentifier, i.ElementValue)
			})
		}, CheckDigests, fault.DigestMismatch},
		{"digestID that the mso does not list", func(d *draft) {
			d.issued = first(func(i mdoc.IssuerSignedItem) mdoc.IssuerSignedItem {
				return renew(99, i.Random, i.ElementIdentifier, i.ElementValue)
			})
		}, CheckDigests, fault.DigestNotCovered},
		{"element added", func(d *draft) {
			d.issued = func(doc *mdoc.Document) {
				doc.IssuerSigned.NameSpaces[ns] = append(doc.IssuerSigned.NameSpaces[ns], renew(50, make([]byte, 32), "x", 1))
			}
		}, CheckDigests, fault.DigestNotCovered},
		{"element in another namespace", func(d *draft) {
			d.issued = func(doc *mdoc.Document) {
				doc.IssuerSigned.NameSpaces["other"] = doc.IssuerSigned.NameSpaces[ns]
				delete(doc.IssuerSigned.NameSpaces, ns)
			}
		}, CheckDigests, fault.DigestNotCovered},
		{"element twice", func(d *draft) {
			d.issued = func(doc *mdoc.Document) {
				items := doc.IssuerSigned.NameSpaces[ns]
				doc.IssuerSigned.NameSpaces[ns] = append(items, items[0])
			}
		}, CheckDigests, fault.DuplicateElement},
		{"two values of one element, both signed", func(d *draft) {
			d.attributes = append(d.attributes, attribute{ns, "full_name_unicode", "another name"})
		}, CheckDigests, fault.DuplicateElement},
		{"digestID twice", func(d *draft) {
			d.issued = func(doc *mdoc.Document) {
				items := doc.IssuerSigned.NameSpaces[ns]
				items[1] = renew(items[0].DigestID, items[1].Random, items[1].ElementIdentifier, items[1].ElementValue)
			}
		}, CheckDigests, fault.DuplicateDigestID},
		{"no element returned", func(d *draft) {
			d.issued = func(doc *mdoc.Document) { doc.IssuerSigned.NameSpaces = nil }
		}, "", fault.OK},
	})
}

// The digest is taken of the bytes that came, however they are encoded, and the
// value is read from those same bytes.
func TestF28_NonCanonicalItem(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.items = func(items []mdoc.IssuerSignedItem) []mdoc.IssuerSignedItem {
		for i, item := range items {
			// Keys in another order, and heads longer than they need to be.
			content := []byte{0xb8, 4}
			for _, pair := range [][2]any{
				{"elementValue", item.ElementValue}, {"random", item.Random}, {"elementIdentifier", item.ElementIdentifier}, {"digestID", nil},
			} {
				content = append(content, encode(t, pair[0])...)
				if pair[1] != nil {
					content = append(content, encode(t, pair[1])...)
				}
			}
			content = append(content, 0x1a, 0, 0, 0, byte(item.DigestID))
			if err := items[i].UnmarshalCBOR(append([]byte{0xd8, 0x18, 0x5a, 0, 0, byte(len(content) >> 8), byte(len(content))}, content...)); err != nil {
				t.Fatal(err)
			}
		}
		return items
	}
	raw := l.answer(t, d)
	verified, err := l.verify(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	elements := verified.Documents()[0].Elements
	if len(elements) != len(d.attributes) {
		t.Fatalf("%d elements", len(elements))
	}
	for _, e := range elements {
		for _, a := range d.attributes {
			if a.identifier == e.Identifier && !bytes.Equal(e.Raw, encode(t, a.value)) {
				t.Errorf("another value of %s", e.Identifier)
			}
		}
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestF29_ShortRandom(t *testing.T) {
	newLab(t).run(t, []spoiled{
		{"16 bytes", func(d *draft) { d.random = 16 }, "", fault.OK},
		{"15 bytes", func(d *draft) { d.random = 15 }, CheckDigests, fault.RandomTooShort},
		{"none", func(d *draft) { d.random = 0 }, CheckDigests, fault.RandomTooShort},
	})
}

func TestF33_SignerOfTheDocument(t *testing.T) {
	l := newLab(t)
	other := newKey(t, elliptic.P256())
	l.run(t, []spoiled{
		{"no x5chain", func(d *draft) { d.chain = nil }, CheckPath, fault.X5ChainMissing},
		{"certificate of another key", func(d *draft) { d.signer = other }, CheckIssuerSignature, fault.IssuerSignatureInvalid},
		{"certificate with another usage", func(d *draft) {
			d.chain = [][]byte{l.certify(t, l.signer.Public(), func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil })}
		}, CheckPath, fault.CertificateEKU},
		{"issued by the iaca itself", func(d *draft) { d.signer, d.chain = l.iacaKey, [][]byte{l.iaca.Raw} }, CheckPath, fault.CertificateIsCA},
		{"chain that ends in the iaca", func(d *draft) { d.chain = append(d.chain, l.iaca.Raw) }, "", fault.OK},
		{"iaca before the leaf", func(d *draft) { d.chain = [][]byte{l.iaca.Raw, l.leaf} }, CheckPath, fault.X5ChainMalformed},
	})
	stranger := newLab(t)
	if _, err := l.verify(stranger.answer(t, stranger.draft(t)), nil); fault.CodeOf(err) != fault.CertificateSignature {
		t.Errorf("another iaca of the same name: %v", err)
	}
	l.verifier.Trust = nil
	if _, err := l.verify(l.answer(t, l.draft(t)), nil); fault.CodeOf(err) != fault.NoAnchor {
		t.Errorf("no trust: %v", err)
	}
}

func TestF35_IssuerAuthForms(t *testing.T) {
	l := newLab(t)
	set := func(auth func(d *mdoc.Document) wire.Raw) func(*draft) {
		return func(d *draft) { d.issued = func(doc *mdoc.Document) { doc.IssuerSigned.IssuerAuth = auth(doc) } }
	}
	sign := func(payload []byte, detached bool) wire.Raw {
		f := cose.SignAttached
		if detached {
			f = cose.SignDetached
		}
		raw, err := f(l.signer, payload, l.leaf)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	l.run(t, []spoiled{
		{"detached", set(func(*mdoc.Document) wire.Raw { return sign([]byte("mso"), true) }), CheckIssuerAuth, fault.MalformedIssuerAuth},
		{"tagged", set(func(d *mdoc.Document) wire.Raw { return append(wire.Raw{0xd2}, d.IssuerSigned.IssuerAuth...) }), CheckIssuerAuth, fault.MalformedIssuerAuth},
		{"null", set(func(*mdoc.Document) wire.Raw { return wire.Raw{0xf6} }), CheckIssuerAuth, fault.MalformedIssuerAuth},
		{"payload that is no mso", set(func(*mdoc.Document) wire.Raw { return sign([]byte{0xa0}, false) }), CheckMSO, fault.MalformedMSO},
		{"mso without tag 24", set(func(d *mdoc.Document) wire.Raw {
			s, err := cose.ParseSign1(d.IssuerSigned.IssuerAuth)
			if err != nil {
				t.Fatal(err)
			}
			return sign(wire.Embedded(s.Payload).Content(), false)
		}), CheckMSO, fault.MalformedMSO},
	})
}

// ES256 under a certificate for P-384: the pair that a library lets pass.
func TestF34_IssuerAlgorithm(t *testing.T) {
	l := newLab(t)
	p384 := newKey(t, elliptic.P384())
	l.run(t, []spoiled{{"ES256 with a P-384 certificate", func(d *draft) {
		d.chain = [][]byte{l.certify(t, p384.Public(), nil)}
	}, CheckIssuerSignature, fault.AlgorithmNotAllowed}})
}

func TestVerify_IssuingCountry(t *testing.T) {
	country := func(value any) func(*draft) {
		return func(d *draft) { d.attributes = append(d.attributes, attribute{nsISO, "issuing_country", value}) }
	}
	in := func(namespace string) func(*draft) {
		return func(d *draft) {
			d.attributes = append(d.attributes, attribute{namespace, "issuing_country", "UT"})
		}
	}
	newLab(t).run(t, []spoiled{
		{"same", country("JP"), "", fault.OK},
		{"another", country("UT"), CheckIssuingCountry, fault.IssuingCountryMismatch},
		{"lower case", country("jp"), CheckIssuingCountry, fault.IssuingCountryMismatch},
		{"a number", country(392), CheckIssuingCountry, fault.IssuingCountryMismatch},
		{"in the Japanese namespace", in(ns), CheckIssuingCountry, fault.IssuingCountryMismatch},
		{"in that of the mDL", in("org.iso.18013.5.1"), CheckIssuingCountry, fault.IssuingCountryMismatch},
		{"in that of AAMVA", in("org.iso.18013.5.1.aamva"), CheckIssuingCountry, fault.IssuingCountryMismatch},
		{"in a private namespace", in("com.example"), "", fault.OK},
		{"in one that begins alike", in("org.iso.18013.5.10"), "", fault.OK},
	})
}
