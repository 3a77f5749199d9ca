package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A narrator tells the demo as it goes: what the customer sees, in Japanese as at
// a kiosk, what goes over the socket, and how it ended.
type narrator struct {
	app *app
	out *screen
}

func newNarrator(a *app) *narrator {
	n := &narrator{app: a, out: a.out}
	if a.json {
		n.out = &screen{w: io.Discard}
	}
	return n
}

// say writes one line of the narration in the reader's language.
func (n *narrator) say(t tone, label string, text phrase) {
	n.out.say(t, pad(label, 8), text.in(n.app.lang))
}

// frame draws a panel beside a label.
func (n *narrator) frame(label, title string, lines ...string) {
	for _, l := range panel(title, lines...) {
		n.out.line(plain, pad(label, 8)+l)
		label = ""
	}
}

// screen draws what the customer sees, and says it in English to those who do not
// read Japanese.
func (n *narrator) screen(gloss string, lines ...string) {
	n.frame("screen", "キオスクの画面", lines...)
	if n.app.lang != japanese {
		n.out.say(faint, pad("", 8), "("+gloss+")")
	}
}

func (n *narrator) opening(status api.Status, socket string) {
	n.out.say(bold, "", phrase{
		"kazashi のデモ: キオスクの NFC 本人確認端末を、機器なしで動かします",
		"kazashi demo: the NFC identity terminal of a kiosk, without any hardware"}.in(n.app.lang))
	n.out.line(plain, "")
	n.say(plain, "", phrase{
		"デーモン 1、ソフトウェアのスマートフォン 1、キオスク 1。要求と応答は本物のソケットを通り、暗号も検証も本物です。架空なのは人物と発行者だけです",
		"one daemon, one phone made of software, one kiosk; requests go over a real socket, and encryption and verification are real; only the person and the issuer are invented"})
	n.out.line(plain, "")
	n.say(plain, "daemon", phrase{"kazashid " + status.Version, "kazashid " + status.Version})
	n.say(plain, "socket", phrase{socket, socket})
	n.say(warn, "mode", phrase{"見本 (SPECIMEN)", "SPECIMEN (見本)"})
}

func (n *narrator) scene(i int, s scene) {
	n.out.line(plain, "")
	n.out.line(bold, fmt.Sprintf("%d/%d  %s", i+1, len(scenes), n.title(s)))
	n.say(plain, "", s.About)
	n.out.line(plain, "")
}

// title is the scene's Japanese name, with the English one for those who need it.
func (n *narrator) title(s scene) string {
	if n.app.lang == japanese {
		return s.Title.Ja
	}
	return s.Title.Ja + "  " + s.Title.En
}

func (n *narrator) armed(p api.Presentation, took time.Duration) {
	answer := fmt.Sprintf("%s (%s)", p.State, milliseconds(took))
	n.post("", api.ArmRequest{Profile: p.Profile, Transaction: p.Transaction}, phrase{answer, answer})
	ja, en := make([]string, 0, len(p.Asked)), make([]string, 0, len(p.Asked))
	keptJa, keptEn := "保存しません", "nothing is kept"
	for _, e := range p.Asked {
		ja, en = append(ja, e.Label.Ja), append(en, strings.ToLower(e.Label.En))
		if e.Retain {
			keptJa, keptEn = "一部だけ保存します", "some of it is kept"
		}
	}
	n.screen(
		"we ask for "+strings.Join(en, ", ")+"; "+keptEn+"; hold your phone to the reader",
		"お渡しいただく情報: "+strings.Join(ja, "、"),
		"この情報は"+keptJa,
		"",
		"スマートフォンをリーダーにかざしてください",
	)
}

// post shows a request as it was sent, so that it can be copied, and the answer.
func (n *narrator) post(path string, body any, answer phrase) {
	sent, _ := json.Marshal(body) // a few strings
	n.out.line(plain, pad("socket", 8)+"POST /v1/presentations"+path)
	n.out.line(plain, pad("", 8)+"  "+string(sent))
	n.say(plain, "", phrase{"  -> " + answer.Ja, "  -> " + answer.En})
}

