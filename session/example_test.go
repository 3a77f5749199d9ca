package session_test

import (
	"context"
	"crypto/elliptic"
	"fmt"
	"time"

	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/holder"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
)

// A specimen phone lies on the in-process reader and is asked for one boolean.
func ExampleRun() {
	ctx, now := context.Background(), time.Now()
	pki, err := specimen.NewPKI(elliptic.P256(), now)
	if err != nil {
		fmt.Println(err)
		return
	}
	phone, err := holder.New(holder.Options{PKI: pki, At: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	system := loopback.New("reader")
	system.Insert(phone)
	card, err := system.Open(ctx, "reader")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = card.Close() }()

	anchor := trust.Anchor{Certificate: pki.IACA.Certificate, Specimen: true}
	verified, err := session.Run(ctx, session.Tap{
		Card: card,
		Request: mdoc.Request{Documents: []mdoc.DocRequest{{
			DocType:  mdoc.DocTypeMyNumberCard,
			Elements: []mdoc.ElementRequest{{Namespace: mdoc.NamespaceISO23220, Identifier: "age_over_20"}},
		}}},
		Verifier: &verify.Verifier{
			Trust: trust.NewStore([]trust.Anchor{anchor}, trust.Options{AcceptSpecimen: true}), Now: time.Now,
		},
		Observe: func(e session.Event) {
			if e.Exchange == nil {
				fmt.Println(e.Phase)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer verified.Wipe()
	value, err := verified.Documents()[0].Elements[0].AppendJSON(nil)
	fmt.Println(string(value), err)
	// Output:
	// engaging
	// connecting
	// requesting
	// receiving
	// verifying
	// done
	// true <nil>
}
