package cli

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
	"kazashi/session/verify"
	"kazashi/session/wire"
)

// issuedAt is when the specimens of these tests are issued and judged.
var issuedAt = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// A recording is an answer of a phone in files, as `kazashi verify` takes it.
type recording struct {
	dir string
	mac bool
	// spoil changes the response before the phone authenticates.
	spoil func(*mdoc.Document)
}

// flags are the command line for the recording.
func (r *recording) flags(more ...string) []string {
	in := func(name string) string { return filepath.Join(r.dir, name) }
	return append([]string{
		"verify", "--response", in("response.cbor"), "--transcript", in("transcript.cbor"),
		"--trust", in("iaca.pem"), "--at", issuedAt.Format(time.RFC3339),
	}, more...)
}

func (r *recording) file(t *testing.T, name string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(r.dir, name), data, 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record lets a specimen phone answer in a session that never was.
func (r *recording) record(t *testing.T) *recording {
	t.Helper()
	r.dir = t.TempDir()
	pki, err := specimen.NewPKI(elliptic.P256(), issuedAt)
	must(t, err)
	full := specimen.MyNumberCard(issuedAt)
	full.Elements = slices.DeleteFunc(full.Elements, func(e specimen.Element) bool {
		return !slices.Contains([]string{"full_name_unicode", "portrait", "age_over_20"}, e.Identifier)
	})
	credential, err := pki.Issue(full, specimen.Issuing{At: issuedAt})
	must(t, err)
	reader, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	transcript, err := wire.Marshal([]any{nil, nil, []byte("handover")})
	must(t, err)

	own, err := mdoc.EncodeDeviceNameSpaces(nil)
	must(t, err)
	d := mdoc.Document{
		DocType:      credential.DocType,
		IssuerSigned: mdoc.IssuerSigned{NameSpaces: credential.Items, IssuerAuth: credential.IssuerAuth},
		DeviceSigned: mdoc.DeviceSigned{NameSpaces: own},
	}
	if r.spoil != nil {
		r.spoil(&d)
	}
	payload, err := mdoc.DeviceAuthenticationBytes(transcript, d.DocType, own)
	must(t, err)
	if r.mac {
		private, err := seal.FromKey(credential.DeviceKey)
		must(t, err)
		key, err := private.MACKey(&reader.PublicKey, transcript)
		must(t, err)
		d.DeviceSigned.DeviceAuth.MAC, err = cose.MacDetached(key, payload)
		must(t, err)
	} else {
		d.DeviceSigned.DeviceAuth.Signature, err = cose.SignDetached(credential.DeviceKey.(crypto.Signer), payload)
		must(t, err)
	}
	response, err := (&mdoc.DeviceResponse{Version: "1.0", Documents: []mdoc.Document{d}}).Bytes()
	must(t, err)

	key, err := x509.MarshalPKCS8PrivateKey(reader)
	must(t, err)
	r.file(t, "response.cbor", response)
	r.file(t, "transcript.cbor", transcript)
	r.file(t, "reader.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	r.file(t, "iaca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.IACA.Certificate.Raw}))
	return r
}

func verdictOf(t *testing.T, stdout string) verdictJSON {
	t.Helper()
	var v verdictJSON
	if err := json.Unmarshal([]byte(stdout), &v); err != nil {
		t.Fatalf("no verdict: %v\n%s", err, stdout)
	}
	for _, d := range v.Documents {
		for _, names := range d.Elements {
			slices.Sort(names) // a phone returns them in any order
		}
	}
	return v
}

