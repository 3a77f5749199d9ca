package pcsc

import (
	"testing"

	"pgregory.net/rapid"
)

// A reader says how large an APDU it carries behind two questions of part 10; what it
// says amiss counts as nothing said.
func TestDescribeTellsTheSizeOfAPDUs(t *testing.T) {
	const properties control = 0x42330012
	feature := []byte{0x06, 4, 0x42, 0x33, 0x00, 0x06, 0x12, 4, 0x42, 0x33, 0x00, 0x12}
	for name, tt := range map[string]struct {
		controls map[control][]byte
		want     int
	}{
		"extended":            {map[control][]byte{getFeatureRequest: feature, properties: {0x01, 1, 9, 0x0a, 4, 0, 0, 1, 0}}, 65536},
		"short only":          {map[control][]byte{getFeatureRequest: feature, properties: {0x0a, 4, 0, 0, 0, 0}}, 0},
		"less than short":     {map[control][]byte{getFeatureRequest: feature, properties: {0x0a, 4, 100, 0, 0, 0}}, -1},
		"too much":            {map[control][]byte{getFeatureRequest: feature, properties: {0x0a, 4, 1, 0, 1, 0}}, -1},
		"another width":       {map[control][]byte{getFeatureRequest: feature, properties: {0x0a, 2, 0, 1}}, -1},
		"no such property":    {map[control][]byte{getFeatureRequest: feature, properties: {0x01, 1, 9}}, -1},
		"no such feature":     {map[control][]byte{getFeatureRequest: feature[:6]}, -1},
		"a torn feature":      {map[control][]byte{getFeatureRequest: feature[:10]}, -1},
		"refuses its own":     {map[control][]byte{getFeatureRequest: feature}, -1},
		"nothing of part 10":  {nil, -1},
		"an empty answer":     {map[control][]byte{getFeatureRequest: {}}, -1},
		"a code of 2 bytes":   {map[control][]byte{getFeatureRequest: {0x12, 2, 0x42, 0x33}}, -1},
		"an answer too short": {map[control][]byte{getFeatureRequest: feature, properties: {0x0a, 4, 0, 0}}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, "A")
			f.readers["A"].controls = tt.controls
			d, err := f.system(Options{}).Describe(t.Context(), "A")
			if err != nil || d.MaxAPDU != tt.want {
				t.Errorf("%d, want %d; %v", d.MaxAPDU, tt.want, err)
			}
		})
	}
}

// Whatever a driver answers is read to its end.
func TestElementsOfAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Byte()).Draw(t, "list")
		tag := rapid.Byte().Draw(t, "tag")
		value, ok := element(list, tag)
		if ok && len(value)+2 > len(list) || !ok && value != nil {
			t.Fatalf("%x of %x", value, list)
		}
	})
}
