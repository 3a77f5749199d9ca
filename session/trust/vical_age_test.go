package trust

import (
	"testing"
	"time"

	"kazashi/session/fault"
)

func TestF42_VICALRollback(t *testing.T) {
	number := func(n uint64) *uint64 { return &n }
	day := func(d int) time.Time { return now.AddDate(0, 0, d) }
	old := &VICAL{IssueID: number(7), Date: day(0)}
	for _, c := range []struct {
		name string
		v    *VICAL
		want fault.Code
	}{
		{"the same", &VICAL{IssueID: number(7), Date: day(0)}, fault.OK},
		{"newer", &VICAL{IssueID: number(8), Date: day(1)}, fault.OK},
		{"newer, of the same day", &VICAL{IssueID: number(8), Date: day(0)}, fault.OK},
		{"lower number", &VICAL{IssueID: number(6), Date: day(1)}, fault.TrustRollback},
		{"earlier date", &VICAL{IssueID: number(8), Date: day(-1)}, fault.TrustRollback},
		{"another of the same number", &VICAL{IssueID: number(7), Date: day(1)}, fault.TrustRollback},
		{"number lost", &VICAL{Date: day(1)}, fault.TrustRollback},
	} {
		if err := c.v.Supersedes(old); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	unnumbered := &VICAL{Date: day(0)}
	if err := (&VICAL{Date: day(1)}).Supersedes(unnumbered); err != nil {
		t.Error(err)
	}
	if err := (&VICAL{Date: day(-1), IssueID: number(9)}).Supersedes(unnumbered); fault.CodeOf(err) != fault.TrustRollback {
		t.Error(err)
	}
}

// Anchors of a VICAL that nobody renews cease to count.
func TestF42_StaleVICALVouchesForNothing(t *testing.T) {
	p, iaca := newProvider(t, nil), newIACA(t, nil)
	v, err := ParseVICAL(p.sign(t, vicalOf(entryOf(t, iaca.cert, docType))), p.roots(), now)
	if err != nil {
		t.Fatal(err)
	}
	a := v.Anchors[0]
	a.Until = v.Until(48 * time.Hour)
	store, leaf := NewStore([]Anchor{a}, Options{}), newLeaf(t, iaca, nil)
	for days, want := range map[int]fault.Code{0: fault.OK, 2: fault.OK, 4: fault.TrustStale} {
		if _, err := store.Path([][]byte{leaf}, docType, now.AddDate(0, 0, days)); fault.CodeOf(err) != want {
			t.Errorf("after %d days: %v", days, err)
		}
	}
	end := now.AddDate(0, 0, 2)
	if until := (&VICAL{NextUpdate: now, NotAfter: end}).Until(96 * time.Hour); !until.Equal(end) {
		t.Errorf("grace reaches past notAfter: %s", until)
	}
	if until := (&VICAL{}).Until(time.Hour); !until.IsZero() {
		t.Errorf("no end, but %s", until)
	}
}
