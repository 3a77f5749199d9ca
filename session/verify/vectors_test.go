package verify

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"slices"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

func vectors(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		t.Skip("MDOC_VECTORS does not name the folder of mdoc test vectors")
	}
	return dir
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil || len(b) == 0 {
		t.Fatalf("no hexadecimal value: %v", err)
	}
	return b
}

// annexD returns the answer of Annex D of ISO/IEC 18013-5:2021, the reader's key
// and its anchor.
func annexD(t testing.TB) (Input, *Verifier) {
	t.Helper()
	var values map[string]any
	if err := json.Unmarshal(read(t, vectors(t), "iso-annex-d.json"), &values); err != nil {
		t.Fatal(err)
	}
	value := func(name string) []byte {
		text, _ := values[name].(string)
		return unhex(t, text)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), value("eReaderKey_d"))
	if err != nil {
		t.Fatal(err)
	}
	request, err := mdoc.ParseDeviceRequest(value("deviceRequest"))
	if err != nil {
		t.Fatal(err)
	}
	asked, err := request.DocRequests[0].Request()
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.ParsePEM(value("iacaCert"))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{
		Response: value("deviceResponse"), Transcript: wire.Embedded(value("sessionTranscriptBytes")).Content(),
		ReaderKey: readerKey{private}, Requested: &mdoc.Request{Documents: []mdoc.DocRequest{asked}},
	}
	now := time.Date(2021, 6, 1, 0, 0, 0, 0, time.UTC)
	return in, &Verifier{Trust: trust.NewStore(anchors, trust.Options{}), Now: func() time.Time { return now }}
}

func TestAnnexD(t *testing.T) {
	in, v := annexD(t)
	verified, err := v.Verify(in)
	if err != nil {
		t.Fatal(err)
	}
	document := verified.Documents()[0]
	if document.DocType != mdoc.DocTypeDrivingLicence || len(document.Elements) != 6 || document.Issuer.Country != "US" {
		t.Errorf("%s with %d elements of %s", document.DocType, len(document.Elements), document.Issuer.Country)
	}
	if w := verified.Warnings(); len(w) != 1 || w[0].Code != fault.OutlivesSigner {
		t.Errorf("warnings %v: its validUntil lies 13.5 hours past the notAfter of its signer", w)
	}
	checkDocument(t, verified)
}

