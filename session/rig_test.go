package session_test

import (
	"context"
	"crypto/elliptic"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// pki is shared: making one takes longer than a tap.
var pki = sync.OnceValue(func() *specimen.PKI {
	p, err := specimen.NewPKI(elliptic.P256(), now)
	if err != nil {
		panic(err)
	}
	return p
})

func verifier(p *specimen.PKI) *verify.Verifier {
	store := trust.NewStore([]trust.Anchor{{Certificate: p.IACA.Certificate, Specimen: true}}, trust.Options{AcceptSpecimen: true})
	return &verify.Verifier{Trust: store, Now: func() time.Time { return now }}
}

// residence is what a kiosk asks for to issue a residence certificate.
func residence() mdoc.Request {
	const jp = mdoc.NamespaceMyNumberCard
	return mdoc.Request{Documents: []mdoc.DocRequest{{DocType: mdoc.DocTypeMyNumberCard, Elements: []mdoc.ElementRequest{
		{Namespace: jp, Identifier: "full_name_unicode"},
		{Namespace: jp, Identifier: "resident_address_unicode"},
		{Namespace: jp, Identifier: "local_gov_code_unicode"},
		{Namespace: mdoc.NamespaceISO23220, Identifier: "birth_date"},
	}}}}
}

func withPortrait() mdoc.Request {
	r := residence()
	r.Documents[0].Elements = append(r.Documents[0].Elements, mdoc.ElementRequest{
		Namespace: mdoc.NamespaceMyNumberCard, Identifier: "portrait",
	})
	return r
}

func phone(t testing.TB, o holder.Options) *holder.Phone {
	t.Helper()
	if o.PKI == nil {
		o.PKI = pki()
	}
	o.At = now
	p, err := holder.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A result is a tap that is over.
type result struct {
	verified *verify.Verified
	err      error
	events   []session.Event
	recorded *loopback.Recorder
}

func (r result) summary() session.Summary { return *r.events[len(r.events)-1].Summary }

// tap lays a card on an in-process reader and runs one tap with it.
func tap(t testing.TB, ctx context.Context, card reader.Responder, change ...func(*session.Tap)) result {
	t.Helper()
	r := result{recorded: loopback.Record(card)}
	system := loopback.New("reader")
	system.Insert(r.recorded)
	defer system.Remove()
	opened, err := system.Open(ctx, "reader")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	tap := session.Tap{
		Card: opened, Request: residence(), Verifier: verifier(pki()),
		Observe: func(e session.Event) { r.events = append(r.events, e) },
	}
	for _, f := range change {
		f(&tap)
	}
	r.verified, r.err = session.Run(ctx, tap)
	if (r.verified == nil) == (r.err == nil) {
		t.Errorf("verified %v with error %v", r.verified, r.err)
	}
	if last := r.events[len(r.events)-1]; last.Phase != session.Done || last.Summary == nil || last.Summary.Code != fault.CodeOf(r.err) {
		t.Errorf("the last event is %+v", last)
	}
	if r.verified != nil {
		t.Cleanup(r.verified.Wipe)
	}
	return r
}

// steps returns the names of the commands that were answered.
func (r result) steps() []string {
	var names []string
	for _, e := range r.events {
		if e.Exchange != nil {
			names = append(names, e.Exchange.Step)
		}
	}
	return names
}

// phases returns the phases that were entered.
func (r result) phases() []session.Phase {
	var phases []session.Phase
	for _, e := range r.events {
		if !slices.Contains(phases, e.Phase) {
			phases = append(phases, e.Phase)
		}
	}
	return phases
}

// names returns the elements that were verified.
func names(v *verify.Verified) []string {
	var out []string
	for _, d := range v.Documents() {
		for _, e := range d.Elements {
			out = append(out, e.Identifier)
		}
	}
	slices.Sort(out)
	return out
}
