//go:build cgo

package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

const pin = "4711-0815"

// softHSMLibraries are where distributions put it.
var softHSMLibraries = []string{
	"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
}

// A hsm is a SoftHSM with tokens of its own. The library reads its configuration once in
// a process: all tests share it.
type hsm struct {
	library      string
	pin          string // file
	p256, p384   *ecdsa.PrivateKey
	p521, spare  *ecdsa.PrivateKey
	ed25519      ed25519.PrivateKey // nil where this SoftHSM has no EdDSA
	certificates map[string]string  // file by object
}

var shared *hsm

// softHSM returns the tokens, or skips where the software is missing and not asked for.
func softHSM(t *testing.T) *hsm {
	t.Helper()
	if shared != nil {
		return shared
	}
	i := slices.IndexFunc(softHSMLibraries, func(path string) bool { _, err := os.Stat(path); return err == nil })
	if _, err := exec.LookPath("softhsm2-util"); err != nil || i < 0 {
		if os.Getenv("KAZASHI_REQUIRE_SOFTHSM") == "1" {
			t.Fatal("SoftHSM is not installed, and KAZASHI_REQUIRE_SOFTHSM is set")
		}
		t.Skip("SoftHSM is not installed: install the package softhsm2 to test keys in a token")
	}
	dir, err := os.MkdirTemp("", "kazashi-softhsm")
	if err != nil {
		t.Fatal(err)
	}
	cleanups = append(cleanups, func() { _ = os.RemoveAll(dir) })
	h := &hsm{library: softHSMLibraries[i], pin: filepath.Join(dir, "pin"), certificates: map[string]string{}}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("pin", pin+"\n")
	tokens := filepath.Join(dir, "tokens")
	if err := os.Mkdir(tokens, 0o700); err != nil {
		t.Fatal(err)
	}
	// Past the end of this test: the library is told once, by the first that loads it.
	_ = os.Setenv("SOFTHSM2_CONF", file("softhsm2.conf", "directories.tokendir = "+tokens+"\nlog.level = ERROR\n"))
	for _, label := range []string{"Kazashi reader", "other", "twin", "twin", "wrong pin"} {
		h.util(t, "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin)
	}
	n := 0
	add := func(token, object string, key crypto.Signer) error {
		n++
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		path := file("import.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
		h.certificates[object] = file(object+".cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: readerCertificate(t, key)})))
		return h.tryUtil(t, "--import", path, "--token", token, "--label", object, "--id", string(rune('0'+n/10))+string(rune('0'+n%10)), "--pin", pin)
	}
	for object, c := range map[string]struct {
		curve elliptic.Curve
		key   **ecdsa.PrivateKey
	}{"p256": {elliptic.P256(), &h.p256}, "p384": {elliptic.P384(), &h.p384}, "p521": {elliptic.P521(), &h.p521}, "spare": {elliptic.P256(), &h.spare}} {
		if *c.key, err = ecdsa.GenerateKey(c.curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
		if err := add("Kazashi reader", object, *c.key); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := add("other", "doubled", h.spare); err != nil {
			t.Fatal(err)
		}
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if add("Kazashi reader", "ed25519", edKey) == nil {
		h.ed25519 = edKey
	}
	shared = h
	return h
}

var cleanups []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range cleanups {
		f()
	}
	os.Exit(code)
}

func (h *hsm) tryUtil(t *testing.T, arguments ...string) error {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "softhsm2-util", arguments...).CombinedOutput()
	if err != nil {
		t.Logf("softhsm2-util %s: %s", arguments[0], out)
	}
	return err
}

func (h *hsm) util(t *testing.T, arguments ...string) {
	t.Helper()
	if err := h.tryUtil(t, arguments...); err != nil {
		t.Fatal(err)
	}
}

func (h *hsm) uri(path, query string) string {
	return "pkcs11:" + path + "?module-path=" + h.library + query
}

// readerCertificate returns a certificate for reader authentication, DER.
func readerCertificate(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 6}})
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "specimen terminal"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestTokenSignsRequests(t *testing.T) {
	h := softHSM(t)
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Dir(h.pin))
	transcript := []byte{0x83, 0xf6, 0xf6, 0xf6}
	items, err := mdoc.Request{Documents: []mdoc.DocRequest{{DocType: "d", Elements: []mdoc.ElementRequest{{Namespace: "n", Identifier: "a"}}}}}.ItemsRequests()
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range map[string]string{
		"p256":    h.uri("token=Kazashi%20reader;object=p256;type=private", "&pin-source="+h.pin),
		"p384":    h.uri("token=Kazashi%20reader;object=p384", "&pin-source=file:"+h.pin),
		"p521":    h.uri("token=Kazashi%20reader;object=p521;manufacturer=SoftHSM%20project", "&pin-source=credential:pin"),
		"ed25519": h.uri("token=Kazashi%20reader;object=ed25519", "&pin-source="+h.pin),
	} {
		if name == "ed25519" && h.ed25519 == nil {
			t.Log("this SoftHSM has no EdDSA: Ed25519 in a token is not tested")
			continue
		}
		r, err := Load(place, h.certificates[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for range 3 {
			auth, err := r.Sign(transcript, items[0])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if chain, err := mdoc.VerifyReaderAuth(auth, transcript, items[0]); err != nil || len(chain) != 1 {
				t.Errorf("%s: %v", name, err)
			}
		}
		whole, err := r.SignAll(transcript, items, wire.Embed([]byte{0xa0}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := mdoc.VerifyReaderAuthAll(whole, transcript, items, wire.Embed([]byte{0xa0})); err != nil {
			t.Errorf("%s, as a whole: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	h := softHSM(t)
	withPIN := "&pin-source=" + h.pin
	wrong := write(t, "pin", "no PEM", nil)
	for name, c := range map[string]struct {
		place, certificate string
		want               fault.Code
		in                 string
	}{
		"no such token":       {h.uri("token=none;object=p256", withPIN), "p256", fault.ReaderKeyUnreadable, "0 tokens"},
		"two tokens":          {h.uri("token=twin;object=p256", withPIN), "p256", fault.ReaderKeyUnreadable, "2 tokens"},
		"no such serial":      {h.uri("token=other;serial=0;object=p256", withPIN), "p256", fault.ReaderKeyUnreadable, "0 tokens"},
		"no such slot":        {h.uri("slot-id=1;object=p256", withPIN), "p256", fault.ReaderKeyUnreadable, "0 tokens"},
		"no such key":         {h.uri("token=Kazashi%20reader;object=none", withPIN), "p256", fault.ReaderKeyUnreadable, "no private key"},
		"two keys":            {h.uri("token=other;object=doubled", withPIN), "spare", fault.ReaderKeyUnreadable, "several private keys"},
		"another key":         {h.uri("token=Kazashi%20reader;object=p256", withPIN), "spare", fault.ReaderKeyMismatch, "another key"},
		"a key by another id": {h.uri("token=Kazashi%20reader;object=p256;id=%99", withPIN), "p256", fault.ReaderKeyUnreadable, "no private key"},
		"no PIN file":         {h.uri("token=Kazashi%20reader;object=p256", "&pin-source=/nowhere"), "p256", fault.ReaderKeyUnreadable, "nowhere"},
		"a wrong PIN":         {h.uri("token=wrong%20pin;object=p256", "&pin-source="+wrong), "p256", fault.ReaderKeyUnreadable, "does not take the PIN"},
		"no library":          {"pkcs11:object=a?module-path=/nowhere.so", "p256", fault.ReaderKeyUnreadable, "cannot be loaded"},
		"no PKCS#11 library":  {"pkcs11:object=a?module-path=" + h.certificates["p256"], "p256", fault.ReaderKeyUnreadable, "cannot be loaded"},
	} {
		_, err := Load(c.place, h.certificates[c.certificate])
		if fault.CodeOf(err) != c.want || !strings.Contains(err.Error(), c.in) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), pin) {
			t.Errorf("%s: the error tells the PIN", name)
		}
	}
}

func TestTokenWithoutPINSaysWhatItWants(t *testing.T) {
	h := softHSM(t)
	if _, err := Load(h.uri("token=other;object=doubled", ""), h.certificates["spare"]); fault.CodeOf(err) != fault.ReaderKeyUnreadable ||
		!strings.Contains(err.Error(), "pin-source") {
		t.Errorf("got %v", err)
	}
}

// A token that was reset is logged in to again; one that has refused the PIN is not
// asked again, since that would lock it.
func TestTokenIsOpenedAgain(t *testing.T) {
	h := softHSM(t)
	r, err := Load(h.uri("token=Kazashi%20reader;object=p256", "&pin-source="+h.pin), h.certificates["p256"])
	if err != nil {
		t.Fatal(err)
	}
	inner := r.Signer.(*bounded).signer.(*token)
	slot, _, err := inner.find()
	if err != nil {
		t.Fatal(err)
	}
	reset := func() {
		if err := inner.module.CloseAllSessions(slot); err != nil {
			t.Fatal(err)
		}
	}
	reset()
	if err := prove(r.Signer); err != nil {
		t.Errorf("after a reset: %v", err)
	}
	reset()
	inner.uri.pin = write(t, "pin", "no PEM", nil)
	for range 5 {
		if err := prove(r.Signer); fault.CodeOf(err) != fault.ReaderKeyUnreadable {
			t.Errorf("with a wrong PIN: %v", err)
		}
		inner.uri.pin = h.pin // right again, but no longer asked
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
