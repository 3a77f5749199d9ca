package configs

import (
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

func TestF43_TrustThatIsRefused(t *testing.T) {
	for content, says := range map[string]string{
		"trust:\n  dir: trust\n":                                      "trust.dir",
		"trust:\n  vical_grace: 3000h\n":                              "trust.vical_grace",
		"trust:\n  vical_grace: -1h\n":                                "trust.vical_grace",
		"trust:\n  vical_roots:\n    - path: /etc/root.pem\n":         "doc_types", // a provider for anything
		"trust:\n  vical_roots:\n    - {path: r, doc_types: [a.b]}\n": "trust.vical_roots[0]",
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
