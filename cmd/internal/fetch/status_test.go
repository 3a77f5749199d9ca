package fetch_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"kazashi/cmd/internal/fetch"
	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

const statusURI = "https://issuer.example/list"

// status issues a status list, so old, that says one byte of the first documents.
func (a *authority) status(t *testing.T, age time.Duration, first byte) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(40), Subject: pkix.Name{CommonName: "Status Signer"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().AddDate(0, -1, 0), NotAfter: time.Now().AddDate(1, 0, 0),
	}, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	w := zlib.NewWriter(&list)
	if _, err := w.Write([]byte{first}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	payload, err := wire.Marshal(map[int]any{
		2: statusURI, 4: tomorrow().Unix(), 6: time.Now().Add(-age).Unix(), 65533: map[string]any{"bits": 1, "lst": list.Bytes()},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cose.SignPublished(key, payload, "application/statuslist+cwt", signer)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// revocation is what the installed lists say of a document of the first anchor.
func (x *terminal) revocation(a *authority) trust.State {
	set := trust.Load(x.sources, nil, time.Now())
	store := trust.NewStore(set.Anchors, trust.Options{Revocations: set.Revocations()})
	path := &trust.Path{Leaf: a.certificate, Anchor: set.Anchors[0], DocType: mdoc.DocTypeDrivingLicence}
	return store.Revocation(path, &mdoc.Status{StatusList: &mdoc.StatusListInfo{URI: statusURI}}, time.Now()).State
}

// Whoever answers for a source gives back no revoked document, and leaves nothing in the
// folder of lists: neither in the place of the issuer's list nor before it comes.
func TestF42_UpdateTakesNoForgedStatusList(t *testing.T) {
	iaca := newAuthority(t, "IACA")
	for _, forger := range []*authority{newAuthority(t, "IACA"), newAuthority(t, "Nobody")} {
		x := newTerminal(t, iaca)
		var list []byte
		s := x.serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(list)
		}))
		answer := func(answered []byte, code fault.Code) {
			t.Helper()
			list = answered
			expect(t, x.update(t, fetch.Source{URL: s.URL, Kind: trust.KindStatus}), code)
		}
		answer(forger.status(t, time.Minute, 0), fault.StatusListUnanchored)
		if left, _ := filepath.Glob(filepath.Join(x.sources.Dir, "status", "*")); len(left) != 0 {
			t.Errorf("left in the folder: %v", left)
		}
		answer(iaca.status(t, time.Hour, 1), fault.OK)
		answer(forger.status(t, time.Minute, 0), fault.StatusListUnanchored)
		if got := x.revocation(iaca); got != trust.Revoked {
			t.Errorf("%s forged it: the document is %v", forger.certificate.Subject, got)
		}
	}
}
