package verify

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

// transcript stands for a session; what is in it is of no matter here.
var transcript = []byte{0x83, 0xf6, 0xf6, 0xf6}

// lab is the issuer, the phone and the reader of these tests.
type lab struct {
	now      time.Time
	iacaKey  crypto.Signer
	iaca     *x509.Certificate
	signer   crypto.Signer // of documents
	leaf     []byte
	device   crypto.Signer
	reader   readerKey
	verifier *Verifier
}

func newLab(t testing.TB) *lab {
	t.Helper()
	return newLabOf(t, func(string) *ecdsa.PrivateKey { return newKey(t, elliptic.P256()) })
}

// newFixedLab always has the same keys: a fuzzing worker is another process than
// the one that made its seeds, and has to accept them.
func newFixedLab(t testing.TB) *lab {
	t.Helper()
	return newLabOf(t, func(name string) *ecdsa.PrivateKey {
		scalar := sha256.Sum256([]byte(name))
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
		if err != nil {
			t.Fatal(err)
		}
		return key
	})
}

func newLabOf(t testing.TB, key func(name string) *ecdsa.PrivateKey) *lab {
	t.Helper()
	l := &lab{now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
	l.iacaKey, l.signer, l.device = key("iaca"), key("document signer"), key("device")
	l.reader = readerKey{key("reader")}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "Test IACA"},
		NotBefore: l.now.AddDate(-1, 0, 0), NotAfter: l.now.AddDate(9, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, l.iacaKey.Public(), l.iacaKey)
	if err != nil {
		t.Fatal(err)
	}
	if l.iaca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	l.leaf = l.certify(t, l.signer.Public(), nil)
	l.verifier = &Verifier{
		Trust: trust.NewStore([]trust.Anchor{{Certificate: l.iaca}}, trust.Options{}),
		Now:   func() time.Time { return l.now },
	}
	return l
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// certify issues a document signer certificate.
func (l *lab) certify(t testing.TB, pub crypto.PublicKey, spoil func(*x509.Certificate)) []byte {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "Test DS"},
		NotBefore: l.now.AddDate(0, -1, 0), NotAfter: l.now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{trust.UsageMDLSigner},
		SubjectKeyId: []byte{2}, CRLDistributionPoints: []string{"https://specimen.invalid/crl"},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 18}, Value: []byte{0x30, 0x03, 0x86, 0x01, 'x'}}},
	}
	if spoil != nil {
		spoil(c)
	}
	if len(c.UnknownExtKeyUsage) > 0 {
		// crypto/x509 does not write it critical.
		usage, err := asn1.Marshal(c.UnknownExtKeyUsage)
		if err != nil {
			t.Fatal(err)
		}
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage})
	}
	der, err := x509.CreateCertificate(rand.Reader, c, l.iaca, pub, l.iacaKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// readerKey is EReaderKey with the standard's EMacKey.
type readerKey struct{ private *ecdsa.PrivateKey }

func (r readerKey) MACKey(peer crypto.PublicKey, transcript []byte) ([]byte, error) {
	return macKey(r.private, peer, transcript)
}

func macKey(private *ecdsa.PrivateKey, peer crypto.PublicKey, transcript []byte) ([]byte, error) {
	pub, ok := peer.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("no ecdsa key")
	}
	ours, err := private.ECDH()
	if err != nil {
		return nil, err
	}
	var theirs *ecdh.PublicKey
	if theirs, err = pub.ECDH(); err != nil {
		return nil, err
	}
	z, err := ours.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	salt := sha256.Sum256(wire.Embed(transcript))
	return hkdf.Key(sha256.New, z, salt[:], "EMacKey", 32)
}

// attribute is one element to be issued.
type attribute struct {
	namespace, identifier string
	value                 any
}

// draft is an answer before it is signed. Tests change it, or what comes of it.
type draft struct {
	docType        string // of the document; the MSO's is in mso
	attributes     []attribute
	random         int
	mso            *mdoc.MobileSecurityObject
	chain          [][]byte
	signer         crypto.Signer
	device         crypto.Signer
	transcript     []byte
	mac            bool
	deviceElements map[string]map[string]any
	// items and issued change what the issuer signs and what it has signed.
	items  func([]mdoc.IssuerSignedItem) []mdoc.IssuerSignedItem
	issued func(*mdoc.Document)
	// answered changes the finished answer.
	answered func(*mdoc.DeviceResponse)
}

const (
	ns    = mdoc.NamespaceMyNumberCard
	nsISO = mdoc.NamespaceISO23220
)

