package verify

import (
	"testing"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// A value of another type than its namespace gives it is refused where it is handed
// on, and nowhere else.
func TestVerify_ElementOfTheWrongType(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.attributes = []attribute{
		{ns, "full_name_unicode", []byte("a name in bytes")}, {ns, "portrait", "a picture in text"}, {ns, "sex_unicode", 2},
		{nsISO, "age_in_years", "37"}, {nsISO, "sex", "2"}, {nsISO, "birth_date", map[string]any{"birth_date": wire.FullDate("1989-03-31")}},
		{nsISO, "unknown", nil}, {ns, "resident_address_unicode", "見本\u3000一丁目"},
	}
	raw := l.answer(t, d)
	for _, c := range []struct {
		asked *mdoc.Request
		want  fault.Code
	}{
		{ask(ns, "full_name_unicode"), fault.ElementMalformed},
		{ask(ns, "portrait"), fault.ElementMalformed},
		{ask(ns, "sex_unicode"), fault.ElementMalformed},
		{ask(nsISO, "age_in_years"), fault.ElementMalformed},
		{ask(nsISO, "sex", nsISO, "birth_date", nsISO, "unknown", ns, "resident_address_unicode"), fault.OK},
	} {
		verified, err := l.verify(raw, c.asked)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%v: %v", c.asked, err)
		}
		if err != nil {
			continue
		}
		want := map[string]string{
			"sex": `"2"`, "birth_date": `"1989-03-31"`, "unknown": "null",
			"resident_address_unicode": "\"見本\u3000一丁目\"", // the ideographic space as it was signed
		}
		elements := verified.Documents()[0].Elements
		if len(elements) != len(want) {
			t.Errorf("got %v", elements)
		}
		for _, e := range elements {
			if got, err := e.AppendJSON(nil); err != nil || string(got) != want[e.Identifier] {
				t.Errorf("%s: %s, %v", e.Identifier, got, err)
			}
		}
	}
	// Who only looks at the document is told how many there are.
	verified, err := l.verify(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := verified.Warnings(); len(w) != 1 || w[0] != (Warning{Code: fault.ElementMalformed, DocType: mdoc.DocTypeMyNumberCard, Count: 4}) {
		t.Errorf("warnings %v", w)
	}
}
