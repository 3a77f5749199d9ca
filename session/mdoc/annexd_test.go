package mdoc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kazashi/reader/vectors"
	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

func selfSigned(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Reader"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestAnnexD_Response(t *testing.T) {
	d := vectors.AnnexD(t)
	r, err := ParseDeviceResponse(d("deviceResponse"))
	if err != nil {
		t.Fatal(err)
	}
	document := r.Documents[0]
	if r.Version != "1.0" || r.Status != 0 || document.DocType != DocTypeDrivingLicence {
		t.Errorf("version %s, status %d, docType %s", r.Version, r.Status, document.DocType)
	}
	issuerAuth, err := cose.ParseSign1(document.IssuerSigned.IssuerAuth)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := issuerAuth.X5Chain()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := issuerAuth.Verify(signer.PublicKey); err != nil {
		t.Error(err)
	}
	m, err := ParseMSO(issuerAuth.Payload)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := m.Hash()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for ns, items := range document.IssuerSigned.NameSpaces {
		for _, item := range items {
			if !bytes.Equal(m.ValueDigests[ns][item.DigestID], NewDigester(hash).Digest(item.Bytes)) {
				t.Errorf("digest of %s", item.ElementIdentifier)
			}
			count++
		}
	}
	if count != 6 {
		t.Errorf("%d elements, want 6", count)
	}
	key, err := cose.ParseKey(m.DeviceKeyInfo.DeviceKey)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if want := append(append([]byte{4}, d("sDeviceKey_x")...), d("sDeviceKey_y")...); !bytes.Equal(point, want) {
		t.Error("another device key")
	}
	out, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseDeviceResponse(out); err != nil || !bytes.Equal(again.Documents[0].IssuerSigned.IssuerAuth, document.IssuerSigned.IssuerAuth) {
		t.Errorf("encoded again: %v", err)
	}
}

func TestAnnexD_Request(t *testing.T) {
	d := vectors.AnnexD(t)
	r, err := ParseDeviceRequest(d("deviceRequest"))
	if err != nil {
		t.Fatal(err)
	}
	doc := r.DocRequests[0]
	request, err := doc.Request()
	if err != nil {
		t.Fatal(err)
	}
	if request.DocType != DocTypeDrivingLicence || len(request.Elements) != 6 {
		t.Errorf("request %+v", request)
	}
	transcript := wire.Embedded(d("sessionTranscriptBytes")).Content()
	signed, err := ReaderAuthenticationBytes(transcript, doc.ItemsRequest)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(signed, d("readerAuthenticationBytes")) {
		t.Error("ReaderAuthenticationBytes differ from the standard's")
	}
	chain, err := VerifyReaderAuth(doc.ReaderAuth, transcript, doc.ItemsRequest)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(d("readerRootCert"))
	if err != nil {
		t.Fatal(err)
	}
	if err := root.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		t.Error(err)
	}
	if len(leaf.UnknownExtKeyUsage) != 1 || leaf.UnknownExtKeyUsage[0].String() != "1.0.18013.5.1.6" {
		t.Errorf("extended key usage %v", leaf.UnknownExtKeyUsage)
	}
}

func TestDecodeResponse_IsomdlSample(t *testing.T) {
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		t.Skip("MDOC_VECTORS does not name the folder of mdoc test vectors")
	}
	text, err := os.ReadFile(filepath.Join(dir, "isomdl", "device_response.cbor.hex"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = ParseDeviceResponse(raw); err != nil {
		t.Errorf("%s: %v", fault.CodeOf(err), err)
	}
}

func FuzzDecodeResponse(f *testing.F) {
	item, err := NewIssuerSignedItem(1, make([]byte, 16), "a", "x")
	if err != nil {
		f.Fatal(err)
	}
	sound := &DeviceResponse{Version: "1.0", Documents: []Document{{
		DocType:      "d",
		IssuerSigned: IssuerSigned{NameSpaces: map[string][]IssuerSignedItem{"n": {item}}, IssuerAuth: wire.Raw{0x80}},
		DeviceSigned: DeviceSigned{NameSpaces: wire.Embed([]byte{0xa0}), DeviceAuth: DeviceAuth{MAC: wire.Raw{0x80}}},
	}}}
	raw, err := sound.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	for _, raw := range recordedResponses(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseDeviceResponse(raw)
		if err != nil {
			if code := fault.CodeOf(err); code != fault.MalformedResponse && code != fault.UnsupportedResponseVersion && code != fault.ResponseTooLarge {
				t.Errorf("code %s", code)
			}
			return
		}
		for _, d := range r.Documents {
			for _, items := range d.IssuerSigned.NameSpaces {
				for _, item := range items {
					// Every item lies in the message as it came.
					if !bytes.Contains(raw, item.Bytes) || !bytes.Contains(item.Bytes, item.ElementValue) {
						t.Error("an item is not what was received")
					}
					_, _ = AppendValueJSON(nil, item.ElementIdentifier, item.ElementValue)
				}
			}
			_, _ = d.DeviceSigned.Elements()
		}
	})
}
