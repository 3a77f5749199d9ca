package key

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/session/fault"
)

func TestLoadFromCredentials(t *testing.T) {
	p, dir := specimenPKI(t, time.Now())
	in := func(name string) string { return filepath.Join(dir, name) }
	credentials := t.TempDir()
	for credential, file := range map[string]string{"reader-key": "reader.key.pem", "reader-certificate": "reader.cert.pem"} {
		text, err := os.ReadFile(in(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(credentials, credential), text, 0o400); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load("credential:reader-key", in("reader.cert.pem")); fault.CodeOf(err) != fault.ReaderKeyUnreadable ||
		!strings.Contains(err.Error(), "LoadCredential=") {
		t.Errorf("without credentials: %v", err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	for _, place := range []struct {
		key, certificate string
		want             fault.Code
	}{
		{"credential:reader-key", "credential:reader-certificate", fault.OK},
		{"credential:reader-key", in("reader.cert.pem"), fault.OK},
		{in("reader.key.pem"), "credential:reader-certificate", fault.OK},
		{"file:" + in("reader.key.pem"), "file://" + in("reader.cert.pem"), fault.OK},
		{"credential:another", in("reader.cert.pem"), fault.ReaderKeyUnreadable},
		{"credential:", in("reader.cert.pem"), fault.ReaderKeyUnreadable},
		{"credential:../" + filepath.Base(credentials) + "/reader-key", in("reader.cert.pem"), fault.ReaderKeyUnreadable},
		{"credential:..", in("reader.cert.pem"), fault.ReaderKeyUnreadable},
		{in("reader.key.pem"), "pkcs11:object=a?module-path=/b", fault.ReaderKeyUnreadable},
	} {
		r, err := Load(place.key, place.certificate)
		if fault.CodeOf(err) != place.want {
			t.Errorf("%s, %s: %v", place.key, place.certificate, err)
		}
		if err == nil && (!bytes.Equal(r.Chain[0], p.Reader.Certificate.Raw) || r.Close() != nil) {
			t.Errorf("%s: another certificate", place.certificate)
		}
	}
}

func TestFilesThatAreTooLarge(t *testing.T) {
	for size, want := range map[int]bool{0: true, 1: true, maxPlace: true, maxPlace + 1: false, 1 << 20: false} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, bytes.Repeat([]byte{'-'}, size), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := readPlace(path)
		if (err == nil) != want || want && len(text) != size {
			t.Errorf("%d bytes: %d read, %v", size, len(text), err)
		}
	}
}

func TestPlacesThatMayMove(t *testing.T) {
	for place, want := range map[string]bool{
		"/run/pin": true, "file:/run/pin": true, "file:///run/pin": true, "credential:pin": true,
		"pin": false, "file:pin": false, "credential:a/b": false, "credential:": false, "pkcs11:object=a": false, "|/bin/cat pin": false, "": false,
	} {
		if absolute(place) != want {
			t.Errorf("%q: %t", place, !want)
		}
	}
}