func (l *lab) draft(t testing.TB) *draft {
	t.Helper()
	key, err := cose.MarshalKey(l.device.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &draft{
		docType: mdoc.DocTypeMyNumberCard, random: 32, transcript: transcript,
		attributes: []attribute{
			{ns, "full_name_unicode", "見本　花子"},
			{ns, "resident_address_unicode", "〇〇県△△市□□町１−２−３"},
			{ns, "portrait", []byte("\xff\xd8\xff\xe0 no real picture")},
			{nsISO, "birth_date", wire.FullDate("1971-09-01")},
			{nsISO, "age_over_20", true},
		},
		mso: &mdoc.MobileSecurityObject{
			Version: "1.0", DigestAlgorithm: "SHA-256", DocType: mdoc.DocTypeMyNumberCard,
			DeviceKeyInfo: mdoc.DeviceKeyInfo{DeviceKey: key},
			ValidityInfo: mdoc.ValidityInfo{
				Signed: wire.TDate(l.now.AddDate(0, 0, -1)), ValidFrom: wire.TDate(l.now.AddDate(0, 0, -1)),
				ValidUntil: wire.TDate(l.now.AddDate(0, 1, 0)),
			},
		},
		chain: [][]byte{l.leaf}, signer: l.signer, device: l.device,
	}
}

// answer issues the document and has the phone present it.
func (l *lab) answer(t testing.TB, d *draft) []byte {
	t.Helper()
	hash, err := d.mso.Hash()
	if err != nil {
		hash = crypto.SHA256
	}
	document := mdoc.Document{DocType: d.docType}
	document.IssuerSigned.NameSpaces = map[string][]mdoc.IssuerSignedItem{}
	d.mso.ValueDigests = map[string]map[uint32][]byte{}
	for i, a := range d.attributes {
		random := make([]byte, d.random)
		if _, err := rand.Read(random); err != nil {
			t.Fatal(err)
		}
		item, err := mdoc.NewIssuerSignedItem(uint32(i), random, a.identifier, a.value)
		if err != nil {
			t.Fatal(err)
		}
		document.IssuerSigned.NameSpaces[a.namespace] = append(document.IssuerSigned.NameSpaces[a.namespace], item)
	}
	for namespace, items := range document.IssuerSigned.NameSpaces {
		if d.items != nil {
			items = d.items(items)
			document.IssuerSigned.NameSpaces[namespace] = items
		}
		d.mso.ValueDigests[namespace] = map[uint32][]byte{}
		for _, item := range items {
			d.mso.ValueDigests[namespace][item.DigestID] = mdoc.NewDigester(hash).Digest(item.Bytes)
		}
	}
	payload, err := d.mso.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if document.IssuerSigned.IssuerAuth, err = cose.SignAttached(d.signer, payload, d.chain...); err != nil {
		t.Fatal(err)
	}
	l.present(t, d, &document)
	if d.issued != nil {
		d.issued(&document)
	}
	response := &mdoc.DeviceResponse{Version: "1.0", Documents: []mdoc.Document{document}}
	if d.answered != nil {
		d.answered(response)
	}
	raw, err := response.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (l *lab) present(t testing.TB, d *draft, document *mdoc.Document) {
	t.Helper()
	var err error
	if document.DeviceSigned.NameSpaces, err = mdoc.EncodeDeviceNameSpaces(d.deviceElements); err != nil {
		t.Fatal(err)
	}
	signed, err := mdoc.DeviceAuthenticationBytes(d.transcript, d.docType, document.DeviceSigned.NameSpaces)
	if err != nil {
		t.Fatal(err)
	}
	auth := &document.DeviceSigned.DeviceAuth
	if d.mac {
		key, err := macKey(d.device.(*ecdsa.PrivateKey), l.reader.private.Public(), d.transcript)
		if err != nil {
			t.Fatal(err)
		}
		auth.MAC, err = cose.MacDetached(key, signed)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if auth.Signature, err = cose.SignDetached(d.device, signed); err != nil {
		t.Fatal(err)
	}
}

// verify has the reader verify an answer, of which it takes a copy.
func (l *lab) verify(raw []byte, requested *mdoc.Request) (*Verified, error) {
	return l.verifier.Verify(Input{Response: append([]byte{}, raw...), Transcript: transcript, ReaderKey: l.reader, Requested: requested})
}

// ask makes a request for elements, "namespace identifier" pair by pair.
func ask(pairs ...string) *mdoc.Request {
	r := mdoc.DocRequest{DocType: mdoc.DocTypeMyNumberCard}
	for i := 0; i < len(pairs); i += 2 {
		r.Elements = append(r.Elements, mdoc.ElementRequest{Namespace: pairs[i], Identifier: pairs[i+1]})
	}
	return &mdoc.Request{Documents: []mdoc.DocRequest{r}}
}
