package mdoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kazashi/session/wire"
)

func encode(t testing.TB, v any) wire.Raw {
	t.Helper()
	b, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestValueJSON(t *testing.T) {
	jpeg := []byte{0xff, 0xd8, 0xff, 0xe0}
	for _, c := range []struct {
		name, identifier string
		value            any
		want             string
	}{
		{"text", "full_name_unicode", "見本\u3000花子", `"見本　花子"`},
		{"text with marks", "x", "a\"b\\c\n\x00", `"a\"b\\c\u000a\u0000"`},
		{"empty text", "x", "", `""`},
		{"true", "age_over_20", true, `true`},
		{"false", "age_over_20", false, `false`},
		{"sex as a number", "sex", 2, `2`},
		{"sex as text", "sex", "2", `"2"`},
		{"largest number", "x", uint64(1<<64 - 1), `18446744073709551615`},
		{"negative number", "x", -500, `-500`},
		{"fraction", "x", 1.5, `1.5`},
		{"null", "x", nil, `null`},
		{"full-date", "issue_date", wire.FullDate("2026-01-02"), `"2026-01-02"`},
		{"tdate", "issue_date", wire.Raw("\xc0\x742026-01-02T03:04:05Z"), `"2026-01-02T03:04:05Z"`},
		{"portrait", "portrait", jpeg, `{"media_type":"image/jpeg","base64":"/9j/4A=="}`},
		{"bytes", "x", []byte{1}, `{"media_type":"application/octet-stream","base64":"AQ=="}`},
		{"array", "x", []any{1, "a", true}, `[1,"a",true]`},
		{"empty array", "x", []any{}, `[]`},
		{
			"driving privileges", "driving_privileges",
			[]any{map[string]any{"vehicle_category_code": "A", "issue_date": wire.FullDate("2018-08-09"), "codes": []any{}}},
			`[{"codes":[],"issue_date":"2018-08-09","vehicle_category_code":"A"}]`,
		},
		{"birth date, full-date", "birth_date", wire.FullDate("1971-09-01"), `"1971-09-01"`},
		{"birth date, text", "birth_date", "1971-09-01", `"1971-09-01"`},
		{"birth date, tdate", "birth_date", wire.Raw("\xc0\x741971-09-01T00:00:00Z"), `"1971-09-01"`},
		{"birth date, map", "birth_date", map[string]any{"approximate_mask": "00000000", "birth_date": wire.FullDate("1971-09-01")}, `"1971-09-01"`},
		{"birth date, map of text", "birth_date", map[string]any{"birth_date": "1971-09-01"}, `"1971-09-01"`},
		{"birth date of the Japanese namespace", "birth_date_unicode", "1971年9月1日", `"1971年9月1日"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := AppendValueJSON([]byte("> "), c.identifier, encode(t, c.value))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "> "+c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if !json.Valid(got[2:]) {
				t.Error("no valid JSON")
			}
			if n, err := ValueJSONLen(c.identifier, encode(t, c.value)); err != nil || n != len(c.want) {
				t.Errorf("measured as %d bytes, %v; it has %d", n, err, len(c.want))
			}
		})
	}
}

func TestValueJSON_Refused(t *testing.T) {
	for name, c := range map[string]struct {
		identifier string
		value      any
	}{
		"birth date that is no day":     {"birth_date", "1971-02-30"},
		"birth date in Japanese":        {"birth_date", "1971年9月1日"},
		"birth date and garbage":        {"birth_date", "1971-09-01Tgarbage"},
		"birth date of half a time":     {"birth_date", "1971-09-01T00:00"},
		"birth date map with garbage":   {"birth_date", map[string]any{"birth_date": "1971-09-01Tgarbage"}},
		"birth date as a number":        {"birth_date", 19710901},
		"birth date map without a date": {"birth_date", map[string]any{"mask": 1}},
		"birth date map in a map":       {"birth_date", map[string]any{"birth_date": map[string]any{"birth_date": "1971-09-01"}}},
		"approximate birth date":        {"birth_date", map[string]any{"approximate_mask": "00001111", "birth_date": "1971-09-01"}},
		"mask of another length":        {"birth_date", map[string]any{"approximate_mask": "0000", "birth_date": "1971-09-01"}},
		"mask that is no text":          {"birth_date", map[string]any{"approximate_mask": 0, "birth_date": "1971-09-01"}},
		"mask without a date":           {"birth_date", map[string]any{"approximate_mask": "00000000"}},
		"number below -2^63":            {"x", wire.Raw{0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		"map with a number as a key":    {"x", map[int]int{1: 1}},
	} {
		if _, err := AppendValueJSON(nil, c.identifier, encode(t, c.value)); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ValueJSONLen(c.identifier, encode(t, c.value)); !errors.Is(err, ErrValue) {
			t.Errorf("%s, measured: %v", name, err)
		}
	}
}

// Personal data must not stay in an array that was left for a larger one.
func TestValueJSON_ClearsWhatItLeaves(t *testing.T) {
	first, err := AppendValueJSON(make([]byte, 0, 32), "x", encode(t, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = AppendValueJSON(first, "x", encode(t, strings.Repeat("a", 4096))); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(first, []byte("secret")) {
		t.Error("a copy stays behind")
	}
}

// Small items do not make large arrays: room is made for what is written and a
// comma for each, and for no more than MaxValueJSON.
func TestValueJSON_RoomIsWhatIsNeeded(t *testing.T) {
	nest := func(item any) []any {
		inner, outer := make([]any, 1000), make([]any, 70)
		for i := range inner {
			inner[i] = item
		}
		for i := range outer {
			outer[i] = inner
		}
		return outer
	}
	for name, item := range map[string]any{
		"numbers": 0, "negative numbers": -1, "large numbers": uint64(1<<64 - 1), "fractions": 1.5, "nulls": nil, "texts": "", "arrays": []any{}, "truths": true,
	} {
		value := encode(t, nest(item))
		got, err := AppendValueJSON(nil, "x", value)
		if err != nil {
			t.Fatal(err)
		}
		if cap(got) > len(got)+200 {
			t.Errorf("%s: room for %d bytes, %d are needed", name, cap(got), len(got))
		}
	}
	large := encode(t, append(nest([]byte{}), nest([]byte{})...))
	if got, err := AppendValueJSON(nil, "x", large); !errors.Is(err, ErrValueSize) || !errors.Is(err, ErrValue) || got != nil {
		t.Errorf("%d bytes of cbor, %d of json: %v", len(large), len(got), err)
	}
}

// Whatever passes as a value becomes valid JSON within the bound, so that the
// array is never left half-way.
func TestValueJSON_WithinItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b }),
			rapid.Map(rapid.SliceOf(rapid.Int64()), func(n []int64) any { return n }),
			rapid.Map(rapid.SliceOf(rapid.Float64Range(-1e300, 1e300)), func(f []float64) any { return f }),
			rapid.Map(rapid.MapOf(rapid.String(), rapid.SliceOfN(rapid.Byte(), 0, 2)), func(m map[string][]byte) any { return m }),
		).Draw(t, "value")
		raw, err := wire.Marshal(value)
		if err != nil || wire.Precheck(raw, wire.ItemLimits) != nil {
			t.Skip("not a value of the wire")
		}
		out, err := AppendValueJSON(nil, "x", raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > jsonBound(raw) {
			t.Errorf("%d bytes, bound %d", len(out), jsonBound(raw))
		}
		if n, err := ValueJSONLen("x", raw); err != nil || n != len(out) {
			t.Errorf("%d bytes, measured as %d, %v", len(out), n, err)
		}
		if !json.Valid(out) {
			t.Error("no valid JSON")
		}
	})
}

func TestMediaType(t *testing.T) {
	for head, want := range map[string]string{
		"\xff\xd8\xff\xe1":                   "image/jpeg",
		"\x00\x00\x00\x0cjP  \r\n\x87\n\x00": "image/jp2",
		"\xff\x4f\xff\x51\x00":               "image/j2c",
		"\x89PNG\r\n\x1a\n\x00":              "image/png",
		"GIF89a":                             "application/octet-stream",
		"":                                   "application/octet-stream",
	} {
		if got := MediaType([]byte(head)); got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}
