package trust

import (
	"testing"

	"kazashi/reader/vectors"
	"kazashi/session/cose"
	"kazashi/session/wire"
)

func FuzzParseVICAL(f *testing.F) {
	p, iaca := newProvider(f, nil), newIACA(f, nil)
	payload, err := wire.Marshal(vicalOf(entryOf(f, iaca.cert, docType), entryOf(f, iaca.cert)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload, false)
	f.Add(p.sign(f, vicalOf(entryOf(f, iaca.cert, docType))), true)
	for _, raw := range vectors.Files(f, "vical/*.cbor") {
		f.Add(raw, true)
		list, err := cose.ParsePublished(raw, wire.VICALLimits)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(list.Payload, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, signed bool) {
		// Seeds of another process bear its keys; so the payload is fuzzed by itself.
		if signed {
			if v, err := ParseVICAL(data, p.roots(), now); err == nil && v.Root != p.root.cert {
				t.Error("accepted from another root")
			}
			return
		}
		v, err := readVICAL(data, nil, now)
		if (err == nil) != (v != nil) {
			t.Fatalf("%v, %v", v, err)
		}
		if err != nil {
			return
		}
		for _, a := range v.Anchors {
			if len(a.DocTypes) == 0 || CheckAnchor(a.Certificate) != nil {
				t.Errorf("unusable anchor %v", a.DocTypes)
			}
		}
	})
}
