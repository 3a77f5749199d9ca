package cli

import (
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

// An issuer out of its time vouches for nobody, and none at all is no success.
func TestTrustCheckJudgesTimeAndCoverage(t *testing.T) {
	now := time.Now()
	anchors := []trust.Anchor{{Certificate: newIACA(t, "Test IACA"), DocTypes: []string{"org.example"}, Source: "iaca.pem"}}
	for name, tt := range map[string]struct {
		anchors []trust.Anchor
		at      time.Time
		types   []string
		codes   []fault.Code
		failed  bool
	}{
		"well":        {anchors, now, []string{"org.example"}, nil, false},
		"another too": {anchors, now, []string{"org.example", "org.other"}, []fault.Code{fault.NoAnchor}, false},
		"expired":     {anchors, now.AddDate(9, 0, 0), []string{"org.example"}, []fault.Code{fault.CertificateExpired, fault.NoAnchor}, true},
		"too early":   {anchors, now.AddDate(-9, 0, 0), nil, []fault.Code{fault.CertificateNotYetValid}, true},
		"none":        {nil, now, nil, nil, true},
	} {
		rows, failed := coverageOf(&trust.Set{Anchors: tt.anchors}, tt.at, tt.types, "kazashid.yaml")
		if len(rows) != len(tt.codes) || failed != tt.failed {
			t.Errorf("%s: %+v, failed %v", name, rows, failed)
			continue
		}
		for i, code := range tt.codes {
			if rows[i].Code != code {
				t.Errorf("%s: %+v", name, rows)
			}
		}
	}
}
