package verify

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// The individual number goes no further than here, whoever asks.
func TestIndividualNumber_IsDroppedAndAlarmed(t *testing.T) {
	l := newLab(t)
	const number = "123456789018"
	d := l.draft(t)
	d.attributes = append(d.attributes, attribute{ns, mdoc.IndividualNumber, number})
	raw := l.answer(t, d)
	for name, requested := range map[string]*mdoc.Request{"nothing asked": nil, "something asked": ask(ns, "full_name_unicode")} {
		response := bytes.Clone(raw)
		verified, err := l.verifier.Verify(Input{Response: response, Transcript: transcript, Requested: requested})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if slices.Contains(names(verified), mdoc.IndividualNumber) {
			t.Errorf("%s: handed on", name)
		}
		if bytes.Contains(response, []byte(number)) {
			t.Errorf("%s: still in memory", name)
		}
		alarmed := slices.ContainsFunc(verified.Warnings(), func(w Warning) bool { return w.Code == fault.ForbiddenElementReceived && w.Count == 1 })
		if !alarmed {
			t.Errorf("%s: no alarm in %v", name, verified.Warnings())
		}
	}
	if _, err := l.verify(raw, ask(ns, mdoc.IndividualNumber)); fault.CodeOf(err) != fault.Incomplete {
		t.Errorf("asked for: %v", err)
	}
}

// The alarm does not depend on what else is wrong with the answer, and neither does
// what was odd before: both stand in the failure.
func TestIndividualNumber_AlarmSurvivesEveryFailure(t *testing.T) {
	l := newLab(t)
	number := attribute{ns, mdoc.IndividualNumber, "123456789018"}
	for name, c := range map[string]struct {
		spoil func(*draft)
		check Check
		want  []Warning
	}{
		"a status beside it": {func(d *draft) { d.answered = func(r *mdoc.DeviceResponse) { r.Status = 10 } }, CheckStatus, nil},
		"an issuer unknown":  {func(d *draft) { d.chain = nil }, CheckPath, nil},
		"a digest that differs": {func(d *draft) {
			d.issued = func(doc *mdoc.Document) { change(t, &doc.IssuerSigned.NameSpaces[nsISO][0]) }
		}, CheckDigests, nil},
		"an element missing": {func(d *draft) { d.attributes = d.attributes[1:] }, CheckComplete, []Warning{{Code: fault.UpdateOverdue, DocType: mdoc.DocTypeMyNumberCard}}},
	} {
		d := l.draft(t)
		overdue := wire.TDate(l.now.Add(-time.Hour))
		d.mso.ValidityInfo.ExpectedUpdate = &overdue
		c.spoil(d)
		d.attributes = append(d.attributes, number)
		_, err := l.verify(l.answer(t, d), ask(ns, "full_name_unicode"))
		var failure *Failure
		if !errors.As(err, &failure) || failure.Check != c.check {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := append([]Warning{{Code: fault.ForbiddenElementReceived, DocType: mdoc.DocTypeMyNumberCard, Count: 1}}, c.want...)
		if diff := cmp.Diff(want, failure.Warnings); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// Of an answer that cannot be read its name is all there is to go by.
	d := l.draft(t)
	d.attributes = append(d.attributes, number)
	var failure *Failure
	_, err := l.verify(append(l.answer(t, d), 0), ask(ns, "full_name_unicode"))
	if !errors.As(err, &failure) || failure.Check != CheckResponse || !slices.Equal(failure.Warnings, []Warning{{Code: fault.ForbiddenElementReceived}}) {
		t.Errorf("an answer that cannot be read: %v, %+v", err, failure)
	}
	_, err = l.verify(append(l.answer(t, l.draft(t)), 0), ask(ns, "full_name_unicode"))
	if !errors.As(err, &failure) || failure.Check != CheckResponse || failure.Warnings != nil {
		t.Errorf("one without it: %v, %+v", err, failure)
	}
	// A document that nobody asked for, and whose docType may be anything, is counted.
	d = l.draft(t)
	d.attributes = append(d.attributes, number)
	d.answered = func(r *mdoc.DeviceResponse) { r.Documents[0].DocType = "YAMADA HANAKO" }
	_, err = l.verify(l.answer(t, d), ask(ns, "full_name_unicode"))
	if !errors.As(err, &failure) || !slices.Equal(failure.Warnings, []Warning{{Code: fault.ForbiddenElementReceived, Count: 1}}) {
		t.Errorf("a document that was not asked for: %v, %+v", err, failure)
	}
	// What the phone says of itself counts too.
	d = l.draft(t)
	d.deviceElements = map[string]map[string]any{ns: {mdoc.IndividualNumber: number.value}}
	_, err = l.verify(l.answer(t, d), ask(ns, "full_name_unicode"))
	if !errors.As(err, &failure) || failure.Check != CheckKeyAuthorizations || len(failure.Warnings) != 1 {
		t.Errorf("signed by the phone: %v, %+v", err, failure)
	}
}

// change gives an item another value than the one that was digested.
func change(t *testing.T, item *mdoc.IssuerSignedItem) {
	t.Helper()
	var err error
	if *item, err = mdoc.NewIssuerSignedItem(item.DigestID, item.Random, item.ElementIdentifier, "1971-09-02"); err != nil {
		t.Fatal(err)
	}
}
