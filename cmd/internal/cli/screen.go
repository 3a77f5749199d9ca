package cli

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A screen writes for people. Write errors are not reported: there is nobody
// left to read the report.
type screen struct {
	w      io.Writer
	colour bool
	tty    bool // a person looks at it, not a program that searches lines
}

// newScreen returns a screen that uses colour only on a terminal that can show
// it and whose user did not refuse it (no-color.org).
func newScreen(w io.Writer, getenv func(string) string) *screen {
	file, ok := w.(*os.File)
	tty := ok && term.IsTerminal(int(file.Fd()))
	return &screen{w: w, tty: tty, colour: tty && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// A tone is the colour of a line. It never is the only sign of anything: the
// words say the same.
type tone string

const (
	plain tone = ""
	good  tone = "32"
	bad   tone = "31"
	warn  tone = "33"
	faint tone = "2"
	bold  tone = "1"
)

// line writes one line.
func (s *screen) line(t tone, text string) {
	if s.colour && t != plain && text != "" {
		text = "\x1b[" + string(t) + "m" + text + "\x1b[0m"
	}
	_, _ = io.WriteString(s.w, text+"\n")
}

// say writes text in lines of at most [columns]; every line but the first is
// indented below the first character after lead.
func (s *screen) say(t tone, lead, text string) {
	indent := strings.Repeat(" ", width(lead))
	for i, l := range wrap(printable(text), columns-width(lead), false) {
		if i == 0 {
			s.line(t, lead+l)
			continue
		}
		s.line(t, indent+l)
	}
}

// hang writes what is wrong in lines of at most [columns], indented a little from the second on.
func (s *screen) hang(text string) {
	const indent = "  "
	for i, l := range wrap(printable(text), columns-width(indent), false) {
		if i > 0 {
			l = indent + l
		}
		s.line(bad, l)
	}
}

// table writes a table.
func (s *screen) table(t *table) {
	for i, l := range t.lines(columns) {
		tone := plain
		if i == 0 && len(t.head) > 0 {
			tone = bold
		}
		s.line(tone, l)
	}
}
