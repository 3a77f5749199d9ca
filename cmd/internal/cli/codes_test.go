package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// Every code can be asked for by its number and by its name, in both languages, and
// no line is wider than a terminal.
func TestCodesExplainEveryCode(t *testing.T) {
	for _, e := range message.All() {
		for _, name := range []string{string(e.Code), strings.TrimPrefix(string(e.Code), "KZ-"), e.Code.Slug()} {
			got, err := findCode(name)
			if err != nil || got.Code != e.Code {
				t.Errorf("%s: %s, %v", name, got.Code, err)
			}
		}
		for _, lang := range []string{"ja", "en"} {
			if exit, stdout, stderr := run(t, "codes", string(e.Code), "--lang", lang); exit != exitOK || stderr != "" ||
				!strings.HasPrefix(stdout, string(e.Code)+" ("+e.Code.Slug()+")\n") {
				t.Errorf("%s: exit %d, %s%s", e.Code, exit, stdout, stderr)
			}
		}
	}
}

func TestCodesForMachinesHoldTheCatalogue(t *testing.T) {
	_, stdout, _ := run(t, "codes", "--json")
	var got struct{ Codes []codeEntry }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Codes) != len(fault.All()) {
		t.Errorf("%d codes of %d", len(got.Codes), len(fault.All()))
	}
	for _, e := range got.Codes {
		if e != codeEntryOf(message.Lookup(e.Code)) {
			t.Errorf("%s: %+v", e.Code, e)
		}
	}
}

func TestTheNearestCodeIsSuggested(t *testing.T) {
	for word, want := range map[string]string{
		"KZ-90": "KZ-900 (internal)", "digest-mismach": "KZ-421 (digest-mismatch)", "clock": "KZ-8",
	} {
		exit, _, stderr := run(t, "codes", word)
		if exit != exitUsage {
			t.Errorf("%s: exit %d", word, exit)
		}
		if word != "clock" && !strings.Contains(strings.Join(strings.Fields(stderr), " "), "the nearest is "+want) {
			t.Errorf("%s: %s", word, stderr)
		}
	}
}

// The edit distance is a metric.
func TestDistanceIsAMetric(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9-]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := word.Draw(t, "x"), word.Draw(t, "y"), word.Draw(t, "z")
		d := distance(x, y)
		switch {
		case (d == 0) != (x == y), d != distance(y, x), d > max(len(x), len(y)), distance(x, z) > d+distance(y, z):
			t.Fatalf("%q %q %q: %d", x, y, z, d)
		}
	})
}
