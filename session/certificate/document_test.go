package certificate_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/ed448"

	"kazashi/session/certificate"
	"kazashi/session/cose"
	"kazashi/session/curve/brainpool"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/trust"
	"kazashi/session/verify"
	"kazashi/session/wire"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A signing is a key that signs, of a curve.
type signing struct {
	name string
	key  crypto.Signer
}

// signers returns a fresh key on every curve that signs; the first seven are those
// that an IACA may have.
func signers(t testing.TB) []signing {
	t.Helper()
	var all []signing
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signing{c.Params().Name, key})
	}
	for _, c := range []*brainpool.Curve{brainpool.P256r1(), brainpool.P320r1(), brainpool.P384r1(), brainpool.P512r1()} {
		key, err := c.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signing{c.String(), key})
	}
	_, short, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, long, err := ed448.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, signing{"Ed25519", short}, signing{"Ed448", long})
}

const issuers = 7

// certify makes an IACA, or a document signer where there is an issuer.
func certify(t testing.TB, subject, issuer signing, iaca *x509.Certificate) *x509.Certificate {
	t.Helper()
	identifier := sha1.Sum([]byte(subject.name))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1 << 62),
		NotBefore:    now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0), SubjectKeyId: identifier[:],
		Subject: pkix.Name{Country: []string{"UT"}, CommonName: "Specimen " + subject.name},
	}
	parent := template
	if iaca == nil {
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		template.BasicConstraintsValid, template.IsCA, template.MaxPathLenZero = true, true, true
	} else {
		template.Subject.CommonName = "Specimen Document Signer " + subject.name
		usage, err := asn1.Marshal([]asn1.ObjectIdentifier{trust.UsageMDLSigner})
		if err != nil {
			t.Fatal(err)
		}
		template.KeyUsage, template.CRLDistributionPoints = x509.KeyUsageDigitalSignature, []string{"https://specimen.invalid/crl"}
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}
		template.AuthorityKeyId = iaca.SubjectKeyId
		parent = &x509.Certificate{RawSubject: iaca.RawSubject, SubjectKeyId: iaca.SubjectKeyId}
	}
	der, err := certificate.Create(template, parent, subject.key.Public(), issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A document is what one test verifies.
type document struct {
	iaca, ds   *x509.Certificate
	signer     crypto.Signer // with the key of ds
	deviceKey  crypto.PublicKey
	device     crypto.Signer // nil for a MAC
	macKey     []byte
	transcript []byte
}

func (d document) response(t testing.TB) []byte {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	item, err := mdoc.NewIssuerSignedItem(7, bytes.Repeat([]byte{1}, 32), "family_name", "SPECIMEN")
	must(err)
	deviceKey, err := cose.MarshalKey(d.deviceKey)
	must(err)
	mso, err := (&mdoc.MobileSecurityObject{
		Version: "1.0", DigestAlgorithm: "SHA-256", DocType: "org.iso.18013.5.1.mDL",
		ValueDigests:  map[string]map[uint32][]byte{"org.iso.18013.5.1": {7: mdoc.NewDigester(crypto.SHA256).Digest(item.Bytes)}},
		DeviceKeyInfo: mdoc.DeviceKeyInfo{DeviceKey: deviceKey},
		ValidityInfo:  mdoc.ValidityInfo{Signed: wire.TDate(now), ValidFrom: wire.TDate(now), ValidUntil: wire.TDate(now.AddDate(0, 6, 0))},
	}).Bytes()
	must(err)
	auth, err := cose.SignAttached(d.signer, mso, d.ds.Raw)
	must(err)
	own, err := mdoc.EncodeDeviceNameSpaces(nil)
	must(err)
	signed, err := mdoc.DeviceAuthenticationBytes(d.transcript, "org.iso.18013.5.1.mDL", own)
	must(err)
	device := mdoc.DeviceSigned{NameSpaces: own}
	if d.device != nil {
		device.DeviceAuth.Signature, err = cose.SignDetached(d.device, signed)
	} else {
		device.DeviceAuth.MAC, err = cose.MacDetached(d.macKey, signed)
	}
	must(err)
	raw, err := (&mdoc.DeviceResponse{Version: "1.0", Documents: []mdoc.Document{{
		DocType:      "org.iso.18013.5.1.mDL",
		IssuerSigned: mdoc.IssuerSigned{NameSpaces: map[string][]mdoc.IssuerSignedItem{"org.iso.18013.5.1": {item}}, IssuerAuth: auth},
		DeviceSigned: device,
	}}}).Bytes()
	must(err)
	return raw
}

func (d document) verify(t testing.TB, key verify.ReaderKey) error {
	t.Helper()
	anchors, err := trust.ParsePEM(d.iaca.Raw)
	if err != nil {
		t.Fatal(err)
	}
	v := &verify.Verifier{Trust: trust.NewStore(anchors, trust.Options{}), Now: func() time.Time { return now }}
	verified, err := v.Verify(verify.Input{Response: d.response(t), Transcript: d.transcript, ReaderKey: key})
	if err != nil {
		return err
	}
	if names := verified.Documents(); len(names) != 1 || len(names[0].Elements) != 1 {
		t.Errorf("%+v", names)
	}
	verified.Wipe()
	return nil
}

var transcript = []byte{0x83, 0xf6, 0xf6, 0xf6}

// Every curve takes every place that it may have: IACA, document signer and device.
func TestDocumentsOnEveryCurve(t *testing.T) {
	all, others := signers(t), signers(t)
	for i, issuer := range all[:issuers] {
		iaca := certify(t, issuer, issuer, nil)
		for j, ds := range all {
			device := all[(i+j)%len(all)]
			d := document{
				iaca: iaca, ds: certify(t, ds, issuer, iaca), signer: ds.key,
				deviceKey: device.key.Public(), device: device.key, transcript: transcript,
			}
			name := issuer.name + " over " + ds.name + " over " + device.name
			if err := d.verify(t, nil); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			// The document signer's certificate is genuine, but another key has signed.
			d.signer = others[j].key
			if err := d.verify(t, nil); fault.CodeOf(err) != fault.IssuerSignatureInvalid {
				t.Errorf("%s, signed by another: %v", name, err)
			}
		}
	}
}

// Every curve that agrees on keys, with the key of the document and with that of
// another session.
func TestMACsOnEveryCurve(t *testing.T) {
	all := signers(t)
	iaca := certify(t, all[3], all[3], nil)
	ds := certify(t, all[4], all[3], iaca)
	curves := seal.Curves()
	for i, c := range curves {
		device, err := seal.Generate(c)
		if err != nil {
			t.Fatal(err)
		}
		reader, err := seal.Generate(c)
		if err != nil {
			t.Fatal(err)
		}
		d := document{iaca: iaca, ds: ds, signer: all[4].key, deviceKey: device.Public(), transcript: transcript}
		if d.macKey, err = device.MACKey(reader.Public(), transcript); err != nil {
			t.Fatal(err)
		}
		if err := d.verify(t, reader); err != nil {
			t.Errorf("%s: %v", c, err)
		}
		another, err := seal.Generate(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.verify(t, another); fault.CodeOf(err) != fault.DeviceMACInvalid {
			t.Errorf("%s, another session: %v", c, err)
		}
		elsewhere, err := seal.Generate(curves[(i+1)%len(curves)])
		if err != nil {
			t.Fatal(err)
		}
		if err := d.verify(t, elsewhere); fault.CodeOf(err) != fault.DeviceMACImpossible {
			t.Errorf("%s against %s: %v", c, elsewhere.Curve(), err)
		}
	}
	montgomery, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := document{iaca: iaca, ds: ds, signer: all[4].key, deviceKey: montgomery.PublicKey(), device: all[0].key, transcript: transcript}
	if err := d.verify(t, nil); fault.CodeOf(err) != fault.AlgorithmNotAllowed {
		t.Errorf("a signature with a key that cannot sign: %v", err)
	}
}
