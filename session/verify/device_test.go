package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// auth lets a test set the deviceAuth of the document.
func auth(change func(*mdoc.DeviceAuth)) func(*draft) {
	return func(d *draft) { d.issued = func(doc *mdoc.Document) { change(&doc.DeviceSigned.DeviceAuth) } }
}

func TestF37_DeviceAuthForms(t *testing.T) {
	l := newLab(t)
	mac := func(protected any, payload any, tag []byte) wire.Raw {
		return encode(t, []any{encode(t, protected), map[int]int{}, payload, tag})
	}
	l.run(t, []spoiled{
		{"mac", func(d *draft) { d.mac = true }, "", fault.OK},
		{"neither", auth(func(a *mdoc.DeviceAuth) { *a = mdoc.DeviceAuth{} }), CheckDeviceAuth, fault.DeviceAuthMalformed},
		{"both", auth(func(a *mdoc.DeviceAuth) { a.MAC = mac(map[int]int{1: 5}, nil, make([]byte, 32)) }), CheckDeviceAuth, fault.DeviceAuthMalformed},
		{"wrong tag", auth(func(a *mdoc.DeviceAuth) {
			*a = mdoc.DeviceAuth{MAC: mac(map[int]int{1: 5}, nil, make([]byte, 32))}
		}), CheckDeviceAuth, fault.DeviceMACInvalid},
		{"tag cut off", auth(func(a *mdoc.DeviceAuth) {
			*a = mdoc.DeviceAuth{MAC: mac(map[int]int{1: 5}, nil, make([]byte, 16))}
		}), CheckDeviceAuth, fault.DeviceAuthMalformed},
		{"HMAC 256/64", auth(func(a *mdoc.DeviceAuth) {
			*a = mdoc.DeviceAuth{MAC: mac(map[int]int{1: 4}, nil, make([]byte, 8))}
		}), CheckDeviceAuth, fault.AlgorithmNotAllowed},
		{"mac with a payload", auth(func(a *mdoc.DeviceAuth) {
			*a = mdoc.DeviceAuth{MAC: mac(map[int]int{1: 5}, []byte{1}, make([]byte, 32))}
		}), CheckDeviceAuth, fault.DeviceAuthMalformed},
		{"a mac as a signature", func(d *draft) {
			d.mac = true
			auth(func(a *mdoc.DeviceAuth) { a.Signature, a.MAC = a.MAC, nil })(d)
		}, CheckDeviceAuth, fault.AlgorithmNotAllowed},
		{"a signature as a mac", auth(func(a *mdoc.DeviceAuth) { a.Signature, a.MAC = nil, a.Signature }), CheckDeviceAuth, fault.AlgorithmNotAllowed},
		{"null signature", auth(func(a *mdoc.DeviceAuth) { a.Signature = wire.Raw{0xf6} }), CheckDeviceAuth, fault.DeviceAuthMalformed},
	})
}

// A payload of the phone's own must not be what is verified.
func TestF36_AttachedDevicePayload(t *testing.T) {
	l := newLab(t)
	raw, err := cose.SignAttached(l.device, []byte("a payload of the phone's own"))
	if err != nil {
		t.Fatal(err)
	}
	l.run(t, []spoiled{{"attached", auth(func(a *mdoc.DeviceAuth) { a.Signature = raw }), CheckDeviceAuth, fault.DeviceAuthMalformed}})
}

func TestF38_AnotherKeyOrSession(t *testing.T) {
	l := newLab(t)
	l.run(t, []spoiled{
		{"signed with another key", func(d *draft) { d.device = newKey(t, elliptic.P256()) }, CheckDeviceAuth, fault.DeviceSignatureInvalid},
		{"mac with another key", func(d *draft) { d.mac, d.device = true, newKey(t, elliptic.P256()) }, CheckDeviceAuth, fault.DeviceMACInvalid},
		{"signed in another session", func(d *draft) { d.transcript = []byte{0x83, 0xf6, 0xf6, 0x40} }, CheckDeviceAuth, fault.DeviceSignatureInvalid},
		{"mac of another session", func(d *draft) { d.mac, d.transcript = true, []byte{0x83, 0xf6, 0xf6, 0x40} }, CheckDeviceAuth, fault.DeviceMACInvalid},
		{"signature of another document", func(d *draft) {
			d.answered = func(r *mdoc.DeviceResponse) {
				other := l.draft(t)
				other.docType = "another"
				var document mdoc.Document
				l.present(t, other, &document)
				r.Documents[0].DeviceSigned.DeviceAuth = document.DeviceSigned.DeviceAuth
			}
		}, CheckDeviceAuth, fault.DeviceSignatureInvalid},
		{"device name spaces swapped", func(d *draft) {
			d.issued = func(doc *mdoc.Document) {
				doc.DeviceSigned.NameSpaces = wire.Embedded{0xd8, 0x18, 0x58, 0x01, 0xa0} // the same map, encoded otherwise
			}
		}, CheckDeviceAuth, fault.DeviceSignatureInvalid},
	})
	raw := l.answer(t, l.draft(t))
	again := Input{Response: bytes.Clone(raw), Transcript: []byte{0x83, 0xf6, 0xf6, 0x41, 0x00}, ReaderKey: l.reader}
	if _, err := l.verifier.Verify(again); fault.CodeOf(err) != fault.DeviceSignatureInvalid {
		t.Errorf("replayed into another session: %v", err)
	}
}