func TestVerifyForMachines(t *testing.T) {
	r := (&recording{}).record(t)
	exit, stdout, stderr := run(t, r.flags("--json")...)
	if exit != exitOK || stderr != "" {
		t.Fatalf("exit %d, %s%s", exit, stdout, stderr)
	}
	want := verdictJSON{
		Verified: true, Code: fault.OK,
		Documents: []documentJSON{{
			DocType: "org.iso.23220.1.jp.mnc",
			Elements: map[string][]string{
				"org.iso.23220.1.jp": {"full_name_unicode", "portrait"},
				"org.iso.23220.1":    {"age_over_20"},
			},
		}},
		Warnings: []warningJSON{},
	}
	if diff := cmp.Diff(want, verdictOf(t, stdout)); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(stdout, "見本　花子") || strings.Contains(stdout, `"values"`) {
		t.Error("a value stands in the output without --show-values")
	}
}

func TestVerifyShowsValuesOnlyWhenAsked(t *testing.T) {
	r := (&recording{}).record(t)
	_, stdout, _ := run(t, r.flags("--json", "--show-values")...)
	values := verdictOf(t, stdout).Documents[0].Values
	if got := string(values["org.iso.23220.1.jp"]["full_name_unicode"]); got != `"見本　花子"` {
		t.Errorf("name %s", got)
	}
	if got := string(values["org.iso.23220.1"]["age_over_20"]); got != "true" {
		t.Errorf("age_over_20 %s", got)
	}
	_, stdout, _ = run(t, r.flags()...)
	if strings.Contains(stdout, "花子") || !strings.Contains(stdout, "full_name_unicode") {
		t.Errorf("for people:\n%s", stdout)
	}
	_, stdout, _ = run(t, r.flags("--show-values")...)
	if !strings.Contains(stdout, "  full_name_unicode  見本　花子") || !strings.Contains(stdout, "image/jpeg, ") {
		t.Errorf("for people, with values:\n%s", stdout)
	}
}

func TestVerifyForPeople(t *testing.T) {
	r := (&recording{}).record(t)
	exit, stdout, _ := run(t, r.flags()...)
	if exit != exitOK {
		t.Errorf("exit %d", exit)
	}
	for _, want := range []string{
		"certificate-path       ok       certificate path to a trusted issuer\n",
		"documents-asked        skipped  documents that were asked for\n",
		"device-authentication  ok       device authentication\n",
		"\nverified KZ-000 (as of 2026-12-01T00:00:00Z)\n",
		"\norg.iso.23220.1.jp.mnc\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
	_, stdout, _ = run(t, r.flags("--lang", "ja")...)
	if !strings.Contains(stdout, "\n検証済み KZ-000 (2026-12-01T00:00:00Z 時点)\n") {
		t.Errorf("in Japanese:\n%s", stdout)
	}
}

func TestVerifyRejects(t *testing.T) {
	for _, tt := range []struct {
		name  string
		r     recording
		flags []string
		code  fault.Code
		check verify.Check
	}{
		{
			name: "another docType than asked", flags: []string{"--doc-type", "org.iso.18013.5.1.mDL"},
			code: fault.DocumentUnexpected, check: verify.CheckDocuments,
		},
		{
			name: "judged after its end", flags: []string{"--at", issuedAt.AddDate(2, 0, 0).Format(time.RFC3339)},
			code: fault.CertificateExpired, check: verify.CheckPath,
		},
		{
			name: "a MAC without the reader's key", r: recording{mac: true},
			code: fault.DeviceMACUncheckable, check: verify.CheckDeviceAuth,
		},
		{
			name: "a changed element",
			r: recording{spoil: func(d *mdoc.Document) {
				items := d.IssuerSigned.NameSpaces["org.iso.23220.1.jp"]
				items[0], _ = mdoc.NewIssuerSignedItem(items[0].DigestID, items[0].Random, items[0].ElementIdentifier, "changed")
			}},
			code: fault.DigestMismatch, check: verify.CheckDigests,
		},
		{
			name: "another docType than signed",
			r:    recording{spoil: func(d *mdoc.Document) { d.DocType = "org.example.other" }},
			code: fault.DocTypeMismatch, check: verify.CheckDocType,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.r.record(t)
			exit, stdout, stderr := run(t, r.flags(append(tt.flags, "--json")...)...)
			if exit != exitFailed || stderr != "" {
				t.Fatalf("exit %d, %s%s", exit, stdout, stderr)
			}
			v := verdictOf(t, stdout)
			if v.Verified || v.Code != tt.code || v.Check != tt.check || v.Detail == "" || v.Documents == nil || len(v.Documents) > 0 {
				t.Errorf("%+v", v)
			}
			_, stdout, _ = run(t, r.flags(tt.flags...)...)
			for _, want := range []string{string(tt.check), "FAILED", "\nrejected: " + string(tt.code) + " (", "\n  cause: ", "\n  hint: "} {
				if !strings.Contains(stdout, want) {
					t.Errorf("%q is missing in\n%s", want, stdout)
				}
			}
		})
	}
}

