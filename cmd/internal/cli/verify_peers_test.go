package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kazashi/session/fault"
)

// peerManifest is the list of answers that other implementations made or spoiled.
type peerManifest struct {
	VerificationTime string `json:"verification_time"`
	DocType          string `json:"docType"`
	ReaderKey        string `json:"reader_key"`
	Cases            []struct {
		Name             string   `json:"name"`
		File             string   `json:"file"`
		Expect           string   `json:"expect"`
		DocType          string   `json:"docType"`
		RequestedDocType string   `json:"requested_docType"`
		VerificationTime string   `json:"verification_time"`
		Transcript       string   `json:"transcript"`
		Trust            []string `json:"trust"`
		ReaderKey        string   `json:"reader_key"`
	} `json:"cases"`
}

// TestPeerCases judges every answer of the peers as the command line does. The
// manifest says accept, reject or either; either must still end in a verdict.
func TestPeerCases(t *testing.T) {
	dir := os.Getenv("MDOC_PEERS")
	if dir == "" {
		t.Skip("MDOC_PEERS names no directory with answers of other implementations")
	}
	dir = filepath.Join(dir, "cases")
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m peerManifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Cases) == 0 {
		t.Fatal("the manifest has no case")
	}
	for _, c := range m.Cases {
		t.Run(c.Name, func(t *testing.T) {
			in := func(name string) string { return filepath.Join(dir, name) }
			var trust []string
			for _, name := range c.Trust {
				trust = append(trust, in(name))
			}
			args := []string{
				"verify", "--json",
				"--response", in(c.File), "--transcript", in(c.Transcript), "--trust", strings.Join(trust, ","),
				"--at", firstOf(c.VerificationTime, m.VerificationTime),
				"--reader-key", in(firstOf(c.ReaderKey, m.ReaderKey)),
				"--doc-type", firstOf(c.RequestedDocType, c.DocType, m.DocType),
			}
			var stdout, stderr bytes.Buffer
			exit := Run(t.Context(), Process{
				Args: args, Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr,
			})
			var v verdictJSON
			if err := json.Unmarshal(stdout.Bytes(), &v); err != nil {
				t.Fatalf("exit %d, no verdict on standard output: %v\n%s%s", exit, err, stdout.String(), stderr.String())
			}
			if (exit == exitOK) != v.Verified || exit != exitOK && exit != exitFailed {
				t.Errorf("exit %d for verified=%v", exit, v.Verified)
			}
			if v.Verified != (v.Code == fault.OK) || v.Code.Slug() == "" {
				t.Errorf("code %q for verified=%v", v.Code, v.Verified)
			}
			if v.Verified != (len(v.Documents) > 0) {
				t.Errorf("%d documents for verified=%v", len(v.Documents), v.Verified)
			}
			switch c.Expect {
			case "accept", "reject":
				if v.Verified != (c.Expect == "accept") {
					t.Errorf("verdict %s at check %q (%s), want %s", v.Code, v.Check, v.Detail, c.Expect)
				}
			case "either":
			default:
				t.Fatalf("the manifest expects %q", c.Expect)
			}
			t.Logf("%s %s", v.Code, v.Code.Slug())
		})
	}
}

// firstOf returns the first string that is not empty.
func firstOf(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
