package cli

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// The socket's file and the daemon's roles refuse with the same code, and differ in
// what helps.
func TestForbiddenSaysByWhom(t *testing.T) {
	byFile := failureOf(fault.Wrap(fault.Forbidden, fs.ErrPermission, "connecting"))
	byRole := failureOf(&client.Error{Problem: api.Problem{Code: fault.Forbidden, Detail: "not an issuer"}})
	if byFile.Exit != exitDenied || byRole.Exit != exitDenied {
		t.Errorf("exit %d and %d", byFile.Exit, byRole.Exit)
	}
	for _, text := range []string{byFile.Remedy.Ja, byFile.Remedy.En} {
		if !strings.Contains(text, "socket.group") || !strings.Contains(text, "socket.mode") {
			t.Errorf("kept out by the file: %s", text)
		}
	}
	if strings.Contains(byRole.Remedy.En, "socket.") || !strings.Contains(byRole.Remedy.En, "access") {
		t.Errorf("without the role: %s", byRole.Remedy.En)
	}
}

// On a terminal the line of an error fits, and its words are the screen's.
func TestAnErrorFitsTheTerminal(t *testing.T) {
	var errs bytes.Buffer
	a := &app{lang: japanese, err: &screen{w: &errs, tty: true}}
	a.report("kazashi", fault.New(fault.ConfigInvalid, "/etc/kazashi/kazashid.yaml:3: reader.extendedlength: unknown key (known here: backend, include)"))
	for line := range strings.Lines(errs.String()) {
		if w := width(strings.TrimSuffix(line, "\n")); w > columns {
			t.Errorf("%d columns: %s", w, line)
		}
	}
	if !strings.Contains(errs.String(), "知らないキー") {
		t.Error(errs.String())
	}
	errs.Reset()
	a.err.tty = false
	a.report("kazashi", fault.New(fault.Forbidden, "the role issuer is needed"))
	for _, want := range []string{"役割 issuer が必要です\n", "実行: sudo -u USER kazashi tap\n", "kazashi-issuer USER\n"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("no %q in %s", want, errs.String())
		}
	}
}

func TestDetailsAreSpoken(t *testing.T) {
	for detail, want := range map[string][2]string{
		"the clock was not synchronised for 792h0m0s":                       {"時計が同期しないまま 33日 たちました", "the clock was not synchronised for 33 days"},
		"not synchronised for 49h30m0s; after 720h0m0s nothing is accepted": {"同期しないまま 2日 たちました。30日 を過ぎると受け付けません", "not synchronised for 2 days; after 30 days nothing is accepted"},
		"/p: holds no profile (*.yaml)":                                     {"/p: プロファイル (*.yaml) がありません", "/p: holds no profile (*.yaml)"},
		"the certificate is for another key":                                {"証明書は別の鍵のものです", "the certificate is for another key"},
		"the certificate is for another key than the token's":               {"the certificate is for another key than the token's", "the certificate is for another key than the token's"},
		"ends in 12 days": {"ends in 12 days", "ends in 12 days"},
		"no valid trust anchor for org.iso.18013.5.1.mDL": {"org.iso.18013.5.1.mDL の有効な発行者がいません", "no valid trust anchor for org.iso.18013.5.1.mDL"},
	} {
		if ja, en := japanese.spoken(detail), english.spoken(detail); ja != want[0] || en != want[1] {
			t.Errorf("%s: %q, %q", detail, ja, en)
		}
	}
}
