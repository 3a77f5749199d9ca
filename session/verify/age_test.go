package verify

import (
	"testing"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// Whoever asks for an age gets it under the name that was asked for, or nothing.
func TestAge_UnderTheNameThatWasAsked(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name       string
		attributes []attribute
		want       string // JSON of age_over_20
		other      int    // count of the warning
		code       fault.Code
	}{
		{"itself", []attribute{{nsISO, "age_over_20", false}}, "false", 0, fault.OK},
		{"older, yes", []attribute{{nsISO, "age_over_21", true}}, "true", 1, fault.OK},
		{"younger, no", []attribute{{nsISO, "age_over_18", false}}, "false", 1, fault.OK},
		{"nothing that settles it", []attribute{{nsISO, "age_over_18", true}, {nsISO, "age_over_25", false}}, "", 0, fault.Incomplete},
		{"another namespace", []attribute{{ns, "age_over_20", true}}, "", 0, fault.Incomplete},
		{"contradicts another", []attribute{{nsISO, "age_over_20", true}, {nsISO, "age_over_18", false}}, "", 0, fault.AgesContradict},
		{"two others contradict", []attribute{{nsISO, "age_over_20", true}, {nsISO, "age_over_30", false}, {nsISO, "age_over_40", true}}, "", 0, fault.AgesContradict},
		{"text", []attribute{{nsISO, "age_over_20", "no"}}, "", 0, fault.ElementMalformed},
		{"number", []attribute{{nsISO, "age_over_20", 0}}, "", 0, fault.ElementMalformed},
		{"null", []attribute{{nsISO, "age_over_20", nil}}, "", 0, fault.ElementMalformed},
		{"text beside one that settles it", []attribute{{nsISO, "age_over_20", "no"}, {nsISO, "age_over_25", true}}, "", 0, fault.ElementMalformed},
		{"another one is text", []attribute{{nsISO, "age_over_25", "yes"}}, "", 0, fault.Incomplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := l.draft(t)
			d.attributes = c.attributes
			verified, err := l.verify(l.answer(t, d), ask(nsISO, "age_over_20"))
			if fault.CodeOf(err) != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if err != nil {
				return
			}
			elements := verified.Documents()[0].Elements
			if len(elements) != 1 || elements[0].Identifier != "age_over_20" {
				t.Fatalf("got %v", elements)
			}
			if got, err := elements[0].AppendJSON(nil); err != nil || string(got) != c.want {
				t.Errorf("got %s, %v", got, err)
			}
			other := 0
			for _, w := range verified.Warnings() {
				if w.Code == fault.AgeByOtherAttestation {
					other = w.Count
				}
			}
			if other != c.other {
				t.Errorf("warned of %d, want %d", other, c.other)
			}
		})
	}
}

// One attestation may answer several questions, its own among them.
func TestAge_OneAttestationForSeveral(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.attributes = []attribute{{nsISO, "age_over_25", true}}
	verified, err := l.verify(l.answer(t, d), ask(nsISO, "age_over_18", nsISO, "age_over_25", nsISO, "age_over_20", nsISO, "age_over_18"))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(verified); len(got) != 3 || got[0] != "age_over_18" || got[1] != "age_over_20" || got[2] != "age_over_25" {
		t.Errorf("got %v", got)
	}
	if w := verified.Warnings(); len(w) != 1 || w[0] != (Warning{Code: fault.AgeByOtherAttestation, DocType: mdoc.DocTypeMyNumberCard, Count: 2}) {
		t.Errorf("warnings %v", w)
	}
}

// A date of which some digits are a guess must not pass for a day.
func TestVerify_ApproximateBirthDate(t *testing.T) {
	l := newLab(t)
	for mask, want := range map[string]fault.Code{"00000000": fault.OK, "00001111": fault.ElementMalformed} {
		d := l.draft(t)
		d.attributes = []attribute{{nsISO, "birth_date", map[string]any{"birth_date": "1989-03-31", "approximate_mask": mask}}}
		if _, err := l.verify(l.answer(t, d), ask(nsISO, "birth_date")); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", mask, err)
		}
	}
}

// What a kiosk would be handed is bounded, for one value and for all together.
func TestVerify_TooMuchJSON(t *testing.T) {
	l := newLab(t)
	blanks := func(n int) []any { // 54 bytes of JSON for one of CBOR
		items := make([]any, n)
		for i := range items {
			items[i] = []byte{}
		}
		return items
	}
	half := []any{}
	for range 45 {
		half = append(half, blanks(1000))
	}
	d := l.draft(t)
	d.attributes = []attribute{{ns, "a", half}, {ns, "b", half}, {ns, "both", []any{half, half}}}
	raw := l.answer(t, d)
	for _, c := range []struct {
		elements []string
		want     fault.Code
	}{
		{[]string{ns, "a"}, fault.OK},
		{[]string{ns, "a", ns, "b"}, fault.ResponseTooLarge},
		{[]string{ns, "both"}, fault.ResponseTooLarge},
	} {
		if _, err := l.verify(raw, ask(c.elements...)); fault.CodeOf(err) != c.want {
			t.Errorf("%v: %v, want %s", c.elements, err, c.want)
		}
	}
}
