package manual

import (
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A Text is one in both languages.
type Text struct{ Ja, En string }

func (t Text) in(l Language) string {
	if l == Japanese {
		return t.Ja
	}
	return t.En
}

// A Part is a section in both languages.
type Part struct {
	Title Text
	Items []Entry
}

// An Entry is an item in both languages.
type Entry struct {
	Term string
	Text Text
}

// A Program is one without commands below it, whose command line speaks English alone.
// Its manual speaks both languages.
type Program struct {
	// New returns the program's command tree.
	New     func() *cobra.Command
	Chapter int
	Short   Text
	About   []Text
	// Flags are the Japanese texts of the flags, by their names.
	Flags map[string]string
	More  []Part
}

// Offer gives a program a hidden flag that writes its pages and completions to a folder
// instead of doing what it is for.
func (p Program) Offer(cmd *cobra.Command) {
	dir := cmd.Flags().String("internal-docs", "", "write manual pages and completions to a `directory`, and exit")
	_ = cmd.Flags().MarkHidden("internal-docs")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *dir == "" {
			return run(cmd, args)
		}
		for _, language := range []Language{English, Japanese} {
			if err := p.Page(language).Write(filepath.Join(*dir, "man")); err != nil {
				return err
			}
		}
		return WriteCompletions(p.New(), filepath.Join(*dir, "completions"))
	}
}

// Gaps returns the flags that the Japanese page would leave in English, and those that it
// still has though the program does not.
func (p Program) Gaps() []string {
	cmd := p.New()
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	var gaps []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := p.Flags[f.Name]; !ok && !f.Hidden {
			gaps = append(gaps, f.Name)
		}
	})
	for name := range p.Flags {
		if cmd.Flags().Lookup(name) == nil {
			gaps = append(gaps, name)
		}
	}
	return gaps
}

// Page returns the program's page in one language.
func (p Program) Page(l Language) Page {
	cmd := p.New()
	cmd.Short = p.Short.in(l)
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if l == Japanese {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if text, ok := p.Flags[f.Name]; ok {
				value, _ := pflag.UnquoteUsage(f)
				f.Usage = "`" + value + "`: " + text
				if value == "" {
					f.Usage = text
				}
			}
		})
	}
	var more []Section
	for _, part := range p.More {
		section := Section{Title: part.Title.in(l)}
		for _, e := range part.Items {
			section.Items = append(section.Items, Item{e.Term, e.Text.in(l)})
		}
		more = append(more, section)
	}
	page := page(cmd, p.Chapter, l, more)
	for i, s := range page.Sections {
		if s.Title != headings[l].description {
			continue
		}
		page.Sections[i].Paragraphs = nil
		for _, about := range p.About {
			page.Sections[i].Paragraphs = append(page.Sections[i].Paragraphs, about.in(l))
		}
	}
	return page
}

// Exit, Signals, Environment and Files are titles that several programs have.
var (
	Exit        = Text{headings[Japanese].exit, headings[English].exit}
	Signals     = Text{"シグナル", "SIGNALS"}
	Environment = Text{"環境変数", "ENVIRONMENT"}
	Files       = Text{"ファイル", "FILES"}
)
