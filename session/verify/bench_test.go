package verify

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

// A contest is one answer of some 23 kB, of 12 elements with a portrait, signed with
// ES256 by issuer and phone, and encrypted as it comes over the air.
type contest struct {
	*lab
	transcript []byte
	message    []byte // SessionData
	session    *seal.Session
	response   []byte // what is encrypted in it
	requested  *mdoc.Request

	primitives primitives
}

// contested is made once, so that all benchmarks of a process judge the same bytes.
var contested struct {
	sync.Once
	contest
}

func newContest(b *testing.B) *contest {
	b.Helper()
	contested.Do(func() { contested.contest = *makeContest(b) })
	if contested.response == nil {
		b.Fatal("there is no answer to judge")
	}
	return &contested.contest
}

func makeContest(b *testing.B) *contest {
	b.Helper()
	c := &contest{lab: newLab(b)}
	reader, phone := newPrivate(b), newPrivate(b)
	key, err := cose.MarshalKey(reader.Public())
	if err != nil {
		b.Fatal(err)
	}
	c.transcript = newTranscript(b, phone, key)
	d := c.fullDraft(b)
	c.requested, c.response = all(d), c.answer(b, d)
	if c.session, err = seal.NewReader(reader, phone.Public(), c.transcript); err != nil {
		b.Fatal(err)
	}
	device, err := seal.NewDevice(phone, reader.Public(), c.transcript)
	if err != nil {
		b.Fatal(err)
	}
	sealed, err := device.Seal(c.response)
	if err != nil {
		b.Fatal(err)
	}
	if c.message, err = seal.EncodeSessionData(seal.SessionData{Data: sealed}); err != nil {
		b.Fatal(err)
	}
	c.primitives = c.reduce(b)
	c.write(b)
	return c
}

// newTranscript is that of a session after a QR code, whose handover is null.
func newTranscript(b *testing.B, phone *seal.Private, readerKey []byte) []byte {
	b.Helper()
	phoneKey, err := cose.MarshalKey(phone.Public())
	if err != nil {
		b.Fatal(err)
	}
	engagement, err := wire.Marshal(map[int]any{0: "1.0", 1: []any{1, wire.Embed(phoneKey)}})
	if err != nil {
		b.Fatal(err)
	}
	transcript, err := wire.Marshal([]any{wire.Embed(engagement), wire.Embed(readerKey), nil})
	if err != nil {
		b.Fatal(err)
	}
	return transcript
}

func newPrivate(b *testing.B) *seal.Private {
	b.Helper()
	key, err := seal.Generate(seal.P256)
	if err != nil {
		b.Fatal(err)
	}
	return key
}

// fullDraft has twelve elements, with a portrait of 20 KiB that is like one in that
// its bytes do not repeat.
func (c *contest) fullDraft(b *testing.B) *draft {
	b.Helper()
	d := c.draft(b)
	d.transcript = c.transcript
	portrait := make([]byte, 20<<10)
	if _, err := rand.Read(portrait); err != nil {
		b.Fatal(err)
	}
	copy(portrait, "\xff\xd8\xff\xe0")
	for i := range d.attributes {
		if d.attributes[i].identifier == "portrait" {
			d.attributes[i].value = portrait
		}
	}
	for _, id := range []string{"sex_unicode", "birth_date_unicode", "local_gov_code_unicode", "a", "b", "c", "d"} {
		d.attributes = append(d.attributes, attribute{ns, id, string(bytes.Repeat([]byte("x"), 100))})
	}
	return d
}

