package main

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kazashi/session/certificate"
	"kazashi/session/cose"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/wire"
)

const statusURI = "https://specimen.invalid/status"

// revocable writes an answer whose document names a status list and an identifier
// list: revocable DIR TIME makes response.cbor, transcript.cbor and iaca.pem in DIR, a
// CRL and both lists that clear the document in clear/, and beside that signer.crl,
// status.cwt and identifier.cwt, each of which revokes it.
func revocable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: revocable DIR TIME")
	}
	at, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Join(dir, "clear", "crl"), 0o700))
	ts.Check(os.MkdirAll(filepath.Join(dir, "clear", "status"), 0o700))
	file := func(name string, data []byte) { ts.Check(os.WriteFile(filepath.Join(dir, name), data, 0o600)) }

	pki, err := specimen.NewPKI(elliptic.P256(), at)
	ts.Check(err)
	file("iaca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.IACA.Certificate.Raw}))
	response, transcript := revocableAnswer(ts, pki, at)
	file("response.cbor", response)
	file("transcript.cbor", transcript)

	crl := func(revoked ...*big.Int) []byte {
		l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: at.Add(-time.Hour), NextUpdate: at.AddDate(0, 0, 30)}
		for _, serial := range revoked {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: at})
		}
		der, err := x509.CreateRevocationList(rand.Reader, l, pki.IACA.Certificate, pki.IACA.Key)
		ts.Check(err)
		return der
	}
	file("clear/crl/iaca.crl", crl())
	file("signer.crl", crl(pki.DS.Certificate.SerialNumber))
	p := newPublisher(ts, pki, at)
	file("clear/status/list.cwt", p.status(ts, 0))
	file("status.cwt", p.status(ts, 1<<5))
	file("clear/status/identifiers.cwt", p.identifiers(ts, "another"))
	file("identifier.cwt", p.identifiers(ts, "document"))
}

// revocableAnswer is the answer of a phone in a session that never was.
func revocableAnswer(ts *testscript.TestScript, pki *specimen.PKI, at time.Time) (response, transcript []byte) {
	c, err := pki.Issue(specimen.DrivingLicence(at), specimen.Issuing{At: at, Status: &mdoc.Status{
		StatusList:     &mdoc.StatusListInfo{Index: 5, URI: statusURI + "/bits"},
		IdentifierList: &mdoc.IdentifierListInfo{ID: []byte("document"), URI: statusURI + "/ids"},
	}})
	ts.Check(err)
	transcript, err = wire.Marshal([]any{nil, nil, []byte("handover")})
	ts.Check(err)
	own, err := mdoc.EncodeDeviceNameSpaces(nil)
	ts.Check(err)
	signed, err := mdoc.DeviceAuthenticationBytes(transcript, c.DocType, own)
	ts.Check(err)
	d := mdoc.Document{
		DocType: c.DocType, IssuerSigned: mdoc.IssuerSigned{NameSpaces: c.Items, IssuerAuth: c.IssuerAuth},
		DeviceSigned: mdoc.DeviceSigned{NameSpaces: own},
	}
	d.DeviceSigned.DeviceAuth.Signature, err = cose.SignDetached(c.DeviceKey.(crypto.Signer), signed)
	ts.Check(err)
	response, err = (&mdoc.DeviceResponse{Version: "1.0", Documents: []mdoc.Document{d}}).Bytes()
	ts.Check(err)
	return response, transcript
}

// A publisher signs status lists under an IACA.
type publisher struct {
	key         crypto.Signer
	certificate []byte
	at          time.Time
}

func newPublisher(ts *testscript.TestScript, pki *specimen.PKI, at time.Time) publisher {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(99), NotBefore: at.AddDate(0, -1, 0), NotAfter: at.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := certificate.Create(template, pki.IACA.Certificate, key.Public(), pki.IACA.Key)
	ts.Check(err)
	return publisher{key, der, at}
}

func (p publisher) sign(ts *testscript.TestScript, typ, uri string, label int, list any) []byte {
	payload, err := wire.Marshal(map[int]any{2: uri, 4: p.at.AddDate(0, 0, 3).Unix(), 6: p.at.Add(-time.Hour).Unix(), label: list})
	ts.Check(err)
	raw, err := cose.SignPublished(p.key, payload, typ, p.certificate)
	ts.Check(err)
	return raw
}

func (p publisher) status(ts *testscript.TestScript, statuses byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, err := w.Write([]byte{statuses})
	ts.Check(err)
	ts.Check(w.Close())
	return p.sign(ts, "statuslist+cwt", statusURI+"/bits", 65533, map[string]any{"bits": 1, "lst": out.Bytes()})
}

func (p publisher) identifiers(ts *testscript.TestScript, id string) []byte {
	identifiers := append([]byte{0xa1, 0x40 | byte(len(id))}, id...)
	return p.sign(ts, "identifierlist+cwt", statusURI+"/ids", 65530, map[string]any{"identifiers": wire.Raw(append(identifiers, 0xa0))})
}
