package verify

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"
)

// BenchmarkVerify sets the verification of an answer of 23 kB beside the
// primitives that no verifier can do without: the signatures of certificate,
// issuer and device, reading one certificate, and SHA-256 over the answer.
func BenchmarkVerify(b *testing.B) {
	l := newLab(b)
	d := l.draft(b)
	portrait := make([]byte, 20<<10)
	copy(portrait, "\xff\xd8\xff\xe0")
	for i := range d.attributes {
		if d.attributes[i].identifier == "portrait" {
			d.attributes[i].value = portrait
		}
	}
	for _, id := range []string{"sex_unicode", "birth_date_unicode", "local_gov_code_unicode", "a", "b", "c", "d"} {
		d.attributes = append(d.attributes, attribute{ns, id, string(bytes.Repeat([]byte("x"), 100))})
	}
	raw := l.answer(b, d)
	requested := all(d)
	scratch := make([]byte, len(raw))

	b.Run("answer", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			copy(scratch, raw)
			if _, err := l.verifier.Verify(Input{Response: scratch, Transcript: transcript, Requested: requested}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		digest := sha256.Sum256(raw)
		key := l.device.(*ecdsa.PrivateKey)
		signature, err := ecdsa.SignASN1(nil, key, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			copy(scratch, raw)
			leaf, err := x509.ParseCertificate(l.leaf)
			if err != nil {
				b.Fatal(err)
			}
			if err := l.iaca.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
				b.Fatal(err)
			}
			sum := sha256.Sum256(scratch)
			for range 2 {
				if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], signature) {
					b.Fatal("not verified")
				}
			}
		}
	})
}