func TestAnnexD_Spoiled(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Input, *Verifier)
		want  fault.Code
	}{
		"no reader key":      {func(in *Input, _ *Verifier) { in.ReaderKey = nil }, fault.DeviceMACUncheckable},
		"another reader key": {func(in *Input, _ *Verifier) { in.ReaderKey = readerKey{newKey(t, elliptic.P256())} }, fault.DeviceMACInvalid},
		"after the signer": {func(_ *Input, v *Verifier) {
			v.Now = func() time.Time { return time.Date(2021, 10, 2, 0, 0, 0, 0, time.UTC) }
		}, fault.CertificateExpired},
		"before the document": {func(_ *Input, v *Verifier) {
			v.Now = func() time.Time { return time.Date(2020, 10, 1, 13, 30, 1, 0, time.UTC) }
		}, fault.NotYetValid},
		"other elements asked": {func(in *Input, _ *Verifier) { in.Requested.Documents[0].Elements[0].Identifier = "sex" }, fault.Incomplete},
		// The same array with its first byte string written with a longer head: what a
		// reader would hash that builds the transcript anew.
		"transcript encoded again": {func(in *Input, _ *Verifier) {
			in.Transcript = append([]byte{0x98, 0x03}, in.Transcript[1:]...)
		}, fault.DeviceMACInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			in, v := annexD(t)
			c.spoil(&in, v)
			if _, err := v.Verify(in); fault.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// examineSelfIssued makes all checks on the documents of an answer but that of the
// path, since nobody vouches for their signers. A check that is known to fail does
// so with its code and does not keep the rest from being made.
func examineSelfIssued(t *testing.T, response, transcript []byte, now time.Time, known ...fault.Code) {
	t.Helper()
	in := Input{Response: response, Transcript: transcript}
	parsed, err := mdoc.ParseDeviceResponse(in.Response)
	if err != nil {
		t.Fatal(err)
	}
	if err := judge(parsed, nil); err != nil {
		t.Fatal(err)
	}
	out := &Verified{arena: response}
	for i := range parsed.Documents {
		d := &examination{verifier: &Verifier{}, in: in, now: now, document: &parsed.Documents[i]}
		for _, s := range steps {
			if s.check == CheckPath {
				chain, err := d.issuerAuth.X5Chain()
				if err != nil {
					t.Fatal(err)
				}
				leaf, err := x509.ParseCertificate(chain[0])
				if err != nil {
					t.Skipf("crypto/x509 does not read this certificate: %v", err)
				}
				if len(leaf.Subject.Country) == 0 {
					leaf.Subject.Country = []string{""}
				}
				d.path = &trust.Path{Leaf: leaf, Anchor: trust.Anchor{Certificate: leaf}}
				continue
			}
			err := s.run(d)
			if i := slices.Index(known, fault.CodeOf(err)); i >= 0 {
				known = slices.Delete(known, i, i+1)
			} else if err != nil {
				t.Fatalf("%s: %v", s.check, err)
			}
		}
		out.documents = append(out.documents, d.out)
	}
	if len(known) > 0 {
		t.Errorf("%v did not come", known)
	}
	checkDocument(t, out)
}

func TestLongfellow(t *testing.T) {
	var file struct {
		Examples map[string]struct {
			Title, Transcript, Mdoc string
			Now                     time.Time
		}
	}
	if err := json.Unmarshal(read(t, vectors(t), "longfellow-mdocs.json"), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Examples) != 10 {
		t.Fatalf("%d examples", len(file.Examples))
	}
	// The issuer of these cuts `signed` down to the hour, so that it lies before the
	// notBefore of a signer that is minutes old.
	cut := map[string][]fault.Code{"16": {fault.SignedOutsideDS}, "18": {fault.SignedOutsideDS}, "20": {fault.SignedOutsideDS}}
	for name, e := range file.Examples {
		t.Run(name, func(t *testing.T) {
			examineSelfIssued(t, unhex(t, e.Mdoc), unhex(t, e.Transcript), e.Now, cut[name]...)
		})
	}
}

func TestAuth0Example(t *testing.T) {
	var file struct{ IssuerPem, EncodedSessionTranscript, DeviceResponse string }
	if err := json.Unmarshal(read(t, vectors(t), "auth0-example1.json"), &file); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(file.IssuerPem))
	issuer, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := mdoc.TranscriptArray(unhex(t, file.EncodedSessionTranscript))
	if err != nil {
		t.Fatal(err)
	}
	now := issuer.NotBefore.AddDate(0, 6, 0)
	// Its device signature brings the payload along, which the standard has detached:
	// that is refused. What was signed is right: with the payload taken out, it
	// verifies.
	response := unhex(t, file.DeviceResponse)
	examineSelfIssued(t, bytes.Clone(response), transcript, now, fault.DeviceAuthMalformed)
	parsed, err := mdoc.ParseDeviceResponse(response)
	if err != nil {
		t.Fatal(err)
	}
	auth := &parsed.Documents[0].DeviceSigned.DeviceAuth
	var members []wire.Raw
	if err := wire.Unmarshal(auth.Signature, &members, wire.HeaderLimits); err != nil {
		t.Fatal(err)
	}
	members[2] = wire.Raw{0xf6}
	auth.Signature = encode(t, members)
	detached, err := parsed.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	examineSelfIssued(t, detached, transcript, now)
}

// The sample's issuerAuth is tagged, and under the tag it has no x5chain.
func TestIsomdlSample(t *testing.T) {
	response := unhex(t, string(bytes.ToLower(bytes.TrimSpace(read(t, vectors(t), "isomdl/device_response.cbor.hex")))))
	l := newLab(t)
	if _, err := l.verify(response, nil); fault.CodeOf(err) != fault.MalformedIssuerAuth {
		t.Errorf("tagged: %v", err)
	}
	parsed, err := mdoc.ParseDeviceResponse(response)
	if err != nil {
		t.Fatal(err)
	}
	auth := &parsed.Documents[0].IssuerSigned.IssuerAuth
	if auth.Head().Major != wire.Tag {
		t.Fatal("the sample is not tagged")
	}
	*auth = (*auth)[1:]
	untagged, err := parsed.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.verify(untagged, nil); fault.CodeOf(err) != fault.X5ChainMissing {
		t.Errorf("untagged: %v", err)
	}
}

// mdocTS reads the vectors that were taken from TypeScript sources.
func mdocTS(t *testing.T, name string) (response []byte, param func(string) string) {
	t.Helper()
	var file map[string]json.RawMessage
	if err := json.Unmarshal(read(t, vectors(t), name), &file); err != nil {
		t.Fatal(err)
	}
	var source struct{ B64 []string }
	if err := json.Unmarshal(file["deviceResponse.ts"], &source); err != nil {
		t.Fatal(err)
	}
	response, err := base64.RawURLEncoding.DecodeString(source.B64[0])
	if err != nil {
		t.Fatal(err)
	}
	var params map[string]string
	if err := json.Unmarshal(file["verifyParams"], &params); err != nil {
		t.Fatal(err)
	}
	return response, func(name string) string { return params[name] }
}

// SessionTranscript of OpenID4VP over the Digital Credentials API, draft 24.
func TestMdocTS_Google(t *testing.T) {
	response, param := mdocTS(t, "mdoc-ts-google.json")
	origin := param("origin")
	info := encode(t, []any{origin, "web-origin:" + origin, param("nonce")})
	hash := sha256.Sum256(info)
	transcript := encode(t, []any{nil, nil, []any{"OpenID4VPDCAPIHandover", hash[:]}})
	examineSelfIssued(t, response, transcript, time.Date(2025, 2, 20, 0, 0, 0, 0, time.UTC))
}

// SessionTranscript of OpenID4VP, draft 18 (ISO/IEC 18013-7, Annex B).
func TestMdocTS_Ubique(t *testing.T) {
	response, param := mdocTS(t, "mdoc-ts-ubique.json")
	generated := param("mdocGeneratedNonce")
	hash := func(text string) []byte {
		sum := sha256.Sum256(encode(t, []any{text, generated}))
		return sum[:]
	}
	transcript := encode(t, []any{nil, nil, []any{hash(param("clientId")), hash(param("responseUri")), param("verifierGeneratedNonce")}})
	examineSelfIssued(t, response, transcript, time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC))
}
