package cli

import (
	"fmt"
	"strings"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// showArmed tells what a diagnostic tap is about to ask.
func (a *app) showArmed(p api.Presentation) {
	if p.Specimen {
		a.out.say(warn, "", phrase{
			"見本 (SPECIMEN) モード: 架空の証明書を受け付けます",
			"SPECIMEN (見本) mode: invented documents are accepted"}.in(a.lang))
	}
	a.out.say(plain, "", fmt.Sprintf(phrase{
		"%s を %s で受付中、求める要素は次のとおり",
		"armed %s on %s, which asks for"}.in(a.lang), p.Profile, p.Reader))
	t := &table{indent: 2}
	for _, e := range p.Asked {
		t.add(phrase(e.Label).in(a.lang), e.Element)
	}
	a.out.table(t)
	if p.Specimen && strings.HasPrefix(p.Reader, softwareReader) {
		a.out.say(bold, "", phrase{
			"リーダーもスマートフォンもソフトウェアです。自動でかざされます",
			"reader and phone are made of software: the tap comes by itself"}.in(a.lang))
		return
	}
	a.out.say(bold, "", phrase{
		"スマートフォンをリーダーにかざしてください (Ctrl-C で取り消し)",
		"hold a phone to the reader now (Ctrl-C cancels)"}.in(a.lang))
}

// softwareReader begins the names of the sandbox's readers, where a phone made of
// software taps whenever something is armed.
const softwareReader = "Kazashi Specimen Reader"

// phases says what happens in each state and phase of a presentation.
var phases = map[string]phrase{
	"armed":      {"かざされるのを待っている", "waiting for a phone"},
	"reading":    {"読み取り中", "reading"},
	"engaging":   {"スマートフォンと接続の取り決め中", "agreeing with the phone on a connection"},
	"connecting": {"データ転送を準備中", "preparing the data transfer"},
	"requesting": {"要求を送信し、同意を待っている", "asked; waiting for the holder's consent"},
	"receiving":  {"応答を受信中", "receiving the answer"},
	"verifying":  {"署名と有効性を検証中", "verifying signatures and validity"},
	allPhases:    {"かざされてから検証まで", "from the phone's coming to the verdict"},
	"verified":   {"検証済み", "verified"},
	"claimed":    {"ほかのプログラムが受け取った", "another program took it"},
	"acked":      {"完了", "done"},
	"rejected":   {"拒否", "rejected"},
	"expired":    {"時間切れ", "time ran out"},
	"cancelled":  {"取り消し", "cancelled"},
	"lost":       {"途中で失われた", "lost on the way"},
}

func (a *app) showStep(s tapStep) {
	name := string(s.State)
	if s.Phase != "" {
		name = s.Phase
	}
	text := pad(name, 11)
	if p, ok := phases[name]; ok {
		text += p.in(a.lang)
	}
	if s.Code != "" {
		a.out.say(warn, seconds(s.AtMS)+"  ", fmt.Sprintf("%s (%s)", s.Code, s.Code.Slug()))
		entry := message.Lookup(s.Code)
		a.explain(a.out, "            ", phrase(entry.Cause), phrase(entry.Remedy))
	}
	a.out.say(plain, seconds(s.AtMS)+"  ", text)
}

// showTapEvidence is what the outcome of a single tap rests on: what was exchanged, if
// it is known, and each check.
func (a *app) showTapEvidence(r tapResult) {
	if r.Totals != nil {
		a.out.line(plain, "")
		a.out.say(plain, "", r.Totals.text(a.lang))
	}
	a.out.line(plain, "")
	a.showTapChecks(r.Checks)
}

// showTap tells how a diagnostic tap ended.
func (a *app) showTap(r tapResult) {
	a.out.line(plain, "")
	if r.State == api.StateVerified {
		a.out.say(good, "", fmt.Sprintf(phrase{
			"検証済み %s、%d 件の要素が届いた",
			"verified %s, elements that came: %d"}.in(a.lang), r.Code, len(r.Received)))
		t := &table{indent: 2}
		for _, e := range r.Received {
			t.add(e.Namespace, e.Element)
		}
		a.out.table(t)
		a.out.say(plain, "", phrase{
			"値は受け取っていません。デーモンに破棄させました",
			"no value was taken; the daemon wipes them"}.in(a.lang))
	} else {
		a.out.say(bad, "", fmt.Sprintf("%s: %s (%s)", phases[string(r.State)].in(a.lang), r.Code, r.Name))
		if r.Check != "" {
			a.out.say(plain, phrase{"  検査: ", "  check: "}.in(a.lang), fmt.Sprintf("%s (%s)", r.Check, checks[r.Check].in(a.lang)))
		}
		if r.Code != fault.OK && r.Code != "" {
			entry := message.Lookup(r.Code)
			a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
		}
		if r.LastTap != "" && r.LastTap != r.Code {
			// Why nothing else came of the time that ran out.
			a.out.say(warn, phrase{"最後のタップ: ", "last tap: "}.in(a.lang), fmt.Sprintf("%s (%s)", r.LastTap, r.LastTap.Slug()))
			entry := message.Lookup(r.LastTap)
			a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
		}
	}
	for _, w := range r.Warnings {
		a.showWarning(w.Code, w.Count)
	}
}

// showWarning tells of something odd that was accepted, and what to do about it.
func (a *app) showWarning(code fault.Code, count int) {
	text := fmt.Sprintf("%s (%s)", code, code.Slug())
	if count > 0 {
		text += fmt.Sprintf(": %d", count)
	}
	a.out.say(warn, phrase{"注意: ", "warning: "}.in(a.lang), text)
	entry := message.Lookup(code)
	a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
}
