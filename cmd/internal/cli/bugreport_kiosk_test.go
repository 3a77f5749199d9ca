package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kazashi/cmd/internal/doctor"
)

// A kiosk with a reader, a key, a pinned issuer and a CRL has a report that is no finding,
// and in which neither the key nor a certificate is.
func TestBugreportOfAKiosk(t *testing.T) {
	k := newKiosk(t)
	k.start()
	path := filepath.Join(t.TempDir(), "r.tar.gz")
	var out, errs bytes.Buffer
	exit := Run(t.Context(), Process{
		Args:   []string{"bugreport", "--config", k.path("kazashid.yaml"), "-o", path, "--lang", "en"},
		Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs,
		seam: func(w *doctor.World) { w.Root = k.root },
	})
	if exit != exitOK && exit != exitWarning || errs.Len() > 0 {
		t.Fatalf("exit %d\n%s%s", exit, out.String(), errs.String())
	}
	text, m := archived(t, path)
	if !m.MarkerLogged || strings.Contains(text, "BEGIN ") || !strings.Contains(text, "Kiosk IACA") || !strings.Contains(text, "Virtual PCD") {
		t.Errorf("%+v", m)
	}
	key, err := os.ReadFile(k.path("reader.key.pem"))
	k.check(err)
	for line := range strings.Lines(string(key)) {
		if strings.Contains(text, strings.TrimSpace(line)) {
			t.Error("the archive holds a line of the reader's key")
		}
	}
}
