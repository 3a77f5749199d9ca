package cli

import (
	"fmt"

	"kazashi/cmd/internal/build"
	"kazashi/cmd/internal/manual"
	"kazashi/cmd/internal/message"
)

// hundreds say where to look, see package fault.
var hundreds = map[byte]phrase{
	'1': {"リーダーとカード", "READER AND CARD"},
	'2': {"接続の取り決めと転送", "ENGAGEMENT AND TRANSFER"},
	'3': {"セッションと応答", "SESSION AND ANSWER"},
	'4': {"発行者と端末の検査", "ISSUER AND DEVICE CHECKS"},
	'5': {"信頼", "TRUST"},
	'6': {"受付とソケット", "PRESENTATIONS AND THE SOCKET"},
	'7': {"設定、プロファイル、鍵", "CONFIGURATION, PROFILES AND KEYS"},
	'8': {"この機械", "THE MACHINE"},
	'9': {"端末そのもの", "THE TERMINAL ITSELF"},
}

// fieldManual is kazashi-codes(7): every code out of the catalogue that the socket and
// the command speak from too, for a technician who has paper and no terminal.
func (a *app) fieldManual() manual.Page {
	in := func(ja, en string) string { return phrase{ja, en}.in(a.lang) }
	about := build.Read()
	p := manual.Page{
		Name: "kazashi-codes", Chapter: 7, Language: manual.Language(a.lang), Release: about.Version, At: about.At,
		Short:    in("端末が示すコードの一覧: 原因と対処", "the codes of the terminal: cause and remedy"),
		Synopsis: []string{in("kazashi codes [コード...] でも同じ内容を表示できます。", "kazashi codes [CODE...] shows the same.")},
	}
	for _, e := range message.All() {
		title, ok := hundreds[e.Code[len("KZ-")]]
		if !ok {
			continue // that nothing is wrong
		}
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Title != title.in(a.lang) {
			p.Sections = append(p.Sections, manual.Section{Title: title.in(a.lang)})
		}
		s := &p.Sections[len(p.Sections)-1]
		s.Items = append(s.Items, manual.Item{Term: fmt.Sprintf("%s %s", e.Code, e.Code.Slug()), Text: fmt.Sprintf(in(
			"%s\n対処: %s\n画面: 「%s」\n再試行: %s", "%s\nRemedy: %s\nThe customer sees: %s\nTry again: %s"),
			phrase(e.Cause).in(a.lang), phrase(e.Remedy).in(a.lang), phrase(e.User).in(a.lang), retryText(e.Retry).in(a.lang))})
	}
	return p
}
