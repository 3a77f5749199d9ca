package selftest

import (
	"context"
	"crypto/elliptic"
	"fmt"
	"sync"
	"time"

	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
)

// verdicts are the codes that the specimen phones of the wrong kind deserve; all
// others verify. None may come to another verdict, were it also a refusal.
var verdicts = map[holder.Scenario]fault.Code{
	holder.LockedPhone:      fault.PhoneLocked,
	holder.BLEOnly:          fault.NoCommonTransport,
	holder.PulledAway:       fault.CardRemoved,
	holder.Declines:         fault.SessionTerminated,
	holder.ReturnsNothing:   fault.DocumentMissing,
	holder.WithholdsElement: fault.Incomplete,
	holder.GarbledAnswer:    fault.MalformedResponse,
	holder.BrokenEncryption: fault.SessionDecryption,
	holder.TamperedElement:  fault.DigestMismatch,
	holder.UnknownIssuer:    fault.UnknownIssuer,
	holder.ExpiredDocument:  fault.Expired,
	holder.WrongDeviceKey:   fault.DeviceSignatureInvalid,
	holder.OtherSession:     fault.DeviceSignatureInvalid,
}

// A bench is where the phones tap. Its authorities are made at the first tap.
type bench struct {
	now time.Time
	pki func() (*specimen.PKI, error)
}

func newBench(now time.Time) *bench {
	return &bench{now: now, pki: sync.OnceValues(func() (*specimen.PKI, error) {
		return specimen.NewPKI(elliptic.P256(), now)
	})}
}

// taps are whole taps with phones made of software: every scenario, and an honest
// phone in each way of saying the same.
func taps(now time.Time) []check {
	b := newBench(now)
	var all []check
	for _, s := range holder.Scenarios() {
		if s == holder.SlowConsent {
			continue // waits for seconds and differs in nothing else
		}
		want, bad := verdicts[s]
		if !bad {
			want = fault.OK
		}
		all = append(all, b.check(string(s), holder.Options{Scenario: s}, want, reader.ShortLimits))
	}
	all = append(all,
		b.check("negotiated-handover", holder.Options{Negotiated: true}, fault.OK, reader.ShortLimits),
		b.check("device-mac", holder.Options{MAC: true}, fault.OK, reader.ShortLimits),
		b.check("extended-apdu", holder.Options{}, fault.OK, reader.ExtendedLimits),
	)
	for _, c := range seal.Curves() {
		all = append(all, b.check("session "+c.String(), holder.Options{Curve: c}, fault.OK, reader.ShortLimits))
	}
	return all
}

// check is a tap that has to come to one verdict.
func (b *bench) check(name string, o holder.Options, want fault.Code, limits reader.Limits) check {
	return check{name, func(ctx context.Context) (string, error) {
		pki, err := b.pki()
		if err != nil {
			return "", err
		}
		o.PKI, o.At = pki, b.now
		got, err := b.tap(ctx, o, limits)
		switch {
		case err != nil:
			return "", err
		case got != want:
			return "", fmt.Errorf("verdict %s (%s) where %s (%s) is right", got, got.Slug(), want, want.Slug())
		}
		return string(got), nil
	}}
}

// tap returns the code that a tap ends with.
func (b *bench) tap(ctx context.Context, o holder.Options, limits reader.Limits) (fault.Code, error) {
	phone, err := holder.New(o)
	if err != nil {
		return "", err
	}
	system := loopback.New("selftest")
	system.SetLimits(limits)
	system.Insert(phone)
	card, err := system.Open(ctx, system.Name())
	if err != nil {
		return "", err
	}
	defer func() { _ = card.Close() }()
	anchor := trust.Anchor{Certificate: o.PKI.IACA.Certificate, Specimen: true}
	verified, err := session.Run(ctx, session.Tap{
		Card: card, Request: request,
		Verifier: &verify.Verifier{
			Trust: trust.NewStore([]trust.Anchor{anchor}, trust.Options{AcceptSpecimen: true}),
			Now:   func() time.Time { return b.now },
		},
	})
	if err != nil {
		return fault.CodeOf(err), nil
	}
	defer verified.Wipe()
	if n := len(verified.Documents()); n != 1 {
		return "", fmt.Errorf("%d documents verified, one was asked for", n)
	}
	return fault.OK, nil
}

// request is what a residence certificate needs, and the portrait, so that an answer
// takes many APDUs.
var request = mdoc.Request{Documents: []mdoc.DocRequest{{
	DocType: mdoc.DocTypeMyNumberCard,
	Elements: []mdoc.ElementRequest{
		{Namespace: mdoc.NamespaceMyNumberCard, Identifier: "full_name_unicode"},
		{Namespace: mdoc.NamespaceMyNumberCard, Identifier: "resident_address_unicode"},
		{Namespace: mdoc.NamespaceMyNumberCard, Identifier: "portrait"},
		{Namespace: mdoc.NamespaceISO23220, Identifier: "birth_date"},
	},
}}}
