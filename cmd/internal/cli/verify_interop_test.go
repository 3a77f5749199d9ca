package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"kazashi/session/fault"
)

// A foreign is a document that a library of the peers kit issues and presents.
type foreign struct {
	name     string
	producer string
	mac      bool
	args     []string // what the document is
	want     fault.Code
}

// foreigns are documents of many kinds: docTypes, namespaces, and values of each type
// at its edges. SAMPLE stands in each of them, to be changed.
var foreigns = []foreign{
	{"My Number Card", "owf", false, []string{"--preset", "jp-mnc"}, fault.OK},
	{"My Number Card", "auth0", false, []string{"--preset", "jp-mnc"}, fault.OK},
	{"My Number Card", "auth0", true, []string{"--preset", "jp-mnc"}, fault.OK},
	{"licence", "owf", false, licence("UT", "UT"), fault.OK},
	{"licence", "auth0", false, licence("UT", "UT"), fault.OK},
	{"licence", "auth0", true, licence("UT", "UT"), fault.OK},
	{"licence of Japan", "auth0", true, licence("JP", "JP"), fault.OK},
	{"licence of another country", "owf", false, licence("UT", "JP"), fault.IssuingCountryMismatch},
	{"licence of another country", "auth0", true, licence("JP", "UT"), fault.IssuingCountryMismatch},
	{"photo ID", "owf", false, photoID, fault.OK},
	{"photo ID", "auth0", true, photoID, fault.OK},
	{"age attestation", "owf", false, elements("eu.europa.ec.av.1", "eu.europa.ec.av.1", "age_over_18:bool=true", "x=SAMPLE"), fault.OK},
	{"age attestation", "auth0", true, elements("eu.europa.ec.av.1", "eu.europa.ec.av.1", "age_over_18:bool=false", "x=SAMPLE"), fault.OK},
	{"one element", "owf", false, elements("org.example.one", "org.example", "x=SAMPLE"), fault.OK},
	{"one element", "auth0", true, elements("org.example.one", "org.example", "x=SAMPLE"), fault.OK},
	{"edges of every type", "owf", false, edges, fault.OK},
	{"edges of every type", "auth0", false, edges, fault.OK},
	{"edges of every type", "auth0", true, edges, fault.OK},
	{"three hundred elements", "owf", false, many(300), fault.OK},
	{"two hundred elements", "auth0", true, many(200), fault.OK},
	{"portrait of 700 kB", "owf", false, elements("org.example.big", "org.example", "x=SAMPLE", "portrait:file=BIG"), fault.OK},
	{"over a megabyte", "owf", false, elements("org.example.big", "org.example", "x=SAMPLE", "portrait:file=HUGE"), fault.ResponseTooLarge},
}

var (
	photoID = append(elements("org.iso.23220.photoid.1", "org.iso.23220.1", "family_name_unicode=SAMPLE 見本", "birth_date:date=1899-12-31"),
		"--namespace", "org.iso.23220.photoid.1", "--element", "person_id=42", "--element", "portrait:file=PORTRAIT")
	edges = elements("org.example.edges", "org.example", "x=SAMPLE", "empty=", "space=番号　花子", "rare=𠮷野家 🦊", "zero:int=0",
		"negative:int=-1", "large:int=4294967296", "largest:int=9007199254740991", "yes:bool=true", "no:bool=false",
		"first:date=0001-01-01", "last:date=9999-12-31", "long="+strings.Repeat("長い", 4000))
)

func licence(country, issuing string) []string {
	return append(elements("org.iso.18013.5.1.mDL", "org.iso.18013.5.1", "family_name=SAMPLE", "given_name=Erika",
		"birth_date:date=1990-05-17", "age_over_18:bool=true", "sex:int=2", "portrait:file=PORTRAIT", "issuing_country="+issuing),
		"--country", country)
}

func many(n int) []string {
	list := []string{"x=SAMPLE"}
	for i := range n - 1 {
		list = append(list, fmt.Sprintf("element_%d=value", i))
	}
	return elements("org.example.many", "org.example", list...)
}

func elements(docType, namespace string, list ...string) []string {
	args := []string{"--doctype", docType, "--namespace", namespace}
	for _, e := range list {
		args = append(args, "--element", e)
	}
	return args
}

// A judged is one command line over a document that may have been spoiled since.
type judged struct {
	name string
	// spoil returns the response to judge, nil for none of this kind.
	spoil func(response []byte) []byte
	flags []string // of `kazashi verify`; the last of two counts, but for --trust
	want  fault.Code
}

