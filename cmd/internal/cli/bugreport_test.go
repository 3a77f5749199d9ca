package cli

import (
	"archive/tar"
	"compress/gzip"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kazashi/cmd/internal/bundle"
	"kazashi/session/fault"
	"kazashi/session/specimen"
	"kazashi/transport/api"
)

// archived returns all text of a bug report, and its manifest.
func archived(t *testing.T, path string) (text string, m bundle.Manifest) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for r := tar.NewReader(zipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all.String(), m
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, "/manifest.json") {
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
		}
		all.WriteString(h.Name + "\n")
		all.Write(data)
	}
}

// plantedReport is the part of a daemon that logged what it should not have.
func plantedReport(t *testing.T, detail string) api.Bugreport {
	t.Helper()
	line, err := json.Marshal(map[string]string{"message": "tap failed", "detail": detail})
	if err != nil {
		t.Fatal(err)
	}
	return api.Bugreport{
		Marker: "2QGWKTN46LZX", Metrics: "kazashi_up 1\n",
		Log: api.Log{Entries: []api.LogEntry{{Seq: 1, Line: json.RawMessage(`{"message":"started"}`)}, {Seq: 2, Line: line}}},
	}
}

// One thing of a kind in one line of the log, and no report is written. The place and
// the kind are told, what stands there is not.
func TestF56_BugreportWithASecretIsRefused(t *testing.T) {
	now := time.Now()
	pki, err := specimen.NewPKI(elliptic.P256(), now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(pki.Reader.Key)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := pki.Issue(specimen.MyNumberCard(now), specimen.Issuing{At: now})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		kind  bundle.Kind
		value string
	}{
		"PEM key":           {bundle.PrivateKey, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))},
		"DER key":           {bundle.PrivateKey, hex.EncodeToString(key)},
		"JWK":               {bundle.PrivateKey, `{"kty":"EC","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`},
		"PIN":               {bundle.Secret, "pkcs11:object=o?pin-value=4711"},
		"certificate":       {bundle.Certificate, base64.StdEncoding.EncodeToString(pki.DS.Certificate.Raw)},
		"IssuerAuth":        {bundle.Document, base64.RawURLEncoding.EncodeToString(credential.IssuerAuth)},
		"portrait":          {bundle.Image, base64.StdEncoding.EncodeToString(append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 16}, make([]byte, 90)...))},
		"element":           {bundle.ElementValue, "family_name=MIHON"},
		"name":              {bundle.PersonName, "見本　花子"},
		"address":           {bundle.Address, "見本県見本市見本町一丁目２番３－４０５号"},
		"individual number": {bundle.IndividualNumber, "123456789018"},
		"birth date":        {bundle.BirthDate, "birth_date 1989-03-31"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			socket := answers{"POST /v1/bugreport": plantedReport(t, tt.value)}.serve(t)
			for _, lang := range []string{"ja", "en"} {
				exit, stdout, stderr := run(t, "bugreport", "--socket", socket, "--lang", lang)
				if exit != exitFailed || stdout != "" || !strings.Contains(stderr, "KZ-805 (report-refused): daemon/log.jsonl line 2: ") ||
					!strings.Contains(stderr, kinds[tt.kind].in(map[string]language{"ja": japanese, "en": english}[lang])) {
					t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
				}
				if strings.Contains(stderr, tt.value) {
					t.Errorf("the value is told: %s", stderr)
				}
			}
			exit, stdout, _ := run(t, "bugreport", "--socket", socket, "--json")
			var told struct {
				Error    failure          `json:"error"`
				Findings []bundle.Finding `json:"findings"`
			}
			if err := json.Unmarshal([]byte(stdout), &told); err != nil || exit != exitFailed || told.Error.Code != fault.ReportRefused {
				t.Errorf("exit %d, %v: %s", exit, err, stdout)
			}
			found := false
			for _, f := range told.Findings {
				found = found || f == bundle.Finding{File: "daemon/log.jsonl", Line: 2, Kind: tt.kind}
			}
			if !found || strings.Contains(stdout, tt.value) {
				t.Errorf("%s", stdout)
			}
			if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// What is no secret is written, with the marker that the daemon logged.
func TestBugreportTakesTheDaemonsMarker(t *testing.T) {
	t.Chdir(t.TempDir())
	socket := answers{"POST /v1/bugreport": plantedReport(t, "digest-mismatch: birth_date_unicode")}.serve(t)
	exit, stdout, stderr := run(t, "bugreport", "--socket", socket, "-o", "r.tar.gz", "--lang", "en")
	if exit != exitOK && exit != exitWarning || stderr != "" || !strings.Contains(stdout, "marker: 2QGWKTN46LZX (in the daemon's log too)") {
		t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
	}
	text, m := archived(t, "r.tar.gz")
	if m.Marker != "2QGWKTN46LZX" || !m.MarkerLogged || !strings.Contains(text, "digest-mismatch: birth_date_unicode") {
		t.Errorf("%+v", m)
	}
	if m.Complete != (exit == exitOK) {
		t.Errorf("exit %d, complete %v", exit, m.Complete)
	}
}

// Without the role of a technician there is a report of what an observer may see, and
// it says what is missing and how to have it.
func TestBugreportWithoutTheRole(t *testing.T) {
	t.Chdir(t.TempDir())
	socket := answers{
		"POST /v1/bugreport": api.Problem{Status: http.StatusForbidden, Code: fault.Forbidden, Detail: "not a technician"},
		"GET /v1/status":     api.Status{Version: "v9", Health: api.HealthOK},
		"GET /v1/health":     api.Health{State: api.HealthOK},
	}.serve(t)
	exit, stdout, stderr := run(t, "bugreport", "--socket", socket, "-o", "r.tar.gz", "--json")
	var told bugreportJSON
	if err := json.Unmarshal([]byte(stdout), &told); err != nil || exit != exitWarning || told.Exit != exit || stderr != "" {
		t.Fatalf("exit %d, %v\n%s%s", exit, err, stdout, stderr)
	}
	text, m := archived(t, "r.tar.gz")
	if m.MarkerLogged || m.Complete || len(m.Marker) != 12 || m.Versions.Daemon != "v9" || !strings.Contains(text, "/daemon/health.json\n") ||
		strings.Contains(text, "/daemon/log.jsonl\n") {
		t.Errorf("%+v", m)
	}
	if first := m.Missing[0]; first.What != "daemon" || first.Code != fault.Forbidden || first.How != "sudo kazashi bugreport" {
		t.Errorf("%+v", first)
	}
}
