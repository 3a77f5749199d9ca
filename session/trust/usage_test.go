package trust

import "testing"

func TestParseUsage(t *testing.T) {
	for _, id := range append(DefaultUsages(), []int{1, 2, 392, 200149, 8, 5}) {
		if got, err := ParseUsage(id.String()); err != nil || !got.Equal(id) {
			t.Errorf("%v: %v, %v", id, got, err)
		}
	}
	for _, text := range []string{
		"", "1", "1.", ".1", "1..2", "1.0x", "1.00", "+1.2", "1.-2", "3.1", "1.40", "1.2.99999999999999999999",
		"1.0.18013.5.1.6", "1.0.23220.4.1.6", "1.0.18013.5.1.8", "1.0.23220.4.1.8", // readers and lists
		"1.3.6.1.5.5.7.3.1", "2.5.29.37.0", // servers, anything
	} {
		if id, err := ParseUsage(text); err == nil || id != nil {
			t.Errorf("%q is taken: %v", text, id)
		}
	}
}
