package configs

import (
	"encoding/asn1"
	"slices"

	"kazashi/session/trust"
)

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

// Usages returns the extended key usages of document signers in the form of
// trust.Options. Load has checked them; what cannot be read accepts nobody.
func (t Trust) Usages() map[string][]asn1.ObjectIdentifier {
	usages := make(map[string][]asn1.ObjectIdentifier, len(t.SignerUsages))
	for _, s := range t.SignerUsages {
		ids := []asn1.ObjectIdentifier{}
		for _, text := range s.Usages {
			if id, err := trust.ParseUsage(text); err == nil {
				ids = append(ids, id)
			}
		}
		usages[s.DocType] = ids
	}
	return usages
}

// checkUsages holds trust.signer_usages to what is a docType and a usage.
func (t Trust) checkUsages(wrong func(key, format string, args ...any)) {
	for i, s := range t.SignerUsages {
		key := "trust.signer_usages[" + itoa(i) + "]"
		if !dotted.MatchString(s.DocType) {
			wrong(key+".doc_type", "%q is no docType", s.DocType)
		}
		if slices.ContainsFunc(t.SignerUsages[:i], func(other SignerUsage) bool { return other.DocType == s.DocType }) {
			wrong(key+".doc_type", "%q stands in the list twice", s.DocType)
		}
		if len(s.Usages) == 0 {
			wrong(key, "usages names no extended key usage")
		}
		for _, text := range s.Usages {
			if _, err := trust.ParseUsage(text); err != nil {
				wrong(key+".usages", "%v", err)
			}
		}
	}
}
