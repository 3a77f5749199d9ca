package daemon

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"kazashi/reader/pcsctest"
)

// TestMain runs the tests, those through a real pcscd included. The test's program is
// also what some of them start: a client of TestLoad, and the daemon of a soak.
func TestMain(m *testing.M) {
	err := error(nil)
	switch {
	case os.Getenv(loadClientEnv) != "":
		err = serveLoad(os.Args[1:], os.Stdout)
	case os.Getenv(soakDaemonEnv) != "":
		err = serveSoak(os.Getenv(soakDaemonEnv))
	default:
		pcsctest.Main(m, func() error { return goleak.Find() })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
