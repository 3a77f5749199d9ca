package seal

import (
	"bytes"
	"crypto/fips140"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// fipsEnv makes the test binary try every curve and tell how far it comes.
const fipsEnv = "KAZASHI_TEST_FIPS"

func TestMain(m *testing.M) {
	if os.Getenv(fipsEnv) == "" {
		os.Exit(m.Run())
	}
	fmt.Printf("enabled=%v\n", fips140.Enabled())
	for _, c := range Curves() {
		fmt.Printf("%s: %s\n", c, attempt(c))
	}
}

// attempt does a session on a curve, and names the step that the standard library
// refuses, by an error or a panic.
func attempt(c Curve) (result string) {
	step := "generate"
	defer func() {
		if recover() != nil {
			result = step
		}
	}()
	reader, err := Generate(c)
	if err != nil {
		return step
	}
	device, err := Generate(c)
	if err != nil {
		return step
	}
	step = "agree"
	if _, err := reader.Agree(device.Public()); err != nil {
		return step
	}
	step = "derive"
	z, _ := reader.Agree(device.Public())
	if _, err := derive(z, []byte{0x80}, infoReader); err != nil {
		return step
	}
	step = "load"
	ours, err := NewReader(reader, device.Public(), []byte{0x80})
	theirs, err2 := NewDevice(device, reader.Public(), []byte{0x80})
	if errors.Join(err, err2) != nil {
		return step
	}
	step = "seal"
	sealed, err := ours.Seal([]byte("request"))
	if err != nil {
		return step
	}
	step = "open"
	if opened, err := theirs.Open(sealed); err != nil || !bytes.Equal(opened, []byte("request")) {
		return step
	}
	return "works"
}

// The FIPS 140-3 module on changes nothing that the terminal can do; in its strict mode
// no session is possible, since ISO/IEC 18013-5 gives AES-GCM its nonces by counting,
// and the standard library lets no program do that there.
func TestCurvesWithTheFIPSModule(t *testing.T) {
	const refused = "load"
	for mode, want := range map[string]func(Curve) string{
		"off": func(Curve) string { return "works" },
		"on":  func(Curve) string { return "works" },
		"only": func(c Curve) string {
			if c == X25519 {
				return "generate"
			}
			return refused
		},
	} {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), fipsEnv+"=1", "GODEBUG=fips140="+mode)
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", mode, err, out)
		}
		if enabled := fmt.Sprintf("enabled=%v\n", mode != "off"); !strings.HasPrefix(string(out), enabled) {
			t.Errorf("%s: the module is not %s", mode, enabled)
		}
		for _, c := range Curves() {
			if line := fmt.Sprintf("%s: %s\n", c, want(c)); !strings.Contains(string(out), "\n"+line) {
				t.Errorf("%s: want %q in\n%s", mode, line, out)
			}
		}
	}
}