func (n *narrator) changed(p api.Presentation, at time.Duration) {
	text := fmt.Sprintf("GET  /v1/presentations/{id}?wait -> %s", p.State)
	if p.Phase != "" {
		text += ", " + p.Phase
	}
	if p.Code != "" {
		text += fmt.Sprintf(", %s %s", p.Code, p.Code.Slug())
	}
	text += " (" + milliseconds(at) + ")"
	n.say(plain, "socket", phrase{text, text})
}

func (n *narrator) claimed(p api.Presentation, s scene, claim api.Claim) {
	n.post("/{id}/claim", api.ClaimRequest{ClaimID: claim.ClaimID}, phrase{
		fmt.Sprintf("要素 %d 件、一度だけ、期限つき", len(p.Received)),
		fmt.Sprintf("elements: %d, handed out once, under a lease", len(p.Received))})
	n.out.line(plain, "")
	rows := &table{}
	for _, asked := range p.Asked {
		for _, d := range claim.Documents {
			if raw, ok := d.Elements[asked.Namespace][asked.Element]; ok && d.DocType == asked.DocType {
				rows.add(asked.Label.Ja, valueText(japanese, raw))
			}
		}
	}
	lines := slices.Concat(
		[]string{"", centred(s.Title.Ja), ""},
		rows.lines(panelWidth-4),
		[]string{"", centred("架空の人物の見本です。証明書としては使えません")},
	)
	n.frame("paper", "見本 SPECIMEN", lines...)
	n.out.line(plain, "")
}

func (n *narrator) acked(claimID string) {
	n.post("/{id}/ack", api.AckRequest{ClaimID: claimID, Outcome: api.OutcomeIssued}, phrase{"acked、値は消去", "acked, wiped"})
	n.screen("done; please take your phone", "発行しました。スマートフォンをお取りください")
}

func (n *narrator) refused(p api.Presentation) {
	if p.UserMessage != nil {
		n.screen(terminalText(p.UserMessage.En), p.UserMessage.Ja)
	}
	if p.Code == "" || p.Code == fault.OK {
		return
	}
	entry := message.Lookup(p.Code)
	n.say(plain, "cause", phrase{terminalText(entry.Cause.Ja), terminalText(entry.Cause.En)})
}

func (n *narrator) sceneEnd(r sceneResult) {
	took := time.Duration(r.TookMS * float64(time.Millisecond))
	text := fmt.Sprintf("%s, %s %s, %s", r.Got.State, r.Got.Code, r.Got.Name, milliseconds(took))
	if r.OK {
		n.say(good, "result", phrase{text + " (期待どおり)", text + " (as expected)"})
		return
	}
	n.say(bad, "result", phrase{
		fmt.Sprintf("%s (期待は %s, %s)", text, r.Expected.State, r.Expected.Code),
		fmt.Sprintf("%s (expected %s, %s)", text, r.Expected.State, r.Expected.Code)})
}

// showDemoEnd sums the demo up.
func (a *app) showDemoEnd(r demoResult) {
	a.out.line(plain, "")
	t := &table{head: []string{
		phrase{"場面", "SCENE"}.in(a.lang), phrase{"結果", "RESULT"}.in(a.lang),
		phrase{"コード", "CODE"}.in(a.lang), phrase{"時間", "TIME"}.in(a.lang), phrase{"判定", "AS EXPECTED"}.in(a.lang),
	}}
	for _, s := range r.Scenes {
		verdict := phrase{"期待どおり", "yes"}
		if !s.OK {
			verdict = phrase{"期待と違う", "no"}
		}
		t.add(s.Title.in(a.lang), string(s.Got.State), string(s.Got.Code)+" "+s.Got.Name,
			milliseconds(time.Duration(s.TookMS*float64(time.Millisecond))), verdict.in(a.lang))
	}
	a.out.table(t)
	a.out.line(plain, "")
	if r.OK {
		a.out.say(good, "", phrase{
			"三つとも期待どおりでした。デーモンを止め、一時ファイルを消しました",
			"all three ended as they have to; the daemon is stopped and its files are gone"}.in(a.lang))
	} else {
		a.out.say(bad, "", phrase{"期待どおりではない場面がありました", "not every scene ended as it has to"}.in(a.lang))
	}
	if r.Kept != nil {
		a.showKept(r.Kept)
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
