package fetch_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kazashi/cmd/internal/fetch"
	"kazashi/session/fault"
	"kazashi/session/trust"
)

// An authority issues CRLs, and is pinned by a file.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pin         string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"JP"}, CommonName: name},
		NotBefore: time.Now().AddDate(0, -1, 0), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 18}, Value: []byte{0x30, 0x03, 0x86, 0x01, 'x'}}}, // issuerAltName
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pin: filepath.Join(t.TempDir(), "iaca.pem")}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.pin, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// crl issues the list of a number, which is fresh until a time.
func (a *authority) crl(t *testing.T, number int64, until time.Time) []byte {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(number), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: until,
	}, a.certificate, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func tomorrow() time.Time { return time.Now().AddDate(0, 0, 1) }

// A terminal is what an update works on: a folder of lists, and who is believed.
type terminal struct {
	sources trust.Sources
	options fetch.Options
}

func newTerminal(t *testing.T, authorities ...*authority) *terminal {
	t.Helper()
	x := &terminal{sources: trust.Sources{Dir: t.TempDir()}, options: fetch.Options{Timeout: 10 * time.Second, MaxBytes: 1 << 20, Agent: "test"}}
	for _, a := range authorities {
		x.sources.Anchors = append(x.sources.Anchors, trust.Pin{Path: a.pin})
	}
	return x
}

// serve starts a TLS server that the terminal's update trusts.
func (x *terminal) serve(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that are to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	x.options.Roots = x509.NewCertPool()
	x.options.Roots.AddCert(server.Certificate())
	return server
}

// update updates from sources, CRLs unless they say otherwise, and returns their results.
func (x *terminal) update(t *testing.T, sources ...fetch.Source) []fetch.Result {
	t.Helper()
	for i := range sources {
		if sources[i].Kind == "" {
			sources[i].Kind = trust.KindCRL
		}
		if sources[i].Name == "" {
			sources[i].Name = "source-" + string(rune('a'+i))
		}
	}
	results, err := fetch.Update(t.Context(), sources, x.sources, x.options)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// number is that of the CRL that counts for an authority, "" for none.
func (x *terminal) number(t *testing.T, a *authority) string {
	t.Helper()
	for _, l := range trust.Load(x.sources, nil, time.Now()).CRLs {
		if l.List.Issuer.Equal(a.certificate) {
			return l.List.Number.String()
		}
	}
	return ""
}

// expect holds the only result against a code, and against what it must say.
func expect(t *testing.T, results []fetch.Result, code fault.Code, says ...string) {
	t.Helper()
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	if got := fault.CodeOf(results[0].Err); got != code {
		t.Fatalf("got %s (%v), want %s", got, results[0].Err, code)
	}
	for _, s := range says {
		if !strings.Contains(results[0].Err.Error(), s) {
			t.Errorf("%q does not say %q", results[0].Err, s)
		}
	}
}

func TestMain(m *testing.M) {
	if address := os.Getenv(victimAddress); address != "" {
		os.Exit(victim(address))
	}
	goleak.VerifyTestMain(m)
}
