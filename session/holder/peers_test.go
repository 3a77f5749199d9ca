package holder

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"kazashi/session/seal"
	"kazashi/session/specimen"
)

// peers are the mdoc libraries of the kit, none of them ours.
var peers = []string{"auth0", "owf", "animo"}

// The verdicts of a peer. Unsupported is none: the peer cannot do what the case needs.
const (
	accepts     = "accept"
	rejects     = "reject"
	unsupported = "-"
)

// An interop is one document of ours that others judge.
type interop struct {
	authentication string
	issuer, device specimen.Curve
	scenario       Scenario
	want           string
}

var (
	p256 = specimen.P256
	p384 = specimen.P384
)

// Every form that our issuer and phone have, and every way to spoil an answer that
// the peers look at too.
var interops = []interop{
	{"signature", p256, p256, Honest, accepts},
	{"signature", p256, p384, Honest, accepts},
	{"signature", p384, p256, Honest, accepts},
	{"signature", p384, p384, Honest, accepts},
	{"MAC", p256, p256, Honest, accepts},
	{"MAC", p256, p384, Honest, accepts},
	{"MAC", p384, p256, Honest, accepts},
	{"MAC", p384, p384, Honest, accepts},
	{"signature", p256, p256, TamperedElement, rejects},
	{"signature", p384, p384, TamperedElement, rejects},
	{"signature", p256, p256, UnknownIssuer, rejects},
	{"signature", p256, p256, ExpiredDocument, rejects},
	{"signature", p256, p256, WrongDeviceKey, rejects},
	{"signature", p256, p256, OtherSession, rejects},
	{"MAC", p256, p256, WrongDeviceKey, rejects},
	{"MAC", p384, p384, OtherSession, rejects},
}

// supports reports whether a peer can judge what a case needs: owf compares the name
// of the MAC algorithm with its number and so refuses every MAC, and the kit derives
// animo's MAC key on P-256 alone.
func supports(peer string, c interop) bool {
	switch {
	case c.authentication != "MAC":
		return true
	case peer == "owf":
		return false
	}
	return peer != "animo" || c.device == p256
}

// TestInterop_PeersAgree asks libraries that we did not write about documents that
// our issuer and our phone have made. KAZASHI_PEERS_NODE names an installed copy of
// their kit, which `make interop` makes; with KAZASHI_PEERS_REPORT, a directory, the
// verdicts are written there as a table.
func TestInterop_PeersAgree(t *testing.T) {
	kit := os.Getenv("KAZASHI_PEERS_NODE")
	if kit == "" {
		t.Skip("KAZASHI_PEERS_NODE names no installed copy of the peers kit: make interop makes one")
	}
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "DOCUMENT\tDEVICE AUTH\tISSUER\tDEVICE\tPHONE\t%s\tAS EXPECTED\n", strings.ToUpper(strings.Join(peers, "\t")))
	at := time.Now().UTC().Truncate(time.Second)
	asked, surprises := 0, 0
	for _, document := range []specimen.Document{specimen.MyNumberCard(at), specimen.DrivingLicence(at)} {
		for _, c := range interops {
			name := fmt.Sprintf("%s/%s %s %s %s", document.DocType, c.authentication, c.issuer, c.device, c.scenario)
			t.Run(name, func(t *testing.T) {
				verdicts := c.judge(t, kit, document, at)
				row, expected := []string{}, "yes"
				for _, peer := range peers {
					v, answered := verdicts[peer]
					switch {
					case !supports(peer, c):
						v.Verdict = unsupported
					case !answered || v.Verdict != c.want:
						t.Errorf("%s: %q, want %s: %s", peer, v.Verdict, c.want, v.Error)
						expected = "NO"
						surprises++
						asked++
					default:
						asked++
					}
					row = append(row, cmp.Or(v.Verdict, "none"))
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", document.DocType, c.authentication,
					c.issuer, c.device, c.scenario, strings.Join(row, "\t"), expected)
			})
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&table, "\n%d verdicts on %d documents, %d surprises\n", asked, 2*len(interops), surprises)
	if report := os.Getenv("KAZASHI_PEERS_REPORT"); report != "" {
		if err := os.WriteFile(filepath.Join(report, "ours"), table.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("\n%s", &table)
}

// A peerVerdict is one line of the kit's verify.mjs.
type peerVerdict struct {
	Peer    string `json:"peer"`
	Verdict string `json:"verdict"`
	Error   string `json:"error"`
}

// judge has a phone of the case answer, and returns what each peer says of it.
func (c interop) judge(t *testing.T, kit string, document specimen.Document, at time.Time) map[string]peerVerdict {
	t.Helper()
	pki, err := specimen.NewPKIOf(specimen.Curves{CA: c.issuer, DS: c.issuer, Reader: c.issuer}, at)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Scenario: c.scenario, PKI: pki, At: at, DeviceCurve: c.device, MAC: c.authentication == "MAC",
		Documents: []specimen.Document{document},
	}
	if o.MAC && c.device == p384 {
		o.Curve = seal.P384 // of EReaderKey too, which has to be that of the document's key
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	answerTo(t, p, document, dir)
	if err := pki.Write(dir); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	// An answer that was judged is no error of the command, whatever the verdict: 0 and 1.
	cmd := exec.CommandContext(t.Context(), "node", "verify.mjs", "--response", in("response"), "--transcript", in("transcript"),
		"--reader-key", in("ereader.pem"), "--trust", in("iaca.cert.pem"), "--at", at.Add(time.Minute).Format(time.RFC3339))
	cmd.Dir = kit
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	verdicts := map[string]peerVerdict{}
	for lines := json.NewDecoder(bytes.NewReader(out)); ; {
		var v peerVerdict
		if err := lines.Decode(&v); errors.Is(err, io.EOF) {
			return verdicts
		} else if err != nil {
			t.Fatalf("%v in %s%s", err, out, stderr.Bytes())
		}
		verdicts[v.Peer] = v
	}
}
