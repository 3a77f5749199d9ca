package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/cmd/internal/fetch"
	"kazashi/session/fault"
	"kazashi/session/trust"
)

// A publisher serves one list as web servers do, and counts what it transferred.
type publisher struct {
	list     []byte
	modified time.Time
	etag     string
	served   int // 200s
	asked    http.Header
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked = r.Header.Clone()
	if p.etag != "" {
		w.Header().Set("ETag", p.etag)
	}
	counted := &counting{ResponseWriter: w, served: &p.served}
	http.ServeContent(counted, r, "list", p.modified, bytes.NewReader(p.list))
}

type counting struct {
	http.ResponseWriter
	served *int
}

func (c *counting) WriteHeader(status int) {
	if status == http.StatusOK {
		*c.served++
	}
	c.ResponseWriter.WriteHeader(status)
}

func TestUpdateAsksForWhatIsNewOnly(t *testing.T) {
	for name, p := range map[string]*publisher{
		"by ETag":          {etag: `"v1"`},
		"by weak ETag":     {etag: `W/"v1"`},
		"by Last-Modified": {modified: time.Now().Add(-time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			iaca := newAuthority(t, "IACA")
			x := newTerminal(t, iaca)
			p.list = iaca.crl(t, 1, tomorrow())
			server := x.serve(t, p)
			results := x.update(t, fetch.Source{URL: server.URL})
			expect(t, results, fault.OK)
			if results[0].Imported == nil || x.number(t, iaca) != "1" {
				t.Fatalf("nothing installed: %+v", results[0])
			}
			for range 2 {
				results = x.update(t, fetch.Source{URL: server.URL})
				expect(t, results, fault.OK)
				if results[0].Imported != nil || p.served != 1 {
					t.Errorf("transferred %d times, %+v", p.served, results[0])
				}
			}
			p.list = iaca.crl(t, 2, tomorrow())
			p.etag = strings.Replace(p.etag, "1", "2", 1)
			if !p.modified.IsZero() {
				p.modified = p.modified.Add(time.Minute)
			}
			if results = x.update(t, fetch.Source{URL: server.URL}); results[0].Imported == nil || x.number(t, iaca) != "2" {
				t.Errorf("number %s after a newer list: %+v", x.number(t, iaca), results[0])
			}
		})
	}
}

// Validators speak of an installed file. Where it is gone or another, of another URL,
// or where the state itself is damaged, the list is fetched anew.
func TestUpdateTrustsNoValidatorWithoutItsList(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, dir, file string, source *fetch.Source){
		"list removed": func(t *testing.T, _, file string, _ *fetch.Source) { remove(t, file) },
		"list spoiled": func(t *testing.T, _, file string, _ *fetch.Source) { put(t, file, "spoiled") },
		"state gone":   func(t *testing.T, dir, _ string, _ *fetch.Source) { remove(t, filepath.Join(dir, ".update.json")) },
		"state torn": func(t *testing.T, dir, _ string, _ *fetch.Source) {
			put(t, filepath.Join(dir, ".update.json"), `{"source-a":{"ur`)
		},
		"state null":  func(t *testing.T, dir, _ string, _ *fetch.Source) { put(t, filepath.Join(dir, ".update.json"), `null`) },
		"another url": func(_ *testing.T, _, _ string, s *fetch.Source) { s.URL += "/moved" },
	} {
		t.Run(name, func(t *testing.T) {
			iaca := newAuthority(t, "IACA")
			x, p := newTerminal(t, iaca), &publisher{etag: `"v1"`, list: iaca.crl(t, 1, tomorrow())}
			source := fetch.Source{URL: x.serve(t, p).URL}
			file := x.update(t, source)[0].Imported.File
			lose(t, x.sources.Dir, file, &source)
			expect(t, x.update(t, source), fault.OK)
			if p.served != 2 || p.asked.Get("If-None-Match") != "" {
				t.Errorf("transferred %d times, asked with %q", p.served, p.asked.Get("If-None-Match"))
			}
			if x.number(t, iaca) != "1" {
				t.Error("the list does not count again")
			}
		})
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// One bad source takes nothing from the others, and nothing that was installed goes.
func TestF42_UpdateInParts(t *testing.T) {
	good, other := newAuthority(t, "Good"), newAuthority(t, "Other")
	x := newTerminal(t, good)
	mux := http.NewServeMux()
	for path, list := range map[string][]byte{
		"/good": good.crl(t, 7, tomorrow()), "/stranger": other.crl(t, 1, tomorrow()), "/nonsense": []byte("<html>it works</html>"),
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(list) })
	}
	server := x.serve(t, mux)
	results := x.update(t,
		fetch.Source{URL: server.URL + "/nonsense"}, fetch.Source{URL: server.URL + "/stranger"},
		fetch.Source{URL: server.URL + "/missing"}, fetch.Source{URL: server.URL + "/good"},
		fetch.Source{URL: server.URL + "/good", Kind: trust.KindVICAL},
	)
	want := map[string]fault.Code{
		"source-a": fault.TrustFileInvalid, "source-b": fault.UnknownIssuer, "source-c": fault.FetchRefused,
		"source-d": fault.OK, "source-e": fault.FetchKind,
	}
	for _, r := range results {
		if got := fault.CodeOf(r.Err); got != want[r.Source.Name] || r.Temporary() {
			t.Errorf("%s: %s (%v), temporary %v", r.Source.Name, got, r.Err, r.Temporary())
		}
	}
	if results[0].Source.Kind != trust.KindVICAL {
		t.Error("the vical, which names whose CRLs count, was not asked first")
	}
	if x.number(t, good) != "7" {
		t.Error("the good list was not installed")
	}
}

