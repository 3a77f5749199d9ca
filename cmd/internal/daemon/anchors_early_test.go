package daemon

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/trust"
)

// A list that was refused because the clock was behind counts once the clock is right,
// though its file is the same; and while it is not, nothing is logged of it again.
func TestF42_EarlyListCountsWhenTheClockIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		pki, err := specimen.NewPKI(elliptic.P256(), now)
		if err != nil {
			t.Fatal(err)
		}
		c := pinned(t, pki)
		// Imported where the clock is right: here it is three hours behind.
		issueAt(t, c, pki, now.Add(3*time.Hour))
		kept := &journal{}
		log, err := NewLogger(configs.Log{Level: "info", Format: "json"}, false, kept)
		if err != nil {
			t.Fatal(err)
		}
		d := &daemon{log: log, recheck: make(chan struct{}, 1)}
		d.rules.Store(&rules{trust: c})
		d.anchors.Store(loadAnchors(c, nil, true, nil))
		first := d.anchors.Load()
		if !findingOf(first.listFindings(now), fault.TrustFromFuture) || !first.early() {
			t.Fatalf("the list of tomorrow: %v", first.listFindings(now))
		}
		d.refreshLists()
		if text := kept.String(); text != "" {
			t.Errorf("said again: %s", text)
		}
		<-time.After(4 * time.Hour)
		d.refreshLists()
		set := d.anchors.Load()
		if set.early() || len(set.set.CRLs) != 1 || len(set.listFindings(time.Now())) != 0 {
			t.Fatalf("the clock is right and the list does not count: %v", set.listFindings(time.Now()))
		}
		path, err := set.store.Path([][]byte{pki.DS.Certificate.Raw}, mdoc.DocTypeMyNumberCard, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if state := set.store.Revocation(path, nil, time.Now()).State; state != trust.Revoked {
			t.Errorf("its entry: %v", state)
		}
		if kept.String() == "" {
			t.Error("nothing is said of the list that counts now")
		}
		d.refreshLists()
		if d.anchors.Load() != set {
			t.Error("read again without a reason")
		}
	})
}

// issueAt has the authority revoke its document signer at a time, and imports the list
// then.
func issueAt(t *testing.T, c configs.Trust, pki *specimen.PKI, at time.Time) {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 7),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: pki.DS.Certificate.SerialNumber, RevocationTime: at}},
	}, pki.IACA.Certificate, pki.IACA.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trust.Import(c.Sources(), der, at); err != nil {
		t.Fatal(err)
	}
}
