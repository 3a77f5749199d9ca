// Package manual writes the manual pages and the shell completions of the programs out
// of their own command trees, in English and Japanese, so that neither says anything
// that the programs do not.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Language is one in which pages are written.
type Language string

// The languages.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// A Page is one manual page.
type Page struct {
	Name    string // such as kazashi-trust-update
	Chapter int    // 1 for commands, 8 for daemons
	Short   string // what stands in the list of pages, in one line
	// Synopsis are the ways to call it, one a line.
	Synopsis []string
	Sections []Section
	Language Language
	// Release is the program's version, and At the time of its sources; a zero time
	// leaves the date out.
	Release string
	At      time.Time
}

// A Section has a heading, and then paragraphs, items and lines that stay as they are.
type Section struct {
	Title      string
	Paragraphs []string
	Items      []Item
	Verbatim   string
}

// An Item is a term with its explanation, whose lines stay lines.
type Item struct{ Term, Text string }

// Roff returns the page in the macros of man(7).
func (p Page) Roff() []byte {
	var b strings.Builder
	date := ""
	if !p.At.IsZero() {
		date = p.At.UTC().Format(time.DateOnly)
	}
	fmt.Fprintf(&b, ".TH %s %d %s %s %s\n", quote(strings.ToUpper(p.Name)), p.Chapter, quote(date), quote("Kazashi "+p.Release), quote("Kazashi"))
	if p.Language == Japanese {
		b.WriteString(".ad l\n") // no gaps where there are no words
	}
	head := headings[p.Language]
	fmt.Fprintf(&b, ".SH %s\n%s \\- %s\n", quote(head.name), escape(p.Name), escape(p.Short))
	fmt.Fprintf(&b, ".SH %s\n", quote(head.synopsis))
	for i, line := range p.Synopsis {
		if i > 0 {
			b.WriteString(".br\n")
		}
		b.WriteString(text(line))
	}
	for _, s := range p.Sections {
		s.write(&b)
	}
	return []byte(b.String())
}

func (s Section) write(b *strings.Builder) {
	fmt.Fprintf(b, ".SH %s\n", quote(s.Title))
	for i, paragraph := range s.Paragraphs {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		b.WriteString(text(paragraph))
	}
	for _, item := range s.Items {
		fmt.Fprintf(b, ".TP\n.B %s\n%s", quote(item.Term), strings.ReplaceAll(strings.TrimRight(text(item.Text), "\n"), "\n", "\n.br\n")+"\n")
	}
	if s.Verbatim != "" {
		fmt.Fprintf(b, ".PP\n.nf\n%s.fi\n", text(s.Verbatim))
	}
}

// text returns lines as roff takes them for text and nothing else.
func text(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(s, "\n")) {
		line = escape(strings.TrimRight(line, "\n"))
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// escape keeps roff from reading anything into what it prints, and hyphens what can be
// copied.
var escape = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace

func quote(s string) string {
	return `"` + strings.ReplaceAll(escape(s), `"`, `\(dq`) + `"`
}

// Write writes the page below a folder as man expects it: man1/NAME.1, or ja/man1/NAME.1.
func (p Page) Write(dir string) error {
	if p.Language == Japanese {
		dir = filepath.Join(dir, string(Japanese))
	}
	dir = filepath.Join(dir, fmt.Sprintf("man%d", p.Chapter))
	return write(filepath.Join(dir, fmt.Sprintf("%s.%d", p.Name, p.Chapter)), p.Roff())
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing documents: %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("writing documents: %w", err)
	}
	return nil
}
