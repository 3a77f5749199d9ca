package pcsc

import "testing"

func TestF58_SameModel(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Sony RC-S300 00 00", "Sony RC-S300 01 00", true},
		{"Sony RC-S300 0F 00", "Sony RC-S300 A0 00", true},
		{"Sony RC-S300 00 00", "Sony RC-S300 00 01", false},       // two slots of one reader
		{"Twin (70D7E2EE) 00 00", "Twin (70D7E2EF) 01 00", false}, // serial numbers
		{"Dual [PICC] 00 00", "Dual [SAM] 01 00", false},          // two interfaces
		{"no numbers", "no numbers", true},
		{"no numbers", "other", false},
		{"odd xx 00", "odd yy 00", false},
		{"odd 00000", "odd 01000", false},
		{"", "", true},
		{" 00 00", " 01 00", true},
	} {
		if got := SameModel(c.a, c.b); got != c.same || SameModel(c.b, c.a) != got {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}
