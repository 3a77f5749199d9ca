package daemon

import (
	"slices"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestConsequencesAreNotBlamed(t *testing.T) {
	for name, c := range map[string]struct{ found, told []fault.Code }{
		"nothing":               {nil, nil},
		"a reader alone":        {[]fault.Code{fault.ReaderNotFound}, []fault.Code{fault.ReaderNotFound}},
		"readers of a service":  {[]fault.Code{fault.ReaderNotFound, fault.ReaderServiceHung, fault.ReaderNotFound}, []fault.Code{fault.ReaderServiceHung}},
		"dates by a bad clock":  {[]fault.Code{fault.CertificateExpired, fault.ClockUntrusted, fault.TrustStale}, []fault.Code{fault.ClockUntrusted}},
		"what does not depend":  {[]fault.Code{fault.ReaderServiceDown, fault.NoAnchor, fault.LedgerDegraded}, []fault.Code{fault.ReaderServiceDown, fault.NoAnchor, fault.LedgerDegraded}},
		"dates by a good clock": {[]fault.Code{fault.CertificateExpired, fault.ReaderServiceDown}, []fault.Code{fault.CertificateExpired, fault.ReaderServiceDown}},
	} {
		t.Run(name, func(t *testing.T) {
			var items []api.HealthItem
			for _, code := range c.found {
				items = append(items, api.HealthItem{Code: code})
			}
			var told []fault.Code
			for _, item := range blame(items) {
				told = append(told, item.Code)
			}
			if !slices.Equal(told, c.told) {
				t.Errorf("told %v of %v, want %v", told, c.found, c.told)
			}
		})
	}
}

// A fault that hid itself, by whatever way round, would be told by nobody.
func TestBlameHasNoCircle(t *testing.T) {
	var reaches func(from, to fault.Code, depth int) bool
	reaches = func(from, to fault.Code, depth int) bool {
		return slices.ContainsFunc(dependsOn[from], func(c fault.Code) bool {
			return c == to || depth < len(dependsOn) && reaches(c, to, depth+1)
		})
	}
	for code := range dependsOn {
		if reaches(code, code, 0) {
			t.Errorf("%s is blamed on itself", code)
		}
	}
}
