package holder

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

// answerTo asks the phone for the whole document and leaves the plain answer, the
// transcript and the reader's key in a directory.
func answerTo(t *testing.T, p *Phone, document specimen.Document, dir string) {
	t.Helper()
	if err := p.engage(); err != nil {
		t.Fatal(err)
	}
	curve := map[seal.Curve]ecdh.Curve{seal.P256: ecdh.P256(), seal.P384: ecdh.P384()}[p.session.key.Curve()]
	if curve == nil {
		t.Fatalf("no curve %s here", p.session.key.Curve())
	}
	scalar, err := curve.GenerateKey(rand.Reader)
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
