package cli

import (
	"bytes"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A code stands once, with all whom it is about, and what fails before what warns.
func TestHealthIsGroupedByCode(t *testing.T) {
	var out bytes.Buffer
	a := &app{lang: english, out: &screen{w: &out}}
	const lacks = "no trust anchor for a docType of this profile"
	a.showHealth([]api.HealthItem{
		{Code: fault.MemoryUnlocked, Severity: api.SeverityWarning, Detail: "limit"},
		{Code: fault.NoAnchor, Severity: api.SeverityWarning, Subject: "address", Detail: lacks},
		{Code: fault.NoAnchor, Severity: api.SeverityWarning, Subject: "identity", Detail: lacks},
		{Code: fault.NoAnchor, Severity: api.SeverityError, Detail: "nobody can be verified"},
	})
	text := out.String()
	if !strings.HasPrefix(text, "\nerror: KZ-501 (no-anchor)\n  nobody can be verified\n  address, identity: "+lacks+"\n  cause: ") {
		t.Error(text)
	}
	if strings.Count(text, "KZ-501") != 1 || !strings.Contains(text, "\nwarning: KZ-811 (memory-unlocked): limit\n") {
		t.Error(text)
	}
}

// A name is there to be copied, so that other columns make room for it.
func TestANameIsNeverBroken(t *testing.T) {
	name := "seal-registration-certificate"
	tab := &table{whole: 1}
	tab.add(name, strings.Repeat("long title ", 5), strings.Repeat("element, ", 9), "no", "yes")
	lines := tab.lines(columns)
	if !strings.HasPrefix(lines[0], name+"  ") || len(lines) < 2 {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if width(l) > columns {
			t.Errorf("%d columns: %s", width(l), l)
		}
	}
}
