// Package pcsctest gives tests a PC/SC service of their own: a pcscd with the
// virtual reader vpcd, in a mount and network namespace that nothing else sees.
// Nothing of it touches the machine's own pcscd.
//
// A package whose tests need it hands its TestMain over to [Main], which runs the
// test binary again inside the namespaces, and calls [Start] in each test:
//
//	func TestMain(m *testing.M) { pcsctest.Main(m) }
//
//	func TestTap(t *testing.T) {
//		service := pcsctest.Start(t)
//		card := service.Insert(t, phone)
//		...
//	}
//
// It needs pcscd, vpcd (Debian packages pcscd and vsmartcard-vpcd) and either root
// or user namespaces. Where one is missing, Start skips the test and says what;
// with KAZASHI_REQUIRE_PCSC=1 in the environment it fails instead. Tests that
// do not call Start run all the same.
package pcsctest

import (
	"os"
	"testing"
)

// RequireVariable is the environment variable that makes a missing prerequisite a
// failure when it is 1.
const RequireVariable = "KAZASHI_REQUIRE_PCSC"

// need skips or fails the test for a missing prerequisite.
func need(t testing.TB, missing error) {
	t.Helper()
	if missing == nil {
		return
	}
	if os.Getenv(RequireVariable) == "1" {
		t.Fatalf("a private pcscd is required (%s=1): %v", RequireVariable, missing)
	}
	t.Skipf("no private pcscd: %v", missing)
}

// run runs the tests and then what is to be checked after them, and returns the
// exit code.
func run(m *testing.M, after []func() error) int {
	code := m.Run()
	for _, check := range after {
		if err := check(); err != nil && code == 0 {
			_, _ = os.Stderr.WriteString("after the tests: " + err.Error() + "\n")
			code = 1
		}
	}
	return code
}
