package cli

import (
	"fmt"
	"regexp"
	"time"
)

// A saying is a detail that technicians meet often, in their words. Details of errors
// are written in English, for logs and machines; a screen has these in its language.
type saying struct {
	detail *regexp.Regexp
	phrase // with $1 for what stands in the detail
}

var sayings = []saying{
	{regexp.MustCompile(`holds no profile \(\*\.yaml\)`), phrase{Ja: "プロファイル (*.yaml) がありません"}},
	{regexp.MustCompile(`unknown key \(known here: ([^)]*)\)`), phrase{Ja: "知らないキーです (ここで使えるキー: $1)"}},
	{regexp.MustCompile(`the certificate is for another key$`), phrase{Ja: "証明書は別の鍵のものです"}},
	{regexp.MustCompile(`no trust anchor for a docType of this profile`), phrase{Ja: "この文書の種類 (docType) の発行者がいません"}},
	{regexp.MustCompile(`no trust anchor for any profile: nobody can be verified`), phrase{Ja: "どのプロファイルにも発行者がおらず、誰も検証できません"}},
	{regexp.MustCompile(`no valid trust anchor for (\S+)`), phrase{Ja: "$1 の有効な発行者がいません"}},
	{regexp.MustCompile(`the clock was not synchronised for ([0-9]+ days|[0-9hms.]+)`), phrase{Ja: "時計が同期しないまま $1 たちました"}},
	{regexp.MustCompile(`not synchronised for ([0-9]+ days|[0-9hms.]+); after ([0-9]+ days|[0-9hms.]+) nothing is accepted`),
		phrase{Ja: "同期しないまま $1 たちました。$2 を過ぎると受け付けません"}},
	{regexp.MustCompile(`the role (\S+) is needed`), phrase{Ja: "役割 $1 が必要です"}},
	{regexp.MustCompile(`([0-9]+) days`), phrase{Ja: "${1}日"}}, // of the ones above
}

// hours is how Go writes a time that people count in days.
var hours = regexp.MustCompile(`\b[0-9]+h[0-9]+m[0-9]+s\b`)

// spoken returns a detail as people read it: long times in days, and what is met often
// in the language of the screen. Anything else stays as it is.
func (l language) spoken(detail string) string {
	detail = hours.ReplaceAllStringFunc(detail, func(s string) string {
		d, err := time.ParseDuration(s)
		if days := int(d.Hours()) / 24; err == nil && days >= 2 {
			return fmt.Sprintf("%d days", days)
		}
		return s
	})
	if l != japanese {
		return detail
	}
	said := false
	for i, s := range sayings {
		if i == len(sayings)-1 && !said {
			break // other sentences keep their own words
		}
		if s.detail.MatchString(detail) {
			detail, said = s.detail.ReplaceAllString(detail, s.Ja), true
		}
	}
	return detail
}
