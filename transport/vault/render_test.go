package vault

import (
	"testing"

	"kazashi/session/fault"
	"kazashi/session/verify"
)

// A document that would not survive JSON as it was signed is not rendered.
func TestRender_RefusesWhatVerificationNeverMakes(t *testing.T) {
	element := func(namespace, identifier string) verify.Element {
		return verify.Element{Namespace: namespace, Identifier: identifier, Raw: []byte{0xf5}}
	}
	selfAsserted := element("a", "x")
	selfAsserted.DeviceSigned = true
	for name, c := range map[string]struct {
		elements []verify.Element
		want     fault.Code
	}{
		"in order":            {[]verify.Element{element("a", "x"), element("a", "y"), element("b", "x")}, fault.OK},
		"a namespace is back": {[]verify.Element{element("a", "x"), element("b", "x"), element("a", "y")}, fault.Internal},
		"not the issuer's":    {[]verify.Element{selfAsserted}, fault.Internal},
	} {
		got, err := appendDocument(nil, verify.Document{Elements: c.elements})
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
