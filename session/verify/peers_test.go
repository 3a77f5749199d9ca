package verify

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

// peerCode holds, by case, the one code that fits the reason in the manifest: a
// rejection for another reason proves nothing.
var peerCode = map[string]fault.Code{
	"owf-bad-untrusted-iaca":            fault.CertificateSignature,
	"owf-bad-mso-expired":               fault.Expired,
	"owf-bad-mso-not-yet-valid":         fault.NotYetValid,
	"owf-bad-mso-signed-outside-ds":     fault.SignedOutsideDS,
	"owf-bad-mso-doctype":               fault.DocTypeMismatch,
	"owf-bad-digest-id-missing":         fault.DigestNotCovered,
	"owf-bad-device-other-key":          fault.DeviceSignatureInvalid,
	"owf-bad-device-ns-unauthorized":    fault.KeyNotAuthorized,
	"owf-bad-ds-no-eku":                 fault.CertificateEKU,
	"owf-bad-ds-expired":                fault.CertificateExpired,
	"owf-bad-issuing-country":           fault.IssuingCountryMismatch,
	"owf-bad-ds-is-iaca":                fault.CertificateIsCA,
	"owf-bad-trailing-byte":             fault.MalformedResponse,
	"owf-bad-status10":                  fault.ResponseStatus,
	"owf-bad-version":                   fault.UnsupportedResponseVersion,
	"auth0-bad-element-tampered":        fault.DigestMismatch,
	"auth0-bad-device-other-transcript": fault.DeviceSignatureInvalid,
	"auth0-bad-mac-other-transcript":    fault.DeviceMACInvalid,
	"auth0-bad-wrong-signer":            fault.IssuerSignatureInvalid,
}

// Documents that libraries other than ours have made get the verdict that they
// deserve, for the reason that they deserve it.
func TestPeers_Manifest(t *testing.T) {
	dir := os.Getenv("MDOC_PEERS")
	if dir == "" {
		t.Skip("MDOC_PEERS does not name the folder of documents made by other libraries")
	}
	cases := filepath.Join(dir, "cases")
	var manifest struct {
		VerificationTime time.Time `json:"verification_time"`
		ReaderKey        string    `json:"reader_key"`
		Cases            []struct {
			Name, File, Expect, Transcript string
			Trust                          []string
		}
	}
	if err := json.Unmarshal(read(t, cases, "manifest.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(read(t, cases, manifest.ReaderKey))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range manifest.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var anchors []trust.Anchor
			for _, file := range c.Trust {
				found, err := trust.ParsePEM(read(t, cases, file))
				if err != nil {
					t.Fatal(err)
				}
				anchors = append(anchors, found...)
			}
			v := &Verifier{
				Trust: trust.NewStore(anchors, trust.Options{}),
				Now:   func() time.Time { return manifest.VerificationTime },
			}
			verified, err := v.Verify(Input{
				Response: read(t, cases, c.File), Transcript: read(t, cases, c.Transcript), ReaderKey: readerKey{key.(*ecdsa.PrivateKey)},
			})
			switch c.Expect {
			case "accept":
				if err != nil {
					t.Fatalf("rejected: %v", err)
				}
				checkDocument(t, verified)
			case "reject":
				want, known := peerCode[c.Name]
				if !known {
					t.Fatalf("no code is expected for this case; it fails with %s: %v", fault.CodeOf(err), err)
				}
				if fault.CodeOf(err) != want || verified != nil {
					t.Errorf("got %s: %v, want %s", fault.CodeOf(err), err, want)
				}
			case "either":
				// An undefined kid in the unprotected header harms nothing, see package cose.
				if err != nil {
					t.Errorf("rejected: %v", err)
				}
			default:
				t.Fatalf("unknown expectation %q", c.Expect)
			}
		})
	}
}

// checkDocument wants every element to have a form in the API.
func checkDocument(t *testing.T, v *Verified) {
	t.Helper()
	if len(v.Documents()) != 1 || len(v.Documents()[0].Elements) == 0 {
		t.Fatalf("%v", v)
	}
	for _, e := range v.Documents()[0].Elements {
		out, err := e.AppendJSON(nil)
		if err != nil || !json.Valid(out) {
			t.Errorf("%s has no form in the API: %v", e.Identifier, err)
		}
	}
}

func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