// TestInterop_OthersDocuments judges documents that libraries we did not write have
// issued for it, and what becomes of them when they are spoiled. KAZASHI_PEERS_NODE
// names an installed copy of their kit; with KAZASHI_PEERS_REPORT, a directory, the
// verdicts are written there as a table.
func TestInterop_OthersDocuments(t *testing.T) {
	kit := os.Getenv("KAZASHI_PEERS_NODE")
	if kit == "" {
		t.Skip("KAZASHI_PEERS_NODE names no installed copy of the peers kit: make interop makes one")
	}
	work := t.TempDir()
	for name, size := range map[string]int{"PORTRAIT": 20 << 10, "BIG": 700 << 10, "HUGE": 1 << 20} {
		must(t, os.WriteFile(filepath.Join(work, name), bytes.Repeat([]byte("x"), size), 0o600))
	}
	other := filepath.Join(work, "other.cbor") // another session: the same but for one byte
	transcript, err := os.ReadFile(filepath.Join(kit, "cases", "session", "session-transcript.cbor"))
	must(t, err)
	transcript[len(transcript)-2] ^= 1
	must(t, os.WriteFile(other, transcript, 0o600))
	stranger := (&recording{}).record(t)

	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DOCUMENT OF\tBY\tDEVICE AUTH\tWHAT\tVERDICT\tAS EXPECTED")
	verdicts, surprises := 0, 0
	for i, f := range foreigns {
		auth, wrongSession := "signature", fault.DeviceSignatureInvalid
		if f.mac {
			auth, wrongSession = "mac", fault.DeviceMACInvalid
		}
		name := fmt.Sprintf("case-%d", i)
		f.issue(t, kit, work, name, auth)
		response, err := os.ReadFile(filepath.Join(work, "responses", name+".cbor"))
		must(t, err)
		asIs := func(b []byte) []byte { return b }
		cases := []judged{{"as issued", asIs, nil, f.want}}
		if f.want == fault.OK {
			cases = append(cases,
				judged{"an element changed", changed, nil, fault.DigestMismatch},
				judged{"a byte behind it", func(b []byte) []byte { return append(b, 0) }, nil, fault.MalformedResponse},
				judged{"cut in half", func(b []byte) []byte { return b[:len(b)/2] }, nil, fault.MalformedResponse},
				judged{"another session", asIs, []string{"--transcript", other}, wrongSession},
				judged{"another issuer", asIs, []string{"--trust", filepath.Join(stranger.dir, "iaca.pem")}, fault.UnknownIssuer},
				judged{"91 days later", asIs, []string{"--at", issuedAt.AddDate(0, 0, 91).Format(time.RFC3339)}, fault.Expired},
				judged{"8 days earlier", asIs, []string{"--at", issuedAt.AddDate(0, 0, -8).Format(time.RFC3339)}, fault.NotYetValid},
				judged{"another docType asked", asIs, []string{"--doc-type", "org.example.other"}, fault.DocumentUnexpected},
			)
		}
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s/%s %s/%s", f.name, f.producer, auth, c.name), func(t *testing.T) {
				spoiled := c.spoil(bytes.Clone(response))
				if spoiled == nil {
					t.Skip("nothing in it to change")
				}
				file := filepath.Join(work, "spoiled.cbor")
				must(t, os.WriteFile(file, spoiled, 0o600))
				in := func(name string) string { return filepath.Join(kit, "cases", name) }
				exit, stdout, stderr := run(t, append([]string{
					"verify", "--json", "--response", file, "--transcript", in("session/session-transcript.cbor"),
					"--reader-key", in("pki/ereader.key.pem"), "--at", issuedAt.Format(time.RFC3339),
				}, withTrust(c.flags, filepath.Join(work, "pki", name+".iaca.cert.pem"))...)...)
				v := verdictOf(t, stdout)
				expected := "yes"
				if v.Code != c.want || (exit == exitOK) != (c.want == fault.OK) || stderr != "" {
					t.Errorf("exit %d, %s at %s (%s), want %s%s", exit, v.Code, v.Check, v.Detail, c.want, stderr)
					expected = "NO"
					surprises++
				}
				verdicts++
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s %s\t%s\n", f.name, f.producer, auth, c.name, v.Code, v.Code.Slug(), expected)
			})
		}
	}
	must(t, w.Flush())
	fmt.Fprintf(&table, "\n%d verdicts on %d documents, %d surprises\n", verdicts, len(foreigns), surprises)
	if report := os.Getenv("KAZASHI_PEERS_REPORT"); report != "" {
		must(t, os.WriteFile(filepath.Join(report, "theirs"), table.Bytes(), 0o644))
	}
	t.Logf("\n%s", &table)
}

// withTrust returns flags with a trusted issuer where they name none.
func withTrust(flags []string, pem string) []string {
	if len(flags) > 0 && flags[0] == "--trust" {
		return flags
	}
	return append([]string{"--trust", pem}, flags...)
}

// issue has the kit make the document of a case, issued a week before issuedAt.
func (f foreign) issue(t *testing.T, kit, work, name, auth string) {
	t.Helper()
	args := append([]string{
		filepath.Join(kit, "issue.mjs"), "--producer", f.producer, "--device-auth", auth, "--at", issuedAt.Format(time.RFC3339),
		"--transcript", filepath.Join(kit, "cases", "session", "session-transcript.cbor"), "--out", work, "--name", name,
	}, f.args...)
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", f.name, err, out)
	}
}

// changed returns the response with one letter of its sample value in another case.
func changed(response []byte) []byte {
	for _, sample := range []string{"SAMPLE", "番号　花子"} {
		if i := bytes.Index(response, []byte(sample)); i >= 0 {
			response[i+len(sample)-1] ^= 1
			return response
		}
	}
	return nil
}
