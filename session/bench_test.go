package session_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/holder"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
)

// BenchmarkTapLoopback is a whole tap over the in-process reader, both halves of it:
// what a terminal adds to the air time and to the holder's thinking, with the APDUs
// and the bytes that go over the air. Beside it stands BenchmarkFloor, the public-key operations and key derivations that neither
// half can do without.
func BenchmarkTapLoopback(b *testing.B) {
	for name, request := range map[string]mdoc.Request{"without portrait": residence(), "with portrait": withPortrait()} {
		b.Run(name, func(b *testing.B) {
			ctx := b.Context()
			system := loopback.New("reader")
			check := verifier(pki())
			system.Insert(phone(b, holder.Options{}))
			var last session.Summary
			observe := func(e session.Event) {
				if e.Summary != nil {
					last = *e.Summary
				}
			}
			for b.Loop() {
				b.StopTimer()
				key, err := seal.Generate(seal.P256) // as before a tap
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				card, err := system.Open(ctx, "reader")
				if err != nil {
					b.Fatal(err)
				}
				verified, err := session.Run(ctx, session.Tap{Card: card, Request: request, Verifier: check, Key: key, Observe: observe})
				if err != nil {
					b.Fatal(err)
				}
				verified.Wipe()
				if err := card.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(last.APDUs), "APDUs/op")
			b.ReportMetric(float64(last.Sent+last.Received), "airbytes/op")
		})
	}
}

func BenchmarkFloor(b *testing.B) {
	theirs, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	ours, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256(nil)
	for b.Loop() {
		if _, err := ecdh.P256().GenerateKey(rand.Reader); err != nil { // EDeviceKey
			b.Fatal(err)
		}
		for _, pair := range [][2]*ecdh.PrivateKey{{ours, theirs}, {theirs, ours}} {
			secret, err := pair[0].ECDH(pair[1].PublicKey())
			if err != nil {
				b.Fatal(err)
			}
			for _, info := range []string{"SKReader", "SKDevice"} {
				if _, err := hkdf.Key(sha256.New, secret, digest[:], info, 32); err != nil {
					b.Fatal(err)
				}
			}
		}
		signature, err := ecdsa.SignASN1(rand.Reader, signer, digest[:]) // DeviceAuth
		if err != nil {
			b.Fatal(err)
		}
		for range 3 { // document signer, IssuerAuth, DeviceAuth
			if !ecdsa.VerifyASN1(&signer.PublicKey, digest[:], signature) {
				b.Fatal("no signature")
			}
		}
	}
}
