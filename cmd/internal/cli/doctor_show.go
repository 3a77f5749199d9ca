package cli

import (
	"fmt"
	"slices"
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

// A matter is what one check found under one code.
type matter struct {
	check    *doctor.Check
	findings []doctor.Finding // of the same code, at least one
}

// mattersOf returns all that is wrong, the one to begin with first.
func mattersOf(r doctor.Report) []matter {
	var all []matter
	for _, row := range r.Rows {
		for _, f := range row.Findings {
			last := len(all) - 1
			if last >= 0 && all[last].check == row.Check && all[last].findings[0].Code == f.Code {
				all[last].findings = append(all[last].findings, f)
				continue
			}
			all = append(all, matter{row.Check, []doctor.Finding{f}})
		}
	}
	if first, row, wrong := r.First(); wrong {
		i := slices.IndexFunc(all, func(m matter) bool { return m.check == row.Check && m.findings[0].Code == first.Code })
		begin := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, begin)
	}
	return all
}

// showExamination writes the cause, then every check in a line, then whatever else
// is wrong.
func (a *app) showExamination(r doctor.Report) {
	matters := mattersOf(r)
	if len(matters) > 0 {
		a.showMatter(matters[0], false)
		a.out.line(plain, "")
	}
	a.showChecks(r, func(doctor.Row) bool { return true })
	told := map[fault.Code]bool{}
	for i, m := range matters {
		code := m.findings[0].Code
		if i > 0 {
			a.out.line(plain, "")
			a.showMatter(m, told[code])
		}
		told[code] = true
	}
	a.showHidden(r)
	a.out.line(plain, "")
	a.showCount(r)
}

// showMatter writes what was found with its code, what was seen, the cause, what to do
// and the commands for it. Told leaves out what was said of the same code before.
func (a *app) showMatter(m matter, told bool) {
	state, word := doctor.Failed, phrase{"異常: ", "error: "}
	if m.findings[0].Warning {
		state, word = doctor.Warning, phrase{"注意: ", "warning: "}
	}
	code := m.findings[0].Code
	a.out.say(stateTone(state), word.in(a.lang), fmt.Sprintf("%s (%s) %s", code, code.Slug(), phrase(m.check.Name).in(a.lang)))
	var run []string
	lead := phrase{"  状況: ", "  seen:  "}.in(a.lang)
	for _, f := range m.findings {
		a.out.say(plain, lead, a.lang.spoken(phrase(f.Seen).in(a.lang)))
		lead = strings.Repeat(" ", width(lead))
		for _, command := range f.Run {
			if !slices.Contains(run, command) {
				run = append(run, command)
			}
		}
	}
	if !told {
		a.out.say(plain, phrase{"  原因: ", "  cause: "}.in(a.lang), terminalText(phrase(message.Lookup(code).Cause).in(a.lang)))
		a.out.say(plain, phrase{"  対処: ", "  do:    "}.in(a.lang), terminalText(phrase(m.findings[0].Remedy()).in(a.lang)))
	}
	lead = phrase{"  実行: ", "  run:   "}.in(a.lang)
	for _, command := range run {
		// A command in one line, however long: it is there to be copied.
		a.out.line(plain, lead+printable(command))
		lead = strings.Repeat(" ", width(lead))
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
		return codesText(row.Findings)
	case row.State == doctor.Unseen:
		return phrase(row.Hidden).in(a.lang)
	}
	return phrase(row.Note).in(a.lang)
}

// codesText names the codes of findings, each once, with how often it was found.
func codesText(findings []doctor.Finding) string {
	var codes []fault.Code
	times := map[fault.Code]int{}
	for _, f := range findings {
		if times[f.Code]++; times[f.Code] == 1 {
			codes = append(codes, f.Code)
		}
	}
	var parts []string
	for _, c := range codes {
		text := string(c) + " " + c.Slug()
		if n := times[c]; n > 1 {
			text += fmt.Sprintf(" (%d)", n)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
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
