package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// newProvider makes a VICAL provider in a folder: its pinned root, a configuration
// that names it, and what signs its lists.
type vicalProvider struct {
	dir    string
	key    *ecdsa.PrivateKey
	signer []byte
}

func certify(t *testing.T, c *x509.Certificate, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(7), time.Now().AddDate(0, -1, 0), time.Now().AddDate(1, 0, 0)
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func freshKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newIACA(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	key := freshKey(t)
	return certify(t, &x509.Certificate{
		Subject:  pkix.Name{Country: []string{"JP"}, CommonName: name},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}, nil, key, key)
}

func newVICALProvider(t *testing.T) *vicalProvider {
	t.Helper()
	rootKey, key := freshKey(t), freshKey(t)
	root := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "VICAL Root"}, KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}, nil, rootKey, rootKey)
	signer := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "VICAL Signer"}, KeyUsage: x509.KeyUsageContentCommitment,
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 8}},
	}, root, key, rootKey)
	p := &vicalProvider{dir: t.TempDir(), key: key, signer: signer.Raw}
	p.put(t, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}))
	p.put(t, "kazashid.yaml", fmt.Appendf(nil,
		"trust:\n  vical_roots: [{path: %s/root.pem, doc_types: [org.example]}]\n  dir: %s/lists\n", p.dir, p.dir))
	return p
}

func (p *vicalProvider) put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue writes the VICAL of a number to a file, with one entry that nobody can use.
func (p *vicalProvider) issue(t *testing.T, file string, number int, anchors ...*x509.Certificate) {
	t.Helper()
	entries := []any{map[string]any{"certificate": []byte{1}, "serialNumber": 1, "ski": []byte{}, "docType": []string{"org.example"}}}
	for _, c := range anchors {
		entries = append(entries, map[string]any{
			"certificate": c.Raw, "serialNumber": c.SerialNumber, "ski": c.SubjectKeyId, "docType": []string{"org.example"},
		})
	}
	payload, err := wire.Marshal(map[string]any{
		"version": "1.0", "vicalProvider": "Example", "vicalIssueID": number, "certificateInfos": entries,
		"date": wire.TDate(time.Now().Add(-time.Hour)), "nextUpdate": wire.TDate(time.Now().AddDate(0, 0, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cose.SignAttached(p.key, payload, p.signer)
	if err != nil {
		t.Fatal(err)
	}
	p.put(t, file, raw)
}

// run calls `kazashi trust` and returns its exit status and standard output.
func (p *vicalProvider) run(args ...string) (int, string) {
	var out, errs bytes.Buffer
	args = append([]string{"trust"}, append(args, "--config", filepath.Join(p.dir, "kazashid.yaml"))...)
	status := Run(context.Background(), Process{Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs})
	return status, out.String()
}

func (p *vicalProvider) path(name string) string { return filepath.Join(p.dir, name) }

// An import tells what was added, kept, removed and skipped, and why.
func TestTrustImportTellsOfEveryEntry(t *testing.T) {
	p := newVICALProvider(t)
	stays, goes, comes := newIACA(t, "Stays"), newIACA(t, "Goes"), newIACA(t, "Comes")
	p.issue(t, "1.cbor", 1, stays, goes)
	p.issue(t, "2.cbor", 2, stays, comes)
	if status, out := p.run("import", p.path("1.cbor")); status != exitOK || !strings.Contains(out, "added") || !strings.Contains(out, "skipped KZ-505") {
		t.Fatalf("%d: %s", status, out)
	}
	status, out := p.run("import", p.path("2.cbor"), "--json")
	var got importJSON
	if err := json.Unmarshal([]byte(out), &got); status != exitOK || err != nil {
		t.Fatalf("%d, %v: %s", status, err, out)
	}
	results := map[string]string{}
	for _, e := range got.Entries {
		results[e.Name] = e.Result
		if e.Result == resultSkipped && e.Code != fault.CertificateMalformed {
			t.Errorf("skipped with %s", e.Code)
		}
	}
	want := map[string]string{"Stays": resultKept, "Comes": resultAdded, "Goes": resultRemoved, "#0": resultSkipped}
	for name, result := range want {
		if results[name] != result {
			t.Errorf("%s: %q, want %q", name, results[name], result)
		}
	}
	if status, _ := p.run("import", p.path("1.cbor")); status != exitFailed {
		t.Errorf("older: exit status %d", status)
	}
	status, out = p.run("list")
	for _, text := range []string{"Comes", "Stays", "org.example", "VICAL Example", "fresh"} {
		if !strings.Contains(out, text) {
			t.Errorf("list does not show %q:\n%s", text, out)
		}
	}
	if status != exitOK || strings.Contains(out, "Goes") {
		t.Errorf("%d:\n%s", status, out)
	}
	for line := range strings.Lines(out) {
		if width(strings.TrimSuffix(line, "\n")) > columns {
			t.Errorf("wider than %d columns: %s", columns, line)
		}
	}
	// One bad entry is a warning; the list counts.
	status, out = p.run("check", "--json")
	var checked struct{ Files []findingJSON }
	if err := json.Unmarshal([]byte(out), &checked); status != exitOK || err != nil {
		t.Fatalf("%d, %v: %s", status, err, out)
	}
	warned := false
	for _, f := range checked.Files {
		warned = warned || f.Warning && f.Code == fault.CertificateMalformed
	}
	if !warned {
		t.Errorf("check does not tell of the bad entry: %s", out)
	}
}
