package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/cmd/internal/doctor"
	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

var update = flag.Bool("update", false, "write the screens in testdata anew")

// golden compares a screen with what testdata has of it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for line := range strings.Lines(got) {
		if w := width(strings.TrimSuffix(line, "\n")); w > columns && !strings.Contains(line, "sudo ") {
			t.Errorf("line of %d columns: %s", w, line)
		}
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what the command writes (-update writes it anew):\n%s", name, diff)
	}
}

// screenAt is the moment of all screens.
var screenAt = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// text is a text in both languages.
func text(ja, en string) message.Text { return message.Text{Ja: ja, En: en} }

func noted(ja, en string) doctor.Verdict { return doctor.Verdict{Note: text(ja, en)} }

func found(all ...doctor.Finding) doctor.Verdict { return doctor.Verdict{Findings: all} }

// well is what the checks of a kiosk say where nothing is wrong.
var well = map[string]doctor.Verdict{
	"clock":          noted("2026-12-01 09:00 +09:00、同期済み", "2026-12-01 09:00 +09:00, synchronised"),
	"configuration":  noted("/etc/kazashi/kazashid.yaml", "/etc/kazashi/kazashid.yaml"),
	"profiles":       noted("付属の 6 件", "6, the shipped ones"),
	"reader-key":     noted("Terminal 17、期限 2028-03-31", "Terminal 17, until 2028-03-31"),
	"daemon":         noted("応答あり、v0.1.0、ユーザー kazashi", "answers, v0.1.0, as kazashi"),
	"socket":         noted("モード 0660、所有者 kazashi:kazashi-client", "mode 0660, owned by kazashi:kazashi-client"),
	"reader-service": noted("応答あり (pid 812)", "answers (pid 812)"),
	"reader-access":  noted("/usr/share/polkit-1/rules.d/50-kazashi.rules", "/usr/share/polkit-1/rules.d/50-kazashi.rules"),
	"usb":            noted("ACS ACR1252 Dual Reader [072f:223b]", "ACS ACR1252 Dual Reader [072f:223b]"),
	"driver":         noted("ifd-ccid.bundle", "ifd-ccid.bundle"),
	"reader":         noted(longReader, longReader),
	"holder":         noted("誰も占有していません", "nobody holds it"),
	"field":          noted("何も置かれていません", "nothing lies there"),
	"apdu":           noted("短い APDU を使います、リーダーの申告 271 bytes", "short APDUs are used, the reader says 271 bytes"),
	"anchors":        noted("2 件、最初の期限 2030-03-31", "2, the first ends 2030-03-31"),
	"lists":          noted("新しい: crl 見本県 IACA", "fresh: crl 見本県 IACA"),
	"ledger":         noted("/var/lib/kazashi、空き 5120 MB", "/var/lib/kazashi, 5120 MB free"),
	"units":          noted("/usr/lib/systemd/system/kazashid.service", "/usr/lib/systemd/system/kazashid.service"),
	"daemon-report":  noted("ほかに異常の報告はありません", "reports nothing else"),
}

// screens are what the checks say instead, by the name of the screen.
var screens = map[string]map[string]doctor.Verdict{
	"well": nil,
	"stopped": {
		"clock": found(doctor.Finding{
			Code: fault.ClockFree, Warning: true, Run: []string{"timedatectl", "sudo timedatectl set-ntp true"},
			Seen: text("時計は 2026-12-01 09:00 +09:00 を示し、同期していません", "the clock says 2026-12-01 09:00 +09:00 and is not synchronised"),
		}),
		"reader-service": found(doctor.Finding{
			Code: fault.ReaderServiceHung, Run: []string{"sudo kill -CONT 812", "systemctl status pcscd.socket pcscd.service"},
			Seen: text("pcscd (pid 812) が応答しません。プロセスが停止 (SIGSTOP) しています", "pcscd (pid 812) does not answer; the process is stopped (SIGSTOP)"),
		}),
	},
	"down": {
		"daemon": {Note: text("動いていません", "not running"), Findings: []doctor.Finding{{
			Code: fault.SocketUnavailable, Run: []string{"systemctl status kazashid.service", "sudo systemctl start kazashid.service"},
			Seen: text("動いていません。/run/kazashi/kazashi.sock に接続できません: no such file or directory",
				"not running: cannot connect to /run/kazashi/kazashi.sock: no such file or directory"),
			Do: text("ログの最後の誤りを確認してから、デーモンを起動します。", "Look at the last error in its log, then start the daemon."),
		}}},
	},
	"configuration": {
		"configuration": found(
			doctor.Finding{Code: fault.ConfigInvalid, Seen: text("/etc/kazashi/kazashid.yaml:7: reader.extendedlength: no such key", "/etc/kazashi/kazashid.yaml:7: reader.extendedlength: no such key")},
			doctor.Finding{Code: fault.ConfigInvalid, Seen: text("/etc/kazashi/kazashid.yaml:9: step_timeout: stands twice", "/etc/kazashi/kazashid.yaml:9: step_timeout: stands twice"),
				Run: []string{"sudo kazashid --check-config --config /etc/kazashi/kazashid.yaml"}}),
		"daemon": {Note: text("動いていません", "not running"), Findings: []doctor.Finding{{Code: fault.SocketUnavailable}}},
	},
	"hidden": {
		"configuration": {State: doctor.Unseen, Hidden: text("/etc/kazashi/kazashid.yaml を読む権限がありません", "this user may not read /etc/kazashi/kazashid.yaml"), How: "sudo kazashi doctor"},
		"profiles":      {State: doctor.Unseen, Hidden: text("設定を読めないため分かりません", "needs the configuration, which could not be seen"), How: "sudo kazashi doctor"},
		"reader-key":    {State: doctor.Unneeded, Note: text("なし: 要求に署名しません", "none: requests go out unsigned")},
		"field": found(doctor.Finding{
			Code: fault.FieldOccupied, Warning: true, Seen: text(longReader+" の上に何かあります (ATR 3B80800101)", "something lies on "+longReader+" (ATR 3B80800101)"),
		}),
	},
}

