package mdoc

import (
	"errors"
	"strings"
	"testing"

	"kazashi/session/wire"
)

// Every type with what passes for it in the wild and what does not.
func TestElementTypes(t *testing.T) {
	const mdl, jp, iso = NamespaceDrivingLicence, NamespaceMyNumberCard, NamespaceISO23220
	dated := []any{
		wire.FullDate("1971-09-01"), "1971-09-01", "1971-09-01T00:00:00Z",
		wire.Raw("\xc0\x741971-09-01T00:00:00Z"), wire.Raw("\xc0\x6a1971-09-01"),
	}
	undated := []any{"1 September 1971", "1971-02-30", "", 19710901, nil, wire.Raw("\xc1\x1a\x03\x20\x00\x00"), wire.Raw("\xd9\x03\xec\x01"), []byte("1971-09-01")}
	privilege := map[string]any{"vehicle_category_code": "B"}
	for _, c := range []struct {
		namespace, identifiers string
		good, bad              []any
	}{
		{mdl, "family_name given_name issuing_country document_number un_distinguishing_sign resident_postal_code", []any{"Mihon", ""}, []any{1, true, nil, []byte("Mihon"), []any{"Mihon"}, wire.Raw("\xc0\x61a")}},
		{jp, "full_name_unicode resident_address_unicode local_gov_code_unicode sex_unicode birth_date_unicode", []any{"見本\u3000花子"}, []any{99999, nil, []byte("x"), wire.FullDate("1971-09-01")}},
		{mdl, "portrait signature_usual_mark", []any{[]byte{0xff, 0xd8, 0xff}}, []any{"/9j/", nil, []any{[]byte{1}}}},
		{jp, "portrait", []any{[]byte{0xff, 0xd8, 0xff}}, []any{"/9j/", nil}},
		{mdl, "birth_date issue_date expiry_date portrait_capture_date", dated, append(undated, map[string]any{"birth_date": "1971-09-01"})},
		{iso, "birth_date", append(dated, map[string]any{"birth_date": "1971-09-01"}), undated},
		{mdl, "sex age_in_years age_birth_year height weight", []any{0, 2, 65}, []any{"2", -1, 1.5, true, nil}},
		{iso, "sex", []any{2, "2", "female"}, []any{-1, true, nil}},
		{iso, "age_in_years", []any{37}, []any{"37", 37.0, true, nil}},
		{mdl, "age_over_18 age_over_65", []any{true, false}, []any{1, "true", nil, wire.Raw("\xf7")}},
		{iso, "age_over_20", []any{true, false}, []any{0, "no", nil}},
		{jp, "age_over_20", []any{true}, []any{"yes"}},
		{mdl, "driving_privileges", []any{[]any{privilege, privilege}, []any{}}, []any{privilege, []any{"B"}, []any{privilege, 1}, "B", nil}},
		// What is not known may be anything.
		{mdl, "age_over_XX eye_color welcome_range", []any{1, "x", nil, true}, nil},
		{jp, "birth_date", []any{1, "x", nil}, nil},
		{"org.iso.18013.5.1.aamva", "sex age_over_18 portrait", []any{"x", nil, 1}, nil},
	} {
		for identifier := range strings.FieldsSeq(c.identifiers) {
			for _, v := range c.good {
				if err := CheckElementType(c.namespace, identifier, encode(t, v)); err != nil {
					t.Errorf("%s %s, %v: %v", c.namespace, identifier, v, err)
				}
			}
			for _, v := range c.bad {
				if err := CheckElementType(c.namespace, identifier, encode(t, v)); !errors.Is(err, ErrElementType) {
					t.Errorf("%s %s, %v: %v", c.namespace, identifier, v, err)
				}
			}
		}
	}
}

// An error says what kind of value it met, and nothing of the value.
func TestElementTypeErrorsKeepTheValue(t *testing.T) {
	err := CheckElementType(NamespaceDrivingLicence, "portrait", encode(t, "YAMADA HANAKO"))
	if err == nil || err.Error() != "element of the wrong type: text string where bstr belongs" {
		t.Errorf("got %v", err)
	}
}
