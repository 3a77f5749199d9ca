package cli

import (
	"errors"
	"io/fs"
	"strings"
	"unicode"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// A failure is how an error looks in JSON, the same for every verb.
type failure struct {
	Code   fault.Code `json:"code"`
	Name   string     `json:"name"`   // the code in words
	Detail string     `json:"detail"` // what was seen; in English, for the technician
	Exit   int        `json:"exit"`
	Cause  phrase     `json:"cause"`
	Remedy phrase     `json:"remedy"`
	Run    []string   `json:"run,omitempty"` // commands that help, to copy
}

func failureOf(err error) failure {
	code := fault.CodeOf(err)
	entry := message.Lookup(code)
	f := failure{
		Code: code, Name: code.Slug(), Detail: detailOf(err), Exit: exitOf(err),
		Cause: phrase(entry.Cause), Remedy: phrase(entry.Remedy),
	}
	if code == fault.Forbidden && errors.Is(err, fs.ErrPermission) {
		// No role was asked for yet: the file itself keeps this user out.
		f.Cause = phrase{"ソケットのファイルの権限では、このユーザーは接続できません。",
			"The permissions of the socket file do not let this user connect."}
		f.Remedy = phrase{"設定のsocket.groupのグループにユーザーを加えるか、socket.modeを変えます。見本モードでは、デーモンを起動したユーザーだけが接続できます。",
			"Add the user to the group of socket.group, or change socket.mode, in the configuration. In specimen mode nobody but the user who started the daemon can connect."}
	}
	if code == fault.Forbidden && strings.Contains(f.Detail, "the role issuer is needed") {
		f.Remedy = phrase{"受付を始められるのは、グループkazashi-issuerのユーザーだけです。技術者やrootは、そのユーザーとして実行します。",
			"Only users of the group kazashi-issuer may begin a presentation. Technicians and root run it as one of them."}
		f.Run = []string{"sudo -u USER kazashi tap", "sudo usermod -aG kazashi-issuer USER"}
	}
	if code == fault.InputUnreadable && errors.Is(err, fs.ErrPermission) {
		f.Remedy = phrase{"このユーザーには読む権限がありません。sudo を付けて、同じコマンドを実行します。",
			"This user may not read it. Run the same command with sudo."}
	}
	return f
}

// detailOf returns what was seen, without the name of the code, which stands
// beside it anyway.
func detailOf(err error) string {
	var coded *fault.Error
	if !errors.As(err, &coded) {
		return err.Error()
	}
	detail := coded.Detail
	if coded.Err != nil {
		if detail != "" {
			detail += ": "
		}
		detail += coded.Err.Error()
	}
	return detail
}

// report tells the user of an error that no verb has told of yet. Command is what
// was called, as far as that was understood.
func (a *app) report(command string, err error) {
	var r reported
	if err == nil || errors.As(err, &r) {
		return
	}
	if errors.Is(err, errInterrupted) {
		a.err.line(plain, "kazashi: "+phrase{"中断しました", "interrupted"}.in(a.lang))
		return
	}
	f := failureOf(err)
	if a.json {
		_ = a.writeJSON(map[string]failure{"error": f})
	}
	line := "kazashi: " + phrase{"エラー: ", "error: "}.in(a.lang) + string(f.Code) + " (" + f.Name + "): " + a.lang.spoken(f.Detail)
	if f.Code == fault.Usage {
		a.err.hang(line)
		a.err.say(plain, "kazashi: "+phrase{"ヒント: ", "hint: "}.in(a.lang), phrase{
			Ja: "使い方は " + command + " --help で見られます",
			En: command + " --help shows how to use it",
		}.in(a.lang))
		return
	}
	if a.err.tty {
		a.err.hang(line) // words stay whole, and so do paths
	} else {
		a.err.line(bad, printable(line)) // however long: somebody may search for it
	}
	a.explain(a.err, "kazashi: ", f.Cause, f.Remedy)
	for _, command := range f.Run {
		a.err.line(plain, "kazashi: "+phrase{"実行: ", "run: "}.in(a.lang)+command)
	}
}

// explain writes the cause of a fault and what to do about it, each on lines of
// its own that begin with lead.
func (a *app) explain(s *screen, lead string, cause, remedy phrase) {
	s.say(plain, lead+phrase{"原因: ", "cause: "}.in(a.lang), terminalText(cause.in(a.lang)))
	s.say(plain, lead+phrase{"ヒント: ", "hint: "}.in(a.lang), terminalText(remedy.in(a.lang)))
}

// terminalText turns a sentence of the catalogue into a terminal message: without
// a full stop at the end, and in English without a capital at the beginning
// unless that belongs to a name such as SessionTranscript.
func terminalText(s string) string {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "."), "。")
	word, _, _ := strings.Cut(s, " ")
	for i, r := range word {
		if r > unicode.MaxASCII || i > 0 && unicode.IsUpper(r) {
			return s
		}
	}
	if word == "" {
		return s
	}
	return strings.ToLower(word[:1]) + s[1:]
}