// Whatever a phone sends is a verdict about the phone, never an unreadable input.
func TestVerifyMalformedResponseIsARejection(t *testing.T) {
	r := (&recording{}).record(t)
	for name, c := range map[string]struct {
		response []byte
		want     fault.Code
	}{
		"empty": {[]byte{}, fault.MalformedResponse}, "no CBOR": {[]byte("nonsense"), fault.MalformedResponse},
		"null": {[]byte{0xf6}, fault.MalformedResponse}, "huge": {make([]byte, 2<<20), fault.ResponseTooLarge},
	} {
		r.file(t, "response.cbor", c.response)
		exit, stdout, _ := run(t, r.flags("--json", "--doc-type", "org.iso.23220.1.jp.mnc")...)
		if v := verdictOf(t, stdout); exit != exitFailed || v.Code != c.want || v.Check != verify.CheckResponse {
			t.Errorf("%s: exit %d, %+v", name, exit, v)
		}
	}
}

func TestVerifyTakesTheReaderKeyAndSeveralTrustFiles(t *testing.T) {
	r := (&recording{mac: true}).record(t)
	other := (&recording{}).record(t)
	trust := filepath.Join(other.dir, "iaca.pem") + "," + filepath.Join(r.dir, "iaca.pem")
	flags := r.flags("--reader-key", filepath.Join(r.dir, "reader.pem"), "--doc-type", "org.iso.23220.1.jp.mnc")
	flags[slices.Index(flags, "--trust")+1] = trust
	if exit, stdout, stderr := run(t, flags...); exit != exitOK {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
}

func TestVerifyUnreadableInputs(t *testing.T) {
	for _, tt := range []struct {
		flag string
		code fault.Code
	}{
		{"--transcript", fault.MalformedTranscript},
		{"--trust", fault.TrustFileInvalid},
		{"--reader-key", fault.InputUnreadable},
	} {
		r := (&recording{}).record(t)
		bad := filepath.Join(r.dir, "bad")
		r.file(t, "bad", []byte("nonsense"))
		flags := r.flags("--json", "--reader-key", filepath.Join(r.dir, "reader.pem"))
		flags[slices.Index(flags, tt.flag)+1] = bad
		exit, stdout, stderr := run(t, flags...)
		var got struct{ Error failure }
		must(t, json.Unmarshal([]byte(stdout), &got))
		if exit != exitUnreadable || got.Error.Code != tt.code || !strings.Contains(stderr, bad) {
			t.Errorf("%s: exit %d, %+v\n%s", tt.flag, exit, got.Error, stderr)
		}
		flags[slices.Index(flags, tt.flag)+1] = filepath.Join(r.dir, "missing")
		if exit, _, stderr := run(t, flags...); exit != exitUnreadable || !strings.Contains(stderr, "KZ-708") {
			t.Errorf("%s: exit %d, %s", tt.flag, exit, stderr)
		}
	}
}

func TestEveryCheckIsExplained(t *testing.T) {
	for _, c := range verify.Checks() {
		if p := checks[c]; p.Ja == "" || p.En == "" {
			t.Errorf("%s: %+v", c, p)
		}
	}
}
