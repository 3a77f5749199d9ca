// Package vectors reads the mdoc test vectors that are not part of this repository,
// for tests and as seeds for fuzzing. The environment variable MDOC_VECTORS names their directory;
// without it there are none. It serves tests only, and lies under reader because
// every layer may import that.
package vectors

import (
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Values returns the values in hexadecimal that stand under one of the keys, at any
// depth of a JSON file; none when MDOC_VECTORS is unset. A file without any fails
// the test: the key would be wrong.
func Values(tb testing.TB, file string, keys ...string) [][]byte {
	tb.Helper()
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		return nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		tb.Fatal(err)
	}
	var content any
	if err := json.Unmarshal(raw, &content); err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	values := collect(nil, content, false, keys)
	if len(values) == 0 {
		tb.Fatalf("%s has nothing under %v", file, keys)
	}
	return values
}

func collect(values [][]byte, content any, wanted bool, keys []string) [][]byte {
	switch c := content.(type) {
	case map[string]any:
		for key, member := range c {
			values = collect(values, member, slices.Contains(keys, key), keys)
		}
	case []any:
		for _, member := range c {
			values = collect(values, member, wanted, keys)
		}
	case string:
		if b, err := hex.DecodeString(c); err == nil && wanted && len(b) > 0 {
			values = append(values, b)
		}
	}
	return values
}

// Files returns the contents of the files that match a pattern of [filepath.Glob];
// none when MDOC_VECTORS is unset. The content of files named *.hex is decoded, and
// so is the first block of a PEM file. A pattern without any file fails the test.
func Files(tb testing.TB, pattern string) [][]byte {
	tb.Helper()
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		tb.Fatalf("no file matches %s: %v", pattern, err)
	}
	var contents [][]byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err == nil && strings.HasSuffix(name, ".hex") {
			raw, err = hex.DecodeString(strings.TrimSpace(string(raw)))
		}
		if block, _ := pem.Decode(raw); block != nil {
			raw = block.Bytes
		}
		if err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		contents = append(contents, raw)
	}
	return contents
}

// AnnexD returns a reader of the values of ISO/IEC 18013-5:2021, Annex D. Without
// MDOC_VECTORS it skips the test.
func AnnexD(tb testing.TB) func(name string) []byte {
	tb.Helper()
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		tb.Skip("MDOC_VECTORS is not set: the values of ISO/IEC 18013-5 Annex D are not part of this repository")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "iso-annex-d.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil {
		tb.Fatal(err)
	}
	return func(name string) []byte {
		tb.Helper()
		text, _ := values[name].(string)
		b, err := hex.DecodeString(text)
		if err != nil || len(b) == 0 {
			tb.Fatalf("no value %s: %v", name, err)
		}
		return b
	}
}