func TestF21_DeviceKey(t *testing.T) {
	l := newLab(t)
	key := func(raw wire.Raw) func(*draft) { return func(d *draft) { d.mso.DeviceKeyInfo.DeviceKey = raw } }
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edKey, err := cose.MarshalKey(ed.Public())
	if err != nil {
		t.Fatal(err)
	}
	p384, err := cose.MarshalKey(newKey(t, elliptic.P384()).Public())
	if err != nil {
		t.Fatal(err)
	}
	l.run(t, []spoiled{
		{"not on its curve", key(encode(t, map[int]any{1: 2, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)})), CheckDeviceKey, fault.DeviceKeyInvalid},
		{"unknown curve", key(encode(t, map[int]any{1: 2, -1: 256, -2: make([]byte, 32), -3: make([]byte, 32)})), CheckDeviceKey, fault.DeviceKeyInvalid},
		{"no key", key(wire.Raw{0xa0}), CheckDeviceKey, fault.DeviceKeyInvalid},
		{"curve that the signature does not fit", key(p384), CheckDeviceAuth, fault.AlgorithmNotAllowed},
		{"key that can make no mac", func(d *draft) {
			d.mac = true
			d.mso.DeviceKeyInfo.DeviceKey = edKey
		}, CheckDeviceAuth, fault.DeviceMACImpossible},
		{"mac on another curve than the reader's", func(d *draft) {
			d.mac = true
			d.mso.DeviceKeyInfo.DeviceKey = p384
		}, CheckDeviceAuth, fault.DeviceMACImpossible},
	})
	// Members that say what the key is for, RFC 9052, clause 7.1: alg, key_ops, kid.
	for name, more := range map[string]string{"key_ops": "\x04\x82\x01\x02", "key_ops by name": "\x04\x81\x66verify", "kid and alg": "\x02\x41\x01\x03\x26"} {
		d := l.draft(t)
		raw := slices.Concat(d.mso.DeviceKeyInfo.DeviceKey, []byte(more))
		raw[0] += byte(strings.Count(name, " and ") + 1)
		d.mso.DeviceKeyInfo.DeviceKey = raw
		if _, err := l.verify(l.answer(t, d), nil); err != nil {
			t.Errorf("with %s: %v", name, err)
		}
	}
	d := l.draft(t)
	d.mac = true
	if _, err := l.verifier.Verify(Input{Response: l.answer(t, d), Transcript: transcript}); fault.CodeOf(err) != fault.DeviceMACUncheckable {
		t.Errorf("without the reader's key: %v", err)
	}
}

func TestF40_KeyAuthorizations(t *testing.T) {
	signs := func(k *mdoc.KeyAuthorizations) func(*draft) {
		return func(d *draft) {
			d.deviceElements = map[string]map[string]any{"n": {"a": 1}}
			d.mso.DeviceKeyInfo.KeyAuthorizations = k
		}
	}
	l := newLab(t)
	l.run(t, []spoiled{
		{"none", signs(nil), CheckKeyAuthorizations, fault.KeyNotAuthorized},
		{"empty", signs(&mdoc.KeyAuthorizations{}), CheckKeyAuthorizations, fault.KeyNotAuthorized},
		{"another namespace", signs(&mdoc.KeyAuthorizations{NameSpaces: []string{"m"}}), CheckKeyAuthorizations, fault.KeyNotAuthorized},
		{"another element", signs(&mdoc.KeyAuthorizations{DataElements: map[string][]string{"n": {"b"}}}), CheckKeyAuthorizations, fault.KeyNotAuthorized},
		{"the element in another namespace", signs(&mdoc.KeyAuthorizations{DataElements: map[string][]string{"m": {"a"}}}), CheckKeyAuthorizations, fault.KeyNotAuthorized},
		{"the namespace", signs(&mdoc.KeyAuthorizations{NameSpaces: []string{"n"}}), "", fault.OK},
		{"the element", signs(&mdoc.KeyAuthorizations{DataElements: map[string][]string{"n": {"a"}}}), "", fault.OK},
		{"an element that the issuer signs too", func(d *draft) {
			d.deviceElements = map[string]map[string]any{ns: {"full_name_unicode": "another name"}}
			d.mso.DeviceKeyInfo.KeyAuthorizations = &mdoc.KeyAuthorizations{NameSpaces: []string{ns}}
		}, CheckKeyAuthorizations, fault.DuplicateElement},
	})
	d := l.draft(t)
	signs(&mdoc.KeyAuthorizations{NameSpaces: []string{"n"}})(d)
	verified, err := l.verify(l.answer(t, d), nil)
	if err != nil {
		t.Fatal(err)
	}
	first := verified.Documents()[0].Elements[0] // by its namespace
	if !first.DeviceSigned || first.Identifier != "a" || !bytes.Equal(first.Raw, []byte{1}) {
		t.Errorf("%v, device-signed %v", first, first.DeviceSigned)
	}
}
