package trust

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kazashi/session/fault"
)

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func asPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestF42_OneBadFileTakesNothingFromTheOthers(t *testing.T) {
	iaca, other := newIACA(t, nil), newIACA(t, nil)
	leaf := newLeaf(t, iaca, nil)
	dir := t.TempDir()
	write(t, dir, "a.pem", append(asPEM("CERTIFICATE", iaca.der), asPEM("CERTIFICATE", other.der)...))
	write(t, dir, "b.der", iaca.der)
	write(t, dir, "cut.cer", iaca.der[:100])
	write(t, dir, "signer.crt", leaf)
	write(t, dir, "README.txt", []byte("no certificate"))
	anchors, err := LoadDir(dir)
	if len(anchors) != 3 {
		t.Errorf("%d anchors, want 3", len(anchors))
	}
	if fault.CodeOf(err) != fault.TrustFileInvalid {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"cut.cer", "signer.crt"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

// No file, no anchor; no anchor, no trust.
func TestF42_EmptyNeverMeansAllow(t *testing.T) {
	anchors, err := LoadDir(t.TempDir())
	if err != nil || len(anchors) != 0 {
		t.Errorf("empty folder: %d anchors, %v", len(anchors), err)
	}
	leaf := newLeaf(t, newIACA(t, nil), nil)
	for name, s := range map[string]*Store{"no anchors": NewStore(anchors, Options{}), "nil anchor": NewStore([]Anchor{{}}, Options{}), "zero store": {}} {
		if _, err := s.Path([][]byte{leaf}, docType, now); fault.CodeOf(err) != fault.NoAnchor {
			t.Errorf("%s: %v", name, err)
		}
		if s.Covers(docType) {
			t.Errorf("%s covers a document", name)
		}
	}
	if _, err := LoadDir(filepath.Join(t.TempDir(), "missing")); fault.CodeOf(err) != fault.TrustFileInvalid {
		t.Errorf("missing folder: %v", err)
	}
	if _, err := LoadFile(t.TempDir()); fault.CodeOf(err) != fault.TrustFileInvalid {
		t.Errorf("folder as a file: %v", err)
	}
}

func TestParsePEM_Refused(t *testing.T) {
	iaca := newIACA(t, nil)
	for name, data := range map[string][]byte{
		"empty":               nil,
		"text":                []byte("hello"),
		"private key":         asPEM("PRIVATE KEY", []byte{1}),
		"key behind the pem":  append(asPEM("CERTIFICATE", iaca.der), asPEM("EC PRIVATE KEY", []byte{1})...),
		"cut pem":             asPEM("CERTIFICATE", iaca.der)[:200],
		"second block cut":    append(asPEM("CERTIFICATE", iaca.der), asPEM("CERTIFICATE", iaca.der)[:200]...),
		"garbage in the pem":  asPEM("CERTIFICATE", []byte{0x30, 0x00}),
		"document signer":     newLeaf(t, iaca, nil),
		"ca with path length": newIACA(t, func(c *x509.Certificate) { c.MaxPathLen = 1 }).der,
	} {
		if anchors, err := ParsePEM(data); fault.CodeOf(err) != fault.TrustFileInvalid || anchors != nil {
			t.Errorf("%s: %d anchors, %v", name, len(anchors), err)
		}
	}
}

// Certificates of real and test IACAs load, and their signatures are their own.
func TestLoadDir_RealIACAs(t *testing.T) {
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		t.Skip("MDOC_VECTORS does not name the folder of mdoc test vectors")
	}
	anchors, err := LoadDir(filepath.Join(dir, "iaca"))
	if err != nil {
		t.Error(err)
	}
	if len(anchors) != 8 {
		t.Errorf("%d anchors, want 8", len(anchors))
	}
	for _, a := range anchors {
		if !signed(a.Certificate, a.Certificate) {
			t.Errorf("%s did not sign itself", a.Certificate.Subject.CommonName)
		}
	}
}
