package cli

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"strings"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/wire"
)

// A status list that no trusted issuer stands behind is installed for those only who say
// that they want it.
func TestF42_ImportOfAnUnanchoredListIsAskedFor(t *testing.T) {
	p := newVICALProvider(t)
	key := freshKey(t)
	signer := certify(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Nobody"}, KeyUsage: x509.KeyUsageDigitalSignature}, nil, key, key)
	payload, err := wire.Marshal(map[int]any{
		2: "https://lists.example/1", 4: time.Now().AddDate(0, 0, 1).Unix(), 6: time.Now().Add(-time.Hour).Unix(),
		65530: map[string]any{"identifiers": map[int]any{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := cose.SignPublished(key, payload, "application/identifierlist+cwt", signer.Raw)
	if err != nil {
		t.Fatal(err)
	}
	p.put(t, "list.cwt", list)
	if status, out := p.run("import", p.path("list.cwt")); status != exitFailed {
		t.Errorf("%d: %s", status, out)
	}
	if left, _ := os.ReadDir(p.path("lists/status")); len(left) != 0 {
		t.Errorf("left in the folder: %v", left)
	}
	status, out := p.run("import", "--unanchored", p.path("list.cwt"))
	if status != exitOK || !strings.Contains(out, "added") {
		t.Errorf("%d: %s", status, out)
	}
}
