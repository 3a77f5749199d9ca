package cli

import (
	"fmt"
	"strings"

	"kazashi/cmd/internal/doctor"
	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

// stateLabel names the outcome of a check in one word.
func stateLabel(s doctor.State) phrase {
	switch s {
	case doctor.OK:
		return phrase{"正常", "ok"}
	case doctor.Warning:
		return phrase{"注意", "WARN"}
	case doctor.Failed:
		return phrase{"異常", "FAIL"}
	case doctor.Blocked:
		return phrase{"保留", "skip"}
	case doctor.Unseen:
		return phrase{"不明", "?"}
	case doctor.Unneeded:
		return phrase{"不要", "n/a"}
	}
	return phrase{string(s), string(s)}
}

func stateTone(s doctor.State) tone {
	switch s {
	case doctor.Warning:
		return warn
	case doctor.Failed:
		return bad
	case doctor.Blocked, doctor.Unseen, doctor.Unneeded:
		return faint
	}
	return plain
}

// showExamination writes the cause, then every check in a line, then whatever else
// is wrong.
func (a *app) showExamination(r doctor.Report) {
	first, row, wrong := r.First()
	if wrong {
		a.showFinding(row, first)
		a.out.line(plain, "")
	}
	a.showChecks(r, func(doctor.Row) bool { return true })
	told := map[fault.Code]bool{first.Code: wrong}
	for i := range r.Rows {
		for n, f := range r.Rows[i].Findings {
			if &r.Rows[i] == row && n == 0 && f.Code == first.Code {
				continue
			}
			a.out.line(plain, "")
			a.showFindingBriefly(&r.Rows[i], f, told[f.Code])
			told[f.Code] = true
		}
	}
	a.showHidden(r)
	a.out.line(plain, "")
	a.showCount(r)
}

// showFinding writes a finding with its code, what was seen, the cause, what to do
// and the commands for it.
func (a *app) showFinding(row *doctor.Row, f doctor.Finding) { a.showFindingBriefly(row, f, false) }

// showFindingBriefly leaves out what was said of the same code before.
func (a *app) showFindingBriefly(row *doctor.Row, f doctor.Finding, told bool) {
	state := doctor.Failed
	if f.Warning {
		state = doctor.Warning
	}
	a.out.say(stateTone(state), phrase{
		Ja: stateLabel(state).Ja + ": ", En: map[doctor.State]string{doctor.Failed: "error: ", doctor.Warning: "warning: "}[state],
	}.in(a.lang), fmt.Sprintf("%s (%s) %s", f.Code, f.Code.Slug(), phrase(row.Check.Name).in(a.lang)))
	say := func(label phrase, text string) { a.out.say(plain, "  "+label.in(a.lang), text) }
	say(phrase{"状況: ", "seen:  "}, phrase(f.Seen).in(a.lang))
	if !told {
		say(phrase{"原因: ", "cause: "}, terminalText(phrase(message.Lookup(f.Code).Cause).in(a.lang)))
		say(phrase{"対処: ", "do:    "}, terminalText(phrase(f.Remedy()).in(a.lang)))
	}
	for i, command := range f.Run {
		lead := phrase{"  実行: ", "  run:   "}.in(a.lang)
		if i > 0 {
			lead = strings.Repeat(" ", width(lead))
		}
		// A command in one line, however long: it is there to be copied.
		a.out.line(plain, lead+printable(command))
	}
}

// showChecks is the table of those checks that count.
func (a *app) showChecks(r doctor.Report, counts func(doctor.Row) bool) {
	t := &table{}
	rows := [][]string{{
		phrase{"結果", "RESULT"}.in(a.lang), phrase{"検査", "CHECK"}.in(a.lang), phrase{"内容", "SEEN"}.in(a.lang),
	}}
	tones := []tone{bold}
	for _, row := range r.Rows {
		if counts(row) {
			rows = append(rows, []string{stateLabel(row.State).in(a.lang), phrase(row.Check.Name).in(a.lang), a.rowText(row)})
			tones = append(tones, stateTone(row.State))
		}
	}
	widths := t.widths(rows, columns)
	for i, row := range rows {
		for _, line := range t.row(row, widths) {
			a.out.line(tones[i], line)
		}
	}
}

// rowText is what the table says of a check.
func (a *app) rowText(row doctor.Row) string {
	switch {
	case row.State == doctor.Blocked && row.Note != (message.Text{}):
		return fmt.Sprintf(phrase{"%s (%s のため)", "%s, because of %s"}.in(a.lang), phrase(row.Note).in(a.lang), row.Because)
	case row.State == doctor.Blocked:
		return fmt.Sprintf(phrase{"%s のため見ていません", "not looked at because of %s"}.in(a.lang), row.Because)
	case len(row.Findings) > 0:
		text := ""
		for i, f := range row.Findings {
			if i > 0 {
				text += phrase{"、", ", "}.in(a.lang)
			}
			text += string(f.Code) + " " + f.Code.Slug()
			if i == 1 && len(row.Findings) > 2 {
				return text + fmt.Sprintf(phrase{"、ほか %d 件", " and %d more"}.in(a.lang), len(row.Findings)-2)
			}
		}
		return text
	case row.State == doctor.Unseen:
		return phrase(row.Hidden).in(a.lang)
	}
	return phrase(row.Note).in(a.lang)
}

// showHidden tells what could not be seen, and the commands that would see it.
func (a *app) showHidden(r doctor.Report) {
	told := map[string]bool{}
	for _, row := range r.Rows {
		if row.Hidden == (message.Text{}) || row.How == "" {
			continue
		}
		if len(told) == 0 {
			a.out.line(plain, "")
			a.out.line(bold, phrase{"見えなかったものと、見る方法:", "could not be seen, and how to see it:"}.in(a.lang))
		}
		if !told[row.How] {
			a.out.line(plain, "  "+row.How)
		}
		told[row.How] = true
		a.out.say(faint, "    "+phrase(row.Check.Name).in(a.lang)+": ", phrase(row.Hidden).in(a.lang))
	}
}

// showCount is the last line: how many checks came out how.
func (a *app) showCount(r doctor.Report) {
	var parts []string
	for _, s := range []doctor.State{doctor.Failed, doctor.Warning, doctor.OK, doctor.Blocked, doctor.Unseen, doctor.Unneeded} {
		if n := r.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", map[language]string{
				japanese: stateLabel(s).Ja, english: map[doctor.State]string{
					doctor.Failed: "failed", doctor.Warning: "warnings", doctor.OK: "ok", doctor.Blocked: "not looked at",
					doctor.Unseen: "not seen", doctor.Unneeded: "not needed",
				}[s],
			}[a.lang], n))
		}
	}
	tone := good
	if s := r.State(); s != doctor.OK {
		tone = stateTone(s)
	}
	a.out.line(tone, strings.Join(parts, phrase{"、", ", "}.in(a.lang)))
}
