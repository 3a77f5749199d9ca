package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"kazashi/session/fault"
)

// sourcesOf names what a server hands out from the provider's folder as the sources
// of its configuration, after its own lines.
func (p *vicalProvider) sourcesOf(t *testing.T, kinds map[string]string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(p.dir)))
	t.Cleanup(server.Close)
	config, err := os.ReadFile(p.path("kazashid.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, "  update:\n    sources:\n"...)
	for _, file := range []string{"list.cbor", "missing.crl", "garbage.crl"} {
		if kind, ok := kinds[file]; ok {
			config = fmt.Appendf(config, "      - {name: %s, kind: %s, url: '%s/%s'}\n", strings.ReplaceAll(file, ".", "-"), kind, server.URL, file)
		}
	}
	p.put(t, "kazashid.yaml", config)
	return server
}

// Every exit status of an update, in the order of a terminal's life.
func TestTrustUpdateTellsOfEverySource(t *testing.T) {
	p := newVICALProvider(t)
	if status, out := p.run("update"); status != exitOK || !strings.Contains(out, "names no source") {
		t.Fatalf("%d: %s", status, out)
	}
	server := p.sourcesOf(t, map[string]string{"list.cbor": "vical"})
	p.issue(t, "list.cbor", 1, newIACA(t, "One"))
	status, out := p.run("update")
	if status != exitWarning || !strings.Contains(out, "list-cbor") || !strings.Contains(out, "updated") ||
		!strings.Contains(out, "added 1") || !strings.Contains(out, "warning KZ-505") {
		t.Errorf("%d: %s", status, out)
	}
	for line := range strings.Lines(out) {
		if width(line) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	if status, out = p.run("list"); status != exitOK || !strings.Contains(out, "One") {
		t.Errorf("%d: %s", status, out)
	}
	if status, out = p.run("update", "--lang", "ja"); status != exitOK || !strings.Contains(out, "変更なし") {
		t.Errorf("%d: %s", status, out)
	}
	server.Close()
	status, out = p.run("update")
	if status != exitTemporary || !strings.Contains(out, "failed KZ-540") || !strings.Contains(out, "hint: ") {
		t.Errorf("%d: %s", status, out)
	}
	if status, out = p.run("list"); status != exitOK || !strings.Contains(out, "One") {
		t.Errorf("what was installed is gone: %d: %s", status, out)
	}
	p.put(t, "kazashid.yaml", []byte("trust: {update: {sources: [{name: a, kind: crl, url: 'http://lists.example/'}]}}\n"))
	if status, _ = p.run("update"); status != exitConfig {
		t.Errorf("wrong configuration: exit %d", status)
	}
}

func TestTrustUpdateForMachines(t *testing.T) {
	p := newVICALProvider(t)
	p.sourcesOf(t, map[string]string{"list.cbor": "vical", "missing.crl": "crl", "garbage.crl": "crl"})
	p.issue(t, "list.cbor", 1, newIACA(t, "One"))
	p.put(t, "garbage.crl", []byte("nonsense"))
	status, out := p.run("update", "--json")
	var got updateJSON
	if err := json.Unmarshal([]byte(out), &got); status != exitFailed || err != nil || len(got.Sources) != 3 {
		t.Fatalf("%d, %v: %s", status, err, out)
	}
	want := []struct {
		source, result string
		code           fault.Code
	}{
		{"list-cbor", resultUpdated, fault.OK},
		{"missing-crl", resultFailed, fault.FetchRefused},
		{"garbage-crl", resultFailed, fault.TrustFileInvalid},
	}
	for i, w := range want {
		s := got.Sources[i]
		if s.Source != w.source || s.Result != w.result || s.Code != w.code || s.Name != w.code.Slug() || s.Temporary {
			t.Errorf("got %+v, want %+v", s, w)
		}
	}
	if got.Sources[0].File == "" || len(got.Sources[0].Warnings) != 1 || got.Sources[0].Warnings[0].Code != fault.CertificateMalformed {
		t.Errorf("%+v", got.Sources[0])
	}
}
