package vectors

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVectors(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.json": `{"x": "0102", "list": [{"x": ["03"], "y": "04"}], "y": "no hex"}`, "b.hex": "05\n", "c.cer": "der",
		"d.pem": "-----BEGIN X-----\nBgc=\n-----END X-----\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("MDOC_VECTORS", dir)
	if diff := cmp.Diff([][]byte{{4}}, Values(t, "a.json", "y")); diff != "" {
		t.Error(diff)
	}
	if n := len(Values(t, "a.json", "x", "y")); n != 3 {
		t.Errorf("%d values", n)
	}
	if diff := cmp.Diff([][]byte{{5}}, Files(t, "*.hex")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]byte{{6, 7}}, Files(t, "*.pem")); diff != "" {
		t.Error(diff)
	}
	t.Setenv("MDOC_VECTORS", "")
	if Values(t, "a.json", "x") != nil || Files(t, "*.hex") != nil {
		t.Error("vectors from nowhere")
	}
}
