package configs

import (
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

func TestTrustSources(t *testing.T) {
	c, err := Load(write(t, `
trust:
  anchors: [{path: /etc/iaca, doc_types: [a.b]}]
  vical_roots: [{path: /etc/root.pem, doc_types: [org.iso.18013.5.1.mDL]}]
  vical_grace: 24h
  dir: /srv/trust
`))
	if err != nil {
		t.Fatal(err)
	}
	want := trust.Sources{
		Anchors: []trust.Pin{{Path: "/etc/iaca", DocTypes: []string{"a.b"}}},
		Roots:   []trust.Pin{{Path: "/etc/root.pem", DocTypes: []string{"org.iso.18013.5.1.mDL"}}},
		Dir:     "/srv/trust", Grace: 24 * time.Hour,
	}
	if diff := cmp.Diff(want, c.Trust.Sources()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTrustUsages(t *testing.T) {
	c, err := Load(write(t, `
trust:
  signer_usages:
    - {doc_type: org.iso.23220.1.jp.mnc, usages: [1.0.23220.4.1.2, 1.2.392.1]}
    - {doc_type: a.b, usages: [1.0.18013.5.1.2]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]asn1.ObjectIdentifier{
		"org.iso.23220.1.jp.mnc": {trust.UsageMDocSigner, {1, 2, 392, 1}}, "a.b": {trust.UsageMDLSigner},
	}
	if diff := cmp.Diff(want, c.Trust.Usages()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if usages := Default().Trust.Usages(); len(usages) != 0 {
		t.Errorf("by default: %v", usages)
	}
	// The explanation in kazashid.yaml names what a store takes of itself.
	for _, id := range trust.DefaultUsages() {
		if !strings.Contains(string(Explained()), "takes 1.0.18013.5.1.2 and 1.0.23220.4.1.2.") || !strings.Contains(string(Explained()), id.String()) {
			t.Errorf("%v is not in kazashid.yaml", id)
		}
	}
	// A Trust that nobody checked accepts nobody by what cannot be read.
	if usages := (Trust{SignerUsages: []SignerUsage{{"a.b", []string{"x"}}}}).Usages(); usages["a.b"] == nil || len(usages["a.b"]) != 0 {
		t.Errorf("unreadable: %v", usages)
	}
}

func TestF43_TrustThatIsRefused(t *testing.T) {
	for content, says := range map[string]string{
		"trust:\n  dir: trust\n":                                      "trust.dir",
		"trust:\n  vical_grace: 3000h\n":                              "trust.vical_grace",
		"trust:\n  vical_grace: -1h\n":                                "trust.vical_grace",
		"trust:\n  vical_roots:\n    - path: /etc/root.pem\n":         "doc_types", // a provider for anything
		"trust:\n  vical_roots:\n    - {path: r, doc_types: [a.b]}\n": "trust.vical_roots[0]",

		"trust:\n  signer_usages: [{doc_type: mdl, usages: [1.2.3]}]\n":                                   "no docType",
		"trust:\n  signer_usages: [{doc_type: a.b}]\n":                                                    "names no extended key usage",
		"trust:\n  signer_usages: [{doc_type: a.b, usages: []}]\n":                                        "names no extended key usage",
		"trust:\n  signer_usages: [{doc_type: a.b, usages: [mdoc]}]\n":                                    "no object identifier",
		"trust:\n  signer_usages: [{doc_type: a.b, usages: [1.0.18013.5.1.6]}]\n":                         "of a reader",
		"trust:\n  signer_usages: [{doc_type: a.b, usages: [2.5.29.37.0]}]\n":                             "of anything",
		"trust:\n  signer_usages: [{doc_type: a.b, usages: [1.2.3]}, {doc_type: a.b, usages: [1.2.4]}]\n": "twice",
		"trust:\n  signer_usages: [{doc_type: a.b, usages: [1.2.3], usage: x}]\n":                         "unknown key",
	} {
		if _, err := Load(write(t, content)); fault.CodeOf(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestUndeterminedOfAProfile(t *testing.T) {
	for content, want := range map[string]string{
		"": "", "revocation_undetermined: unlisted\n": UndeterminedUnlisted,
		"revocation_undetermined: accept\n": UndeterminedAccept, "revocation_undetermined: reject\n": UndeterminedReject,
	} {
		p, err := loadOne(t, plain+content)
		if err != nil || p.Undetermined != want {
			t.Errorf("%q: %+v, %v", content, p, err)
		}
	}
	if _, err := loadOne(t, plain+"revocation_undetermined: maybe\n"); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("got %v", err)
	}
}