func TestF42_UpdateKeepsWhatIsInstalled(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	forger := newAuthority(t, "IACA")
	spoiled := iaca.crl(t, 9, tomorrow())
	spoiled[len(spoiled)-1] ^= 1
	for name, c := range map[string]struct {
		list []byte
		code fault.Code
	}{
		"rollback":      {iaca.crl(t, 4, tomorrow()), fault.TrustRollback},
		"bad signature": {spoiled, fault.TrustSignature},
		"other key":     {forger.crl(t, 9, tomorrow()), fault.TrustSignature},
		"stale":         {iaca.crl(t, 9, time.Now().Add(-time.Minute)), fault.TrustStale},
		"empty":         {nil, fault.TrustFileInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			x, p := newTerminal(t, iaca), &publisher{etag: `"v5"`, list: iaca.crl(t, 5, tomorrow())}
			source := fetch.Source{URL: x.serve(t, p).URL}
			expect(t, x.update(t, source), fault.OK)
			p.list, p.etag = c.list, `"other"`
			for range 2 { // what was refused is not taken for got
				expect(t, x.update(t, source), c.code)
				if p.asked.Get("If-None-Match") != `"v5"` {
					t.Errorf("asked with %q", p.asked.Get("If-None-Match"))
				}
			}
			if got := x.number(t, iaca); got != "5" {
				t.Errorf("number %q counts", got)
			}
		})
	}
}

// A source that has nothing new although what it gave has run out is no failure of
// the source, but somebody should know.
func TestUpdateWarnsOfAnInstalledListPastItsTime(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	x, p := newTerminal(t, iaca), &publisher{etag: `"v1"`, list: iaca.crl(t, 1, tomorrow())}
	source := fetch.Source{URL: x.serve(t, p).URL}
	file := x.update(t, source)[0].Imported.File
	// As if it had been got a day ago.
	old := iaca.crl(t, 1, time.Now().Add(-time.Minute))
	state := filepath.Join(x.sources.Dir, ".update.json")
	noted, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	put(t, state, strings.Replace(string(noted), digest(p.list), digest(old), 1))
	put(t, file, string(old))
	results := x.update(t, source)
	expect(t, results, fault.OK)
	if len(results[0].Warnings) != 1 || fault.CodeOf(results[0].Warnings[0]) != fault.TrustStale {
		t.Errorf("warnings %v", results[0].Warnings)
	}
}

func TestUpdateIntoAFolderThatCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	iaca := newAuthority(t, "IACA")
	x, p := newTerminal(t, iaca), &publisher{list: iaca.crl(t, 1, tomorrow())}
	source := fetch.Source{Name: "a", Kind: trust.KindCRL, URL: x.serve(t, p).URL}
	if err := os.Chmod(x.sources.Dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch.Update(t.Context(), []fetch.Source{source, source}, x.sources, x.options); fault.CodeOf(err) != fault.TrustUnwritable {
		t.Errorf("got %v", err)
	}
}

func TestUpdateEndsWhenItIsInterrupted(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	x := newTerminal(t, iaca)
	ctx, interrupt := context.WithCancel(t.Context())
	server := x.serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		interrupt()
		<-r.Context().Done()
	}))
	sources := []fetch.Source{{Name: "a", Kind: trust.KindCRL, URL: server.URL}, {Name: "b", Kind: trust.KindCRL, URL: server.URL}}
	results, err := fetch.Update(ctx, sources, x.sources, x.options)
	if len(results) != 0 || err == nil {
		t.Errorf("%v, %v", results, err)
	}
}
