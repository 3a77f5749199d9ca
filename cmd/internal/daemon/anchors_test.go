package daemon

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

// pinned is a configuration that pins the authority of a specimen PKI, with a
// folder of lists of its own.
func pinned(t *testing.T, pki *specimen.PKI) configs.Trust {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "iaca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.IACA.Certificate.Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return configs.Trust{
		Anchors: []configs.Anchor{{Path: file, DocTypes: []string{mdoc.DocTypeMyNumberCard, mdoc.DocTypeDrivingLicence}}},
		Dir:     filepath.Join(dir, "lists"),
	}
}

// install has the authority issue the CRL of a number, until a time, and imports it.
func install(t *testing.T, c configs.Trust, pki *specimen.PKI, number int64, until time.Time, revoked ...*big.Int) string {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: until}
	for _, serial := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: serial, RevocationTime: time.Now().Add(-2 * time.Hour)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, pki.IACA.Certificate, pki.IACA.Key)
	if err != nil {
		t.Fatal(err)
	}
	i, err := trust.Import(c.Sources(), der, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return i.File
}

// pin lets a daemon rest on a configuration of trust.
func pin(d *daemon, c configs.Trust) {
	rules := *d.rules.Load()
	rules.trust = c
	d.rules.Store(&rules)
	d.anchors.Store(loadAnchors(c, nil, true, nil))
}

// A document signer that is revoked while the daemon runs is refused from the next
// tap on, without a restart.
func TestF33_SignerRevokedWhileRunning(t *testing.T) {
	var c configs.Trust
	r := start(t, nil, func(d *daemon) {
		c = pinned(t, d.pki)
		pin(d, c)
	})
	accepted := func(when string) {
		p, code := r.outcome(r.arm("age-over-20"))
		if p.State != api.StateVerified {
			t.Fatalf("%s: %s, %s", when, p.State, code)
		}
		if err := r.client.Cancel(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
	}
	accepted("without a crl")
	tomorrow := time.Now().AddDate(0, 0, 1)
	install(t, c, r.daemon.pki, 1, tomorrow)
	r.daemon.refreshLists()
	accepted("on no crl")
	install(t, c, r.daemon.pki, 2, tomorrow, r.daemon.pki.DS.Certificate.SerialNumber)
	r.daemon.refreshLists()
	if _, code := r.outcome(r.arm("age-over-20")); code != fault.CertificateRevoked {
		t.Errorf("revoked: %s", code)
	}
}

func findingOf(items []api.HealthItem, code fault.Code) bool {
	return slices.ContainsFunc(items, func(i api.HealthItem) bool { return i.Code == code })
}

// What is wrong with the lists is in health, with its code, and the last good set
// stays in force.
func TestF42_HealthTellsOfBadLists(t *testing.T) {
	now := time.Now()
	pki, err := specimen.NewPKI(elliptic.P256(), now)
	if err != nil {
		t.Fatal(err)
	}
	c := pinned(t, pki)
	file := install(t, c, pki, 5, now.AddDate(0, 0, 1), pki.DS.Certificate.SerialNumber)
	good := loadAnchors(c, nil, true, nil)
	if lists := good.trust().Lists; len(lists) != 1 || lists[0].Kind != "crl" || lists[0].Entries != 1 || !lists[0].Fresh {
		t.Errorf("the socket shows %+v", lists)
	}
	if items := good.listFindings(now); len(items) != 0 {
		t.Fatalf("sound: %v", items)
	}
	if !findingOf(good.findings(nil, now.AddDate(0, 0, 2)), fault.TrustStale) {
		t.Error("nothing is said of a stale crl")
	}
	revoked := func(a *anchors) bool {
		path, err := a.store.Path([][]byte{pki.DS.Certificate.Raw}, mdoc.DocTypeMyNumberCard, now)
		if err != nil {
			t.Fatal(err)
		}
		return a.store.Revocation(path, nil, now).State == trust.Revoked
	}
	if err := os.WriteFile(file, []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	look := lookOf(c.Dir)
	if look == good.folder {
		t.Error("the folder looks as before")
	}
	for name, a := range map[string]*anchors{"refreshed": good.refreshed(c, look), "loaded anew": loadAnchors(c, nil, true, good)} {
		if !findingOf(a.findings(nil, now), fault.TrustFileInvalid) || !revoked(a) {
			t.Errorf("%s: revoked %v, %v", name, revoked(a), a.findings(nil, now))
		}
		if len(a.bad) != 0 {
			t.Errorf("%s: a bad list counts as a bad anchor", name)
		}
	}
}

func TestUndeterminedOfProfiles(t *testing.T) {
	r := &rules{profiles: map[string]profile{}}
	for text, want := range map[string]verify.Policy{
		"": verify.AcceptUnlisted, configs.UndeterminedUnlisted: verify.AcceptUnlisted,
		configs.UndeterminedAccept: verify.AcceptUndetermined, configs.UndeterminedReject: verify.RejectUndetermined,
	} {
		r.profiles["p"] = profile{undetermined: policyOf(text)}
		if got := r.undetermined("p"); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if got := r.undetermined("gone"); got != verify.RejectUndetermined {
		t.Errorf("a profile that is gone: %d", got)
	}
}

// trust.signer_usages of the configuration is what document signers are held to, also
// after the lists were read anew.
func TestF33_SignerUsagesOfTheConfiguration(t *testing.T) {
	pki, err := specimen.NewPKI(elliptic.P256(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := pinned(t, pki)
	c.SignerUsages = []configs.SignerUsage{
		{DocType: mdoc.DocTypeMyNumberCard, Usages: []string{"1.0.23220.4.1.2"}},
		{DocType: mdoc.DocTypeDrivingLicence, Usages: []string{"1.0.18013.5.1.2"}},
	}
	loaded := loadAnchors(c, nil, true, nil)
	for name, a := range map[string]*anchors{"loaded": loaded, "refreshed": loaded.refreshed(c, "")} {
		for docType, want := range map[string]fault.Code{
			mdoc.DocTypeMyNumberCard: fault.CertificateEKU, mdoc.DocTypeDrivingLicence: fault.OK,
		} {
			if _, err := a.store.Path([][]byte{pki.DS.Certificate.Raw}, docType, time.Now()); fault.CodeOf(err) != want {
				t.Errorf("%s, %s: got %v, want %s", name, docType, err, want)
			}
		}
	}
}

// An anchor that is taken though it departs from its profile is no fault of the
// terminal's health.
func TestHealth_SaysNothingOfTakenDepartures(t *testing.T) {
	pki, err := specimen.NewPKI(elliptic.P256(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := pinned(t, pki)
	open := *pki.IACA.Certificate
	open.MaxPathLen, open.MaxPathLenZero = -1, false
	der, err := x509.CreateCertificate(rand.Reader, &open, &open, pki.IACA.Key.Public(), pki.IACA.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Anchors[0].Path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	a := loadAnchors(c, nil, true, nil)
	if len(a.set.Pinned()) != 1 || len(a.bad) != 0 || len(a.listFindings(time.Now())) != 0 {
		t.Errorf("pinned %+v, health %+v", a.set.Pinned(), a.bad)
	}
}
