package configs

import (
	"strings"
	"testing"

	"kazashi/session/fault"
)

func TestPlacesOfTheReaderKey(t *testing.T) {
	const certificate = "/etc/kazashi/reader.cert.pem"
	for _, c := range []struct {
		key, certificate, problem string
	}{
		{"/etc/kazashi/reader.key.pem", certificate, ""},
		{"file:/etc/kazashi/reader.key.pem", "file:" + certificate, ""},
		{"credential:reader-key", "credential:reader-certificate", ""},
		{"pkcs11:token=Terminal;object=reader?module-path=/usr/lib/p11.so&pin-source=file:/run/pin", certificate, ""},
		{"reader.key.pem", certificate, "reader_key.key"},
		{"file:reader.key.pem", certificate, "reader_key.key"},
		{"https://example.com/key.pem", certificate, "reader_key.key"},
		{"credential:reader-key", "reader.cert.pem", "reader_key.certificate"},
		{"credential:reader-key", "pkcs11:object=reader", "reader_key.certificate"},
	} {
		loaded, err := Load(write(t, "reader_key:\n  key: '"+c.key+"'\n  certificate: '"+c.certificate+"'\n"))
		if c.problem != "" {
			if fault.CodeOf(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), c.problem+":") {
				t.Errorf("%s, %s: %v", c.key, c.certificate, err)
			}
			continue
		}
		if err != nil || loaded.ReaderKey.Key != c.key || loaded.ReaderKey.Certificate != c.certificate {
			t.Errorf("%s, %s: %v", c.key, c.certificate, err)
		}
	}
}
