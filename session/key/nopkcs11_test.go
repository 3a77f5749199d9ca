//go:build !cgo

package key

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/session/fault"
)

func TestWithoutCgoTokensAreRefused(t *testing.T) {
	_, dir := specimenPKI(t, time.Now())
	_, err := Load("pkcs11:object=a?module-path=/p11.so", filepath.Join(dir, "reader.cert.pem"))
	if fault.CodeOf(err) != fault.ReaderKeyUnreadable || !strings.Contains(err.Error(), "built without PKCS#11") {
		t.Errorf("got %v", err)
	}
}
