package cli

import (
	"strings"
	"testing"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// The field manual leaves out no code, in either language.
func TestFieldManualHoldsTheCatalogue(t *testing.T) {
	for _, l := range []language{japanese, english} {
		page := strings.ReplaceAll(string((&app{lang: l}).fieldManual().Roff()), `\-`, "-")
		for _, e := range message.All() {
			if e.Code == fault.OK {
				continue
			}
			if n := strings.Count(page, string(e.Code)+" "+e.Code.Slug()+"\"\n"); n != 1 {
				t.Errorf("%s: %s stands there %d times", l, e.Code, n)
			}
			if strings.Contains(page, "%!") {
				t.Fatalf("%s: a text is missing", l)
			}
		}
	}
}
