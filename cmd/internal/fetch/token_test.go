package fetch_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kazashi/cmd/internal/fetch"
	"kazashi/session/fault"
)

// What admits to a source stands in its URL, and stays with it: the server that it
// redirects to is not told, and the state of the update does not hold it.
func TestF42_TokenOfASourceStaysItsOwn(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	x := newTerminal(t, iaca)
	list := iaca.crl(t, 1, tomorrow())
	var tries int
	s := x.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tries++
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second?token=sesame", http.StatusFound)
			return
		}
		for name, values := range r.Header {
			if strings.Contains(strings.Join(values, " "), "sesame") {
				t.Errorf("the next server got %s: %v", name, values)
			}
		}
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(list)
	}))
	source := fetch.Source{URL: s.URL + "/first?token=sesame"}
	old := filepath.Join(x.sources.Dir, ".update.json.new")
	if err := os.WriteFile(old, nil, 0o644); err != nil { // left by an update that was killed
		t.Fatal(err)
	}
	expect(t, x.update(t, source), fault.OK)
	state := filepath.Join(x.sources.Dir, ".update.json")
	data, err := os.ReadFile(state)
	if err != nil || strings.Contains(string(data), "sesame") || strings.Contains(string(data), strings.TrimPrefix(s.URL, "https://")) {
		t.Errorf("the state: %s, %v", data, err)
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state: %v, %v", info, err)
	}
	results := x.update(t, source)
	expect(t, results, fault.OK)
	if results[0].Imported != nil || tries != 4 {
		t.Errorf("asked again without validators: %+v after %d requests", results[0], tries)
	}
}
