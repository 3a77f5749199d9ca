package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/session/holder"
	"kazashi/session/specimen"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// personal are the values of specimen persons in the forms in which they could leave.
func personal(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	now := time.Now()
	for _, d := range []specimen.Document{specimen.MyNumberCard(now).WithIndividualNumber(), specimen.DrivingLicence(now)} {
		for _, e := range d.Elements {
			var value []byte
			switch v := e.Value.(type) {
			case string:
				value = []byte(v)
			case []byte:
				value = v[:48]
			default:
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				value = bytes.Trim(text, `"`)
			}
			if len(value) < 8 || string(value) == specimen.Organization { // shorter ones stand in any log
				continue
			}
			found[e.Identifier] = string(value)
			found[e.Identifier+" in hex"] = hex.EncodeToString(value)
			found[e.Identifier+" in base64"] = base64.StdEncoding.EncodeToString(value[:len(value)/3*3])
		}
	}
	return found
}

// F56: after a tap of every phone, good and bad, traced and with a log that tells all, the
// archive holds nothing of a person, and the scan takes nothing in it for a person's.
func TestF56_NoValueIsInABugreport(t *testing.T) {
	var scenarios []string
	for _, s := range holder.Scenarios() {
		if s != holder.SlowConsent { // says the same as the honest one, later
			scenarios = append(scenarios, string(s))
		}
	}
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	dir, err := os.MkdirTemp("", "kz")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	daemon := exec.Command(filepath.Join(bin, "kazashid"), "--specimen", "--socket", socket, "--scenario", strings.Join(scenarios, ","))
	daemon.Env = append(os.Environ(), "KAZASHI_LOG_LEVEL=debug", "KAZASHI_LEDGER_PATH="+filepath.Join(dir, "ledger"))
	logged, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = logged.Close() }()
	daemon.Stderr = logged
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	tapAll(t, socket, len(scenarios))

	exit, stdout, stderr := run(t, "bugreport", "--socket", socket, "-o", "r.tar.gz", "--lang", "en")
	if exit != exitOK && exit != exitWarning || stderr != "" {
		t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
	}
	text, m := archived(t, "r.tar.gz")
	for name, value := range personal(t) {
		if strings.Contains(text, value) {
			t.Errorf("the archive holds the value of %s", name)
		}
	}
	for _, want := range []string{`"exchange"`, "/daemon/trace.jsonl\n", "/daemon/ledger.json\n", "kazashi_taps_total{", `"tap failed"`, `"tap verified"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the archive does not hold %s", want)
		}
	}
	book, err := os.ReadFile(logged.Name())
	if err != nil || !m.MarkerLogged || !strings.Contains(string(book), `"marker":"`+m.Marker+`"`) {
		t.Errorf("the marker %s is not in the log, %v", m.Marker, err)
	}
}

// tapAll arms once for each phone, traced, and claims and acknowledges what is verified.
func tapAll(t *testing.T, socket string, phones int) {
	t.Helper()
	ctx := t.Context()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	c, err := client.Dial(socket)
	for late := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(late); c, err = client.Dial(socket) {
		<-tick.C
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.SetTrace(ctx, time.Minute); err != nil {
		t.Fatal(err)
	}
	claims := 0
	for range phones {
		p, err := c.Arm(ctx, api.ArmRequest{Profile: "identity", Transaction: "job"}, "")
		for err == nil && !p.State.Ended() && p.State != api.StateVerified && (p.State != api.StateArmed || p.LastTap == nil) {
			p, err = c.Wait(ctx, p.ID, p.Version)
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.State != api.StateVerified {
			_ = c.Cancel(ctx, p.ID)
			continue
		}
		claim, err := c.Claim(ctx, p.ID, "c")
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := json.Marshal(claim); !bytes.Contains(text, []byte(personal(t)["full_name_unicode"])) {
			t.Error("the claim does not hold the name: the canaries look for the wrong thing")
		}
		claims++
		if _, err := c.Ack(ctx, p.ID, "c", api.OutcomeIssued); err != nil {
			t.Fatal(err)
		}
	}
	if claims != 2 {
		t.Errorf("%d claims, the honest phone and the one with the number make two", claims)
	}
}
