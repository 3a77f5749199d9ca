package verify

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// asserting makes a draft whose phone may sign in the ISO namespace and does: it
// holds back what the issuer signed there, which is not to its liking.
func (l *lab) asserting(t *testing.T) *draft {
	t.Helper()
	d := l.draft(t)
	d.mso.DeviceKeyInfo.KeyAuthorizations = &mdoc.KeyAuthorizations{NameSpaces: []string{nsISO}}
	d.deviceElements = map[string]map[string]any{nsISO: {"age_over_20": true, "birth_date": "1971-09-01"}}
	d.issued = func(doc *mdoc.Document) { delete(doc.IssuerSigned.NameSpaces, nsISO) }
	return d
}

// What the phone says of its holder is not what the issuer says, whatever the
// issuer lets it sign.
func TestVerify_DeviceSignedAnswersNoRequest(t *testing.T) {
	l := newLab(t)
	raw := l.answer(t, l.asserting(t))
	for _, element := range []string{"age_over_20", "age_over_18", "birth_date"} {
		if _, err := l.verify(raw, ask(nsISO, element)); fault.CodeOf(err) != fault.Incomplete {
			t.Errorf("%s: %v", element, err)
		}
	}
	response := bytes.Clone(raw)
	verified, err := l.verifier.Verify(Input{Response: response, Transcript: transcript, Requested: ask(ns, "full_name_unicode")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"full_name_unicode"}, names(verified)); diff != "" {
		t.Error(diff)
	}
	// Two of the issuer's and two of the phone's.
	want := []Warning{{Code: fault.UnaskedElements, DocType: mdoc.DocTypeMyNumberCard, Count: 4}}
	if diff := cmp.Diff(want, verified.Warnings()); diff != "" {
		t.Error(diff)
	}
	if bytes.Contains(response, []byte("1971-09-01")) {
		t.Error("what the phone said is still in memory")
	}
}

// Whoever only looks at a document sees who signed what.
func TestVerify_DeviceSignedIsMarked(t *testing.T) {
	l := newLab(t)
	verified, err := l.verify(l.answer(t, l.asserting(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	marked := 0
	for _, e := range verified.Documents()[0].Elements {
		if e.DeviceSigned != (e.Namespace == nsISO) {
			t.Errorf("%s: device-signed %t", e.Identifier, e.DeviceSigned)
		}
		if e.DeviceSigned {
			marked++
		}
	}
	if marked != 2 {
		t.Errorf("%d elements are device-signed", marked)
	}
}

// However the elements came, those of one namespace stand together: in an object
// of JSON a namespace has one place.
func TestVerify_ElementsAreOrderedByNamespace(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.mso.DeviceKeyInfo.KeyAuthorizations = &mdoc.KeyAuthorizations{NameSpaces: []string{ns, nsISO}}
	d.deviceElements = map[string]map[string]any{nsISO: {"email": "x"}, ns: {"phone_number": "0"}}
	verified, err := l.verify(l.answer(t, d), nil)
	if err != nil {
		t.Fatal(err)
	}
	last, seen := "", map[string]bool{}
	for _, e := range verified.Documents()[0].Elements {
		if e.Namespace != last && seen[e.Namespace] {
			t.Errorf("%s comes back", e.Namespace)
		}
		last, seen[e.Namespace] = e.Namespace, true
	}
	if len(seen) != 2 {
		t.Errorf("namespaces %v", seen)
	}
}
