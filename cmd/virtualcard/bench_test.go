package main

import (
	"context"
	"crypto/elliptic"
	"testing"
	"time"

	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/reader/pcsctest"
	"kazashi/reader/vpcd"
	"kazashi/session"
	"kazashi/session/holder"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
)

// BenchmarkTapPCSC is a whole tap through a real pcscd and its virtual reader, from
// the open card to the verified answer: BenchmarkTapLoopback and what pcscd adds.
// How long pcscd takes to see the card is left out; vpcd is polled for that.
func BenchmarkTapPCSC(b *testing.B) {
	service := pcsctest.Start(b)
	now := time.Now()
	authorities, err := specimen.NewPKI(elliptic.P256(), now)
	if err != nil {
		b.Fatal(err)
	}
	phone, err := holder.New(holder.Options{PKI: authorities, At: now})
	if err != nil {
		b.Fatal(err)
	}
	anchors := []trust.Anchor{{Certificate: authorities.IACA.Certificate}}
	verifier := &verify.Verifier{Trust: trust.NewStore(anchors, trust.Options{AcceptSpecimen: true}), Now: time.Now}
	service.Insert(b, phone)
	arrive(b, pcsc.New(pcsc.Options{Include: pcsctest.Reader(0)}))
	for name, limits := range map[string]reader.Limits{"short": reader.ShortLimits, "extended": vpcd.Limits} {
		for what, identifier := range map[string]string{"without portrait": "full_name_unicode", "with portrait": "portrait"} {
			b.Run(name+" "+what, func(b *testing.B) {
				system := pcsc.New(pcsc.Options{Include: pcsctest.Reader(0), Limits: limits})
				request := mdoc.Request{Documents: []mdoc.DocRequest{{
					DocType:  mdoc.DocTypeMyNumberCard,
					Elements: []mdoc.ElementRequest{{Namespace: mdoc.NamespaceMyNumberCard, Identifier: identifier}},
				}}}
				var last session.Summary
				for b.Loop() {
					last = tapOnce(b, system, session.Tap{Request: request, Verifier: verifier})
				}
				b.ReportMetric(float64(last.APDUs), "APDUs/op")
				b.ReportMetric(float64(last.Sent+last.Received), "airbytes/op")
			})
		}
	}
}

// arrive returns when the reader has seen the card.
func arrive(b *testing.B, system reader.System) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	arrived := false
	_ = system.Watch(ctx, func(e reader.Event) {
		if e.Kind == reader.Arrived {
			arrived = true
			cancel()
		}
	})
	if !arrived {
		b.Fatal("the reader did not see the card")
	}
}

// tapOnce runs one tap; the time of opening and closing the card and of making the
// key is not counted.
func tapOnce(b *testing.B, system reader.System, tap session.Tap) (s session.Summary) {
	b.Helper()
	b.StopTimer()
	defer b.StartTimer()
	var err error
	if tap.Key, err = seal.Generate(seal.P256); err != nil {
		b.Fatal(err)
	}
	if tap.Card, err = system.Open(b.Context(), pcsctest.Reader(0)); err != nil {
		b.Fatal(err)
	}
	tap.Observe = func(e session.Event) {
		if e.Summary != nil {
			s = *e.Summary
		}
	}
	b.StartTimer()
	verified, err := session.Run(b.Context(), tap)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	verified.Wipe()
	if err := tap.Card.Close(); err != nil {
		b.Fatal(err)
	}
	return s
}
