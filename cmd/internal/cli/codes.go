package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// A codeEntry is one code in the JSON of `kazashi codes`.
type codeEntry struct {
	Code   fault.Code    `json:"code"`
	Name   string        `json:"name"` // the code in words
	User   phrase        `json:"user"` // what the customer reads
	Retry  message.Retry `json:"retry"`
	Cause  phrase        `json:"cause"`
	Remedy phrase        `json:"remedy"`
}

func codeEntryOf(e message.Entry) codeEntry {
	return codeEntry{
		Code: e.Code, Name: e.Code.Slug(), User: phrase(e.User), Retry: e.Retry,
		Cause: phrase(e.Cause), Remedy: phrase(e.Remedy),
	}
}

func (a *app) codesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "codes [CODE...]",
		Short: phrase{
			Ja: "コード (KZ-nnn) の意味と対処を表示する",
			En: "explain a code (KZ-nnn), or list them all",
		}.in(a.lang),
		Long: phrase{
			Ja: `コードの原因、お客様の画面に出る文、再試行で直るか、対処を表示します。CODE は KZ-204 のような番号、204 のような数字、malformed-ndef のような名前のどれかです。CODE を省くとすべてを一覧にします。--lang がなければ、説明は日本語と英語の両方で表示します。

終了コード: 0 表示した、64 知らないコード、または使い方の誤り`,
			En: `Explain codes: the cause, what the customer reads on the screen, whether another try helps, and what to do. CODE is a number such as KZ-204 or 204, or a name such as malformed-ndef. Without CODE all are listed. Without --lang both languages are shown.

exit status: 0 explained, 64 no such code or wrong command line`,
		}.in(a.lang),
		Example: "  kazashi codes KZ-204\n  kazashi codes malformed-ndef",
		RunE: func(cmd *cobra.Command, args []string) error {
			a.started = true
			return a.codes(args, cmd.Flags().Changed("lang"))
		},
	}
}

func (a *app) codes(names []string, one bool) error {
	entries := message.All()
	if len(names) > 0 {
		entries = nil
		for _, name := range names {
			e, err := findCode(name)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
	}
	if a.json {
		list := make([]codeEntry, len(entries))
		for i, e := range entries {
			list[i] = codeEntryOf(e)
		}
		return a.writeJSON(map[string][]codeEntry{"codes": list})
	}
	if len(names) == 0 {
		a.listCodes(entries)
		return nil
	}
	for i, e := range entries {
		if i > 0 {
			a.out.line(plain, "")
		}
		a.explainCode(e, one)
	}
	return nil
}

// listCodes is the table of all codes, with the cause in the language of this run.
func (a *app) listCodes(entries []message.Entry) {
	t := &table{head: []string{
		phrase{"コード", "CODE"}.in(a.lang), phrase{"名前", "NAME"}.in(a.lang), phrase{"原因", "CAUSE"}.in(a.lang),
	}}
	for _, e := range entries {
		t.add(string(e.Code), e.Code.Slug(), terminalText(phrase(e.Cause).in(a.lang)))
	}
	a.out.table(t)
}

// explainCode writes all that is said of one code, in one language or in both, that
// of this run first.
func (a *app) explainCode(e message.Entry, one bool) {
	a.out.line(bold, string(e.Code)+" ("+e.Code.Slug()+")")
	languages := []language{a.lang, japanese, english}
	if one {
		languages = languages[:1]
	}
	for i, l := range languages {
		if i > 0 && l == a.lang {
			continue
		}
		a.out.line(plain, "")
		for _, part := range []struct{ label, text phrase }{
			{phrase{"原因: ", "cause:    "}, phrase(e.Cause)},
			{phrase{"画面: ", "customer: "}, phrase(e.User)},
			{phrase{"再試行: ", "retry:    "}, retryText(e.Retry)},
			{phrase{"対処: ", "remedy:   "}, phrase(e.Remedy)},
		} {
			lead := pad(part.label.in(l), width(phrase{"再試行: ", "customer: "}.in(l)))
			a.out.say(plain, "  "+lead, part.text.in(l))
		}
	}
}

// retryText says whether another try helps.
func retryText(r message.Retry) phrase {
	switch r {
	case message.Never:
		return phrase{"同じスマートフォン、同じ要求では直りません。", "No: the same phone or request fails again."}
	case message.TapAgain:
		return phrase{"もう一度かざすと直ることがあります。", "Yes: the phone can be held over the reader again."}
	case message.Later:
		return phrase{"しばらく待つと直ります。", "Yes, after a while: waiting helps."}
	case message.CallTechnician:
		return phrase{"技術者が端末を直すまで直りません。", "No: somebody has to change something at the terminal."}
	}
	return phrase{string(r), string(r)}
}

// findCode takes a code's number, with or without its prefix, or its name.
func findCode(name string) (message.Entry, error) {
	wanted := strings.ToLower(strings.TrimSpace(name))
	entries := message.All()
	number := strings.TrimPrefix(strings.TrimPrefix(wanted, "kz-"), "kz")
	for _, e := range entries {
		if string(e.Code) == "KZ-"+number || e.Code.Slug() == wanted {
			return e, nil
		}
	}
	nearest := slices.MinFunc(entries, func(x, y message.Entry) int { return farness(wanted, x) - farness(wanted, y) })
	return message.Entry{}, fault.New(fault.Usage, "no code %q; the nearest is %s", name,
		fmt.Sprintf("%s (%s)", nearest.Code, nearest.Code.Slug()))
}

// farness is how many characters a word is away from a code's number or name. Codes
// are compared by number where the word is one.
func farness(word string, e message.Entry) int {
	return min(distance(word, strings.ToLower(string(e.Code))),
		distance(word, strings.TrimPrefix(string(e.Code), "KZ-")), distance(word, e.Code.Slug()))
}

// distance is the edit distance of Levenshtein, in bytes: both words are ASCII where
// it matters.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
