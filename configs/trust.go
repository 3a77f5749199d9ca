package configs

import "kazashi/session/trust"

// Sources returns where trust comes from in the form in which it is loaded.
func (t Trust) Sources() trust.Sources {
	return trust.Sources{Anchors: pins(t.Anchors), Roots: pins(t.VICALRoots), Dir: t.Dir, Grace: t.VICALGrace}
}

func pins(anchors []Anchor) []trust.Pin {
	out := make([]trust.Pin, 0, len(anchors))
	for _, a := range anchors {
		out = append(out, trust.Pin(a))
	}
	return out
}
