package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kazashi/session/fault"
)

func TestImport(t *testing.T) {
	h := newHouse(t)
	if err := os.RemoveAll(h.sources.Dir); err != nil {
		t.Fatal(err)
	}
	first, err := Import(h.sources, h.vical(t, 7), now)
	if err != nil {
		t.Fatal(err)
	}
	if first.Kind != KindVICAL || first.OldVICAL != nil || first.Unchanged || !strings.HasPrefix(filepath.Base(first.File), "test-provider-") {
		t.Errorf("%+v", first)
	}
	crl, err := Import(h.sources, asPEM("X509 CRL", h.crl(t, 5, 2)), now)
	if err != nil || crl.Kind != KindCRL || crl.CRL.Entries() != 1 {
		t.Fatalf("%+v, %v", crl, err)
	}
	ours := newPublisher(t, h.iaca, nil)
	status, err := Import(h.sources, []byte(hex.EncodeToString(ours.sign(t, typStatus, statusClaims(t, 1, 0)))), now)
	if err != nil || status.Kind != KindStatus || !status.Anchored {
		t.Fatalf("%+v, %v", status, err)
	}
	set := Load(h.sources, nil, now)
	if len(set.Anchors) != 2 || len(set.CRLs) != 1 || len(set.Lists) != 1 || len(set.Findings(now)) != 0 {
		t.Errorf("loads as %d anchors, %d crls, %d lists: %v", len(set.Anchors), len(set.CRLs), len(set.Lists), set.Findings(now))
	}
	info, err := os.Stat(first.File)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	next, err := Import(h.sources, h.vical(t, 8), now)
	if err != nil || next.OldVICAL == nil || next.File != first.File {
		t.Errorf("%+v, %v", next, err)
	}
	again, err := Import(h.sources, mustRead(t, next.File), now)
	if err != nil || !again.Unchanged {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	folder, err := os.ReadDir(filepath.Dir(next.File))
	if err != nil || len(folder) != 1 {
		t.Errorf("left behind: %v, %v", folder, err)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whatever is refused leaves the installed file as it was.
func TestF42_ImportRefused(t *testing.T) {
	h := newHouse(t)
	installed, err := Import(h.sources, h.vical(t, 7), now)
	if err != nil {
		t.Fatal(err)
	}
	crl, err := Import(h.sources, h.crl(t, 5, 2), now)
	if err != nil {
		t.Fatal(err)
	}
	ours, stranger := newPublisher(t, h.iaca, nil), newPublisher(t, newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Stranger" }), nil)
	status, err := Import(h.sources, ours.sign(t, typStatus, statusClaims(t, 1, 0)), now)
	if err != nil {
		t.Fatal(err)
	}
	older := statusClaims(t, 1, 0)
	older[6] = now.AddDate(0, 0, -2).Unix()
	expired := statusClaims(t, 1, 0)
	expired[4] = now.Unix()
	tampered := h.vical(t, 8)
	tampered[len(tampered)-1] ^= 1
	before := [][]byte{mustRead(t, installed.File), mustRead(t, crl.File), mustRead(t, status.File)}
	for _, c := range []struct {
		name string
		data []byte
		want fault.Code
	}{
		{"nothing", nil, fault.TrustFileInvalid},
		{"text", []byte("hello"), fault.TrustFileInvalid},
		{"certificate", h.iaca.der, fault.TrustFileInvalid},
		{"certificate in pem", asPEM("CERTIFICATE", h.iaca.der), fault.TrustFileInvalid},
		{"older vical", h.vical(t, 6), fault.TrustRollback},
		{"tampered vical", tampered, fault.TrustSignature},
		{"vical of a stranger", newProvider(t, nil).sign(t, vicalOf(entryOf(t, h.listed.cert, "a.b"))), fault.UnknownIssuer},
		{"older crl", h.crl(t, 4), fault.TrustRollback},
		{"stale crl", newCRL(t, h.iaca, func(l *x509.RevocationList) { l.NextUpdate = now.AddDate(0, 0, -1) }), fault.TrustStale},
		{"older status list", ours.sign(t, typStatus, older), fault.TrustRollback},
		{"expired status list", ours.sign(t, typStatus, expired), fault.TrustStale},
		{"a stranger's list of the same uri", stranger.sign(t, typStatus, statusClaims(t, 1, 0)), fault.StatusListUnanchored},
	} {
		_, err := Import(h.sources, c.data, now)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		for i, file := range []string{installed.File, crl.File, status.File} {
			if !bytes.Equal(mustRead(t, file), before[i]) {
				t.Fatalf("%s: changed %s", c.name, file)
			}
		}
	}
}

// A list of an authority that is not known is installed when somebody asks for that,
// and says that it counts only for documents that name it.
func TestImportOfAListThatNoAnchorKnows(t *testing.T) {
	h := newHouse(t)
	stranger := newPublisher(t, newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Stranger" }), nil)
	list := stranger.sign(t, typIdentifier, identifierClaims("ab"))
	if _, err := Import(h.sources, list, now); fault.CodeOf(err) != fault.StatusListUnanchored {
		t.Errorf("unasked: %v", err)
	}
	i, err := ImportUnanchored(h.sources, list, now)
	if err != nil || i.Anchored {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestF50_ImportIntoAFolderThatCannotBeWritten(t *testing.T) {
	h := newHouse(t)
	h.sources.Dir = filepath.Join(h.dir, "pins/iaca.pem") // a file: nobody can write below it, root neither
	if _, err := Import(h.sources, h.vical(t, 7), now); fault.CodeOf(err) != fault.TrustUnwritable {
		t.Errorf("got %v", err)
	}
	h.sources.Dir = ""
	if _, err := Import(h.sources, h.vical(t, 7), now); fault.CodeOf(err) != fault.ConfigInvalid {
		t.Errorf("no folder: %v", err)
	}
}

// Of imports at the same time the newest stays, and each reader sees a whole file.
func TestF42_ImportsAtTheSameTime(t *testing.T) {
	h := newHouse(t)
	var wait sync.WaitGroup
	for number := range 8 {
		data := h.vical(t, number+1)
		wait.Go(func() {
			if _, err := Import(h.sources, data, now); err != nil && fault.CodeOf(err) != fault.TrustRollback {
				t.Error(err)
			}
		})
		wait.Go(func() {
			for _, f := range Load(h.sources, nil, now).Findings(now) {
				t.Errorf("read while it was replaced: %v", f)
			}
		})
	}
	wait.Wait()
	set := Load(h.sources, nil, now)
	if len(set.VICALs) != 1 || *set.VICALs[0].List.IssueID != 8 {
		t.Errorf("%v", set.VICALs)
	}
}