// write leaves the answer for other libraries, in the folder that
// KAZASHI_BENCH_ANSWER names.
func (c *contest) write(b *testing.B) {
	b.Helper()
	dir := os.Getenv("KAZASHI_BENCH_ANSWER")
	if dir == "" {
		return
	}
	for name, content := range map[string][]byte{
		"response.cbor": c.response, "transcript.cbor": c.transcript, "at": []byte(c.now.Format(time.RFC3339)),
		"iaca.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.iaca.Raw}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// judge decrypts the answer and verifies it.
func (c *contest) judge(b *testing.B, v *Verifier) {
	message, err := seal.ParseSessionData(c.message)
	if err != nil {
		b.Fatal(err)
	}
	session := *c.session // at its first message each time
	response, err := session.Open(message.Data)
	if err != nil {
		b.Fatal(err)
	}
	verified, err := v.Verify(Input{Response: response, Transcript: c.transcript, Requested: c.requested})
	if err != nil {
		b.Fatal(err)
	}
	verified.Wipe()
}

// BenchmarkVerifyFull is an answer from the message that holds it to the verified
// elements, by a terminal that never met its document signer.
func BenchmarkVerifyFull(b *testing.B) {
	c := newContest(b)
	b.SetBytes(int64(len(c.response)))
	b.ReportAllocs()
	for b.Loop() {
		v := *c.verifier
		v.Trust = trust.NewStore([]trust.Anchor{{Certificate: c.iaca}}, trust.Options{})
		c.judge(b, &v)
	}
}

// BenchmarkVerifyFullCached is BenchmarkVerifyFull by a terminal that has met the
// document signer before.
func BenchmarkVerifyFullCached(b *testing.B) {
	c := newContest(b)
	c.judge(b, c.verifier)
	b.SetBytes(int64(len(c.response)))
	b.ReportAllocs()
	for b.Loop() {
		c.judge(b, c.verifier)
	}
}

// primitives are what no verifier of the same bytes can do without: one decryption,
// three signatures, each with the hash of what it covers, and one hash an element.
// Nothing is parsed and nothing is compared.
type primitives struct {
	aead       cipher.AEAD
	nonce      []byte
	ciphertext []byte
	items      [][]byte
	signatures []signature
}

type signature struct {
	key     *ecdsa.PublicKey
	content []byte
	der     []byte
}

// reduce finds the primitives in the answer.
func (c *contest) reduce(b *testing.B) primitives {
	b.Helper()
	// Another key than the session's, which package seal does not give away.
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	p := primitives{nonce: make([]byte, 12)}
	if p.aead, err = cipher.NewGCM(block); err != nil {
		b.Fatal(err)
	}
	p.ciphertext = p.aead.Seal(nil, p.nonce, c.response, nil)
	response, err := mdoc.ParseDeviceResponse(c.response)
	if err != nil {
		b.Fatal(err)
	}
	document := response.Documents[0]
	for _, namespace := range slices.Sorted(maps.Keys(document.IssuerSigned.NameSpaces)) {
		for _, item := range document.IssuerSigned.NameSpaces[namespace] {
			p.items = append(p.items, item.Bytes)
		}
	}
	leaf, err := x509.ParseCertificate(c.leaf)
	if err != nil {
		b.Fatal(err)
	}
	issuerAuth, err := cose.ParseSign1(document.IssuerSigned.IssuerAuth)
	if err != nil {
		b.Fatal(err)
	}
	authentication, err := mdoc.DeviceAuthenticationBytes(c.transcript, document.DocType, document.DeviceSigned.NameSpaces)
	if err != nil {
		b.Fatal(err)
	}
	p.signatures = []signature{
		{c.iaca.PublicKey.(*ecdsa.PublicKey), leaf.RawTBSCertificate, leaf.Signature},
		sign1(b, leaf.PublicKey, document.IssuerSigned.IssuerAuth, issuerAuth.Payload),
		sign1(b, c.device.Public(), document.DeviceSigned.DeviceAuth.Signature, authentication),
	}
	return p
}

// sign1 spells out what a COSE_Sign1 with ES256 and nothing but its algorithm in
// the protected header has signed.
func sign1(b *testing.B, key crypto.PublicKey, raw wire.Raw, payload []byte) signature {
	b.Helper()
	content, err := wire.Marshal([]any{"Signature1", []byte{0xa1, 0x01, 0x26}, []byte{}, payload})
	if err != nil {
		b.Fatal(err)
	}
	size := (elliptic.P256().Params().BitSize + 7) / 8
	rs := raw[len(raw)-2*size:]
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(rs[:size]), new(big.Int).SetBytes(rs[size:])})
	if err != nil {
		b.Fatal(err)
	}
	return signature{key.(*ecdsa.PublicKey), content, der}
}

// BenchmarkCryptoFloor is the part of BenchmarkVerifyFull that is cryptography, on
// the same bytes, with keys and signatures at hand in the form that is the fastest.
func BenchmarkCryptoFloor(b *testing.B) {
	c := newContest(b)
	p := &c.primitives
	b.SetBytes(int64(len(c.response)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.aead.Open(nil, p.nonce, p.ciphertext, nil); err != nil {
			b.Fatal(err)
		}
		for _, item := range p.items {
			sha256.Sum256(item)
		}
		for _, s := range p.signatures {
			if digest := sha256.Sum256(s.content); !ecdsa.VerifyASN1(s.key, digest[:], s.der) {
				b.Fatal("a signature does not verify")
			}
		}
	}
}