// examined is the report of a screen.
func examined(changed map[string]doctor.Verdict) doctor.Report {
	checks := doctor.Checks()
	for i := range checks {
		verdict, ok := changed[checks[i].ID]
		if !ok {
			verdict = well[checks[i].ID]
		}
		checks[i].Judge = func(*doctor.Facts) doctor.Verdict { return verdict }
	}
	return doctor.Judge(checks, &doctor.Facts{At: screenAt})
}

func TestScreensOfDoctor(t *testing.T) {
	for name, changed := range screens {
		for _, lang := range []language{japanese, english} {
			t.Run(name+"/"+string(lang), func(t *testing.T) {
				var out bytes.Buffer
				a := &app{lang: lang, out: newScreen(&out, func(string) string { return "" })}
				r := examined(changed)
				a.showExamination(r)
				golden(t, "doctor_"+name+"_"+string(lang)+".golden", out.String())
				out.Reset()
				a.showBriefly(r)
				if n := strings.Count(out.String(), "\n"); n >= 24 {
					t.Errorf("the screen of --watch has %d lines", n)
				}
				golden(t, "doctor_watch_"+name+"_"+string(lang)+".golden", out.String())
			})
		}
	}
}

// Every row of the table has something to say on a screen of ours.
func TestScreensKnowEveryCheck(t *testing.T) {
	for _, c := range doctor.Checks() {
		if _, ok := well[c.ID]; !ok {
			t.Errorf("%s has no note", c.ID)
		}
	}
}

func TestScreensOfCodesAndStatus(t *testing.T) {
	socket := failingDaemon().serve(t)
	for name, args := range map[string][]string{
		"codes_one": {"codes", "KZ-204"},
		"status":    {"status", "--socket", socket},
	} {
		for _, lang := range []string{"ja", "en"} {
			_, stdout, _ := run(t, append(args, "--lang", lang)...)
			golden(t, name+"_"+lang+".golden", stdout)
		}
	}
	_, stdout, _ := run(t, "codes", "KZ-204")
	golden(t, "codes_one.golden", stdout)
}

// Colour says nothing that the words do not: without the escapes the screen is the same.
func TestColourIsNotTheOnlySignal(t *testing.T) {
	for name, changed := range screens {
		var coloured, colourless bytes.Buffer
		r := examined(changed)
		(&app{lang: japanese, out: &screen{w: &coloured, colour: true}}).showExamination(r)
		(&app{lang: japanese, out: &screen{w: &colourless}}).showExamination(r)
		if !strings.Contains(coloured.String(), "\x1b[") {
			t.Errorf("%s: no colour", name)
		}
		if diff := cmp.Diff(colourless.String(), escapes.ReplaceAllString(coloured.String(), "")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// escapes are what colours a line.
var escapes = regexp.MustCompile(`\x1b\[[0-9]*m`)

// The machines' report says the same as the people's.
func TestDoctorForMachines(t *testing.T) {
	x := examinationOf(examined(screens["stopped"]))
	if x.First != fault.ReaderServiceHung || x.State != doctor.Failed || x.Exit != exitFailed || len(x.Checks) != len(doctor.Checks()) {
		t.Errorf("%+v", x)
	}
	for state, want := range map[string]int{"well": exitOK, "hidden": exitWarning, "down": exitFailed} {
		if x := examinationOf(examined(screens[state])); x.Exit != want {
			t.Errorf("%s: exit %d, want %d", state, x.Exit, want)
		}
	}
	encoded, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"because":"KZ-123"`, `"run":["sudo kill -CONT 812"`, `"name":{"ja":"時計","en":"clock"}`, `"first":"KZ-123"`} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("%s is missing in %s", want, encoded)
		}
	}
}
