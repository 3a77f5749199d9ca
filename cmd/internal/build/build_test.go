package build

import "testing"

func TestReleaseComesFirst(t *testing.T) {
	if got := Version(); got == "" || got == "(devel)" {
		t.Errorf("a build without a release calls itself %q", got)
	}
	release = "v1.2.3"
	defer func() { release = "" }()
	if got := Version(); got != "v1.2.3" {
		t.Errorf("a release calls itself %q", got)
	}
	if info := Read(); info.Commit == "" {
		t.Error("the commit is neither known nor unknown")
	}
}
