package holder

import (
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

// peersKit returns the directory of the other libraries' verifiers.
func peersKit(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MDOC_PEERS")
	if dir == "" {
		t.Skip("MDOC_PEERS is not set: verifiers of other libraries are not part of this repository")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("MDOC_PEERS has no node_modules: run npm ci --ignore-scripts in a copy of it")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	return dir
}

// judge asks one of the other libraries about the answer in a directory and returns
// its exit status: 0 accepts, 1 rejects.
func judge(t *testing.T, kit, peer, dir string, at time.Time) (int, []byte) {
	t.Helper()
	in := func(name string) string { return filepath.Join(dir, name) }
	out, err := exec.CommandContext(t.Context(), "node", filepath.Join(kit, "verify.mjs"), "--peer", peer,
		"--response", in("response"), "--transcript", in("transcript"), "--reader-key", in("ereader.pem"),
		"--trust", in("iaca.cert.pem"), "--at", at.Add(time.Minute).Format(time.RFC3339)).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, out
	case errors.As(err, &exit):
		return exit.ExitCode(), out
	}
	t.Fatal(err)
	return 0, nil
}

func TestOtherVerifiersRejectATamperedElement(t *testing.T) {
	kit, at := peersKit(t), time.Now().UTC().Truncate(time.Second)
	pki, err := specimen.NewPKI(elliptic.P256(), at)
	if err != nil {
		t.Fatal(err)
	}
	document := specimen.MyNumberCard(at)
	p, err := New(Options{Scenario: TamperedElement, PKI: pki, At: at, Documents: []specimen.Document{document}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	answerTo(t, p, document, dir)
	if err := pki.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, peer := range []string{"auth0", "owf", "animo"} {
		if code, out := judge(t, kit, peer, dir, at); code != 1 {
			t.Errorf("%s: exit status %d\n%s", peer, code, out)
		}
	}
}

func TestOtherVerifiersAcceptOurDocuments(t *testing.T) {
	kit, at := peersKit(t), time.Now().UTC().Truncate(time.Second)
	for name, c := range map[string]struct {
		issuer, device elliptic.Curve
		mac            bool
		peers          []string
	}{
		"signature on P-256":                 {elliptic.P256(), elliptic.P256(), false, []string{"auth0", "owf", "animo"}},
		"signature with the issuer on P-384": {elliptic.P384(), elliptic.P256(), false, []string{"auth0", "owf", "animo"}},
		"signature with all on P-384":        {elliptic.P384(), elliptic.P384(), false, []string{"auth0", "owf", "animo"}},
		"MAC on P-256":                       {elliptic.P256(), elliptic.P256(), true, []string{"auth0", "animo"}}, // owf takes no MAC at all
		"MAC with the issuer on P-384":       {elliptic.P384(), elliptic.P256(), true, []string{"auth0", "animo"}},
	} {
		for _, document := range []specimen.Document{specimen.MyNumberCard(at), specimen.DrivingLicence(at)} {
			t.Run(name+" "+document.DocType, func(t *testing.T) {
				pki, err := specimen.NewPKI(c.issuer, at)
				if err != nil {
					t.Fatal(err)
				}
				p, err := New(Options{PKI: pki, At: at, DeviceCurve: c.device, MAC: c.mac, Documents: []specimen.Document{document}})
				if err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				answerTo(t, p, document, dir)
				if err := pki.Write(dir); err != nil {
					t.Fatal(err)
				}
				for _, peer := range c.peers {
					if code, out := judge(t, kit, peer, dir, at); code != 0 {
						t.Errorf("%s: exit status %d\n%s", peer, code, out)
					}
				}
			})
		}
	}
}

// answerTo asks the phone for the whole document and leaves the plain answer, the
// transcript and the reader's key in a directory.
func answerTo(t *testing.T, p *Phone, document specimen.Document, dir string) {
	t.Helper()
	if err := p.engage(); err != nil {
		t.Fatal(err)
	}
	scalar, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := seal.FromECDH(scalar)
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := p.transcript(ours.COSE())
	if err != nil {
		t.Fatal(err)
	}
	terminal, request := establish(t, p, ours, transcript, document)
	message, err := p.receive(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := seal.ParseSessionData(message)
	if err != nil {
		t.Fatal(err)
	}
	response, err := terminal.Open(answer.Data)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(scalar)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"response": response, "transcript": transcript,
		"ereader.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// establish returns the reader's side of a session and its first message.
func establish(t *testing.T, p *Phone, ours *seal.Private, transcript []byte, document specimen.Document) (*seal.Session, []byte) {
	t.Helper()
	eDeviceKey, err := seal.ParsePublic(p.session.key.COSE())
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := seal.NewReader(ours, eDeviceKey, transcript)
	if err != nil {
		t.Fatal(err)
	}
	asked := mdoc.DocRequest{DocType: document.DocType}
	ages := 0
	for _, e := range document.Elements {
		if _, age := mdoc.AgeThreshold(e.Identifier); age {
			if ages++; ages > 2 {
				continue
			}
		}
		asked.Elements = append(asked.Elements, mdoc.ElementRequest{Namespace: e.Namespace, Identifier: e.Identifier})
	}
	items, err := asked.ItemsRequestBytes()
	if err != nil {
		t.Fatal(err)
	}
	request, err := mdoc.DeviceRequest{DocRequests: []mdoc.SignedDocRequest{{ItemsRequest: items}}}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := terminal.Seal(request)
	if err != nil {
		t.Fatal(err)
	}
	message, err := seal.EncodeSessionEstablishment(ours.COSE(), sealed)
	if err != nil {
		t.Fatal(err)
	}
	return terminal, message
}
