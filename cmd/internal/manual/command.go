package manual

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kazashi/cmd/internal/build"
)

// headings are the titles of the sections that every page has.
var headings = map[Language]struct {
	name, synopsis, description, commands, options, common, examples, exit, also string
	exitLine                                                                     string
}{
	English: {
		"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "COMMON OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO",
		"exit status: ",
	},
	Japanese: {
		"名前", "書式", "説明", "コマンド", "オプション", "共通オプション", "例", "終了ステータス", "関連項目",
		"終了コード: ",
	},
}

// Pages returns the page of a command and those of all commands below it, hidden ones
// left out, in one chapter. The texts are those of the tree's own language; more
// sections follow those of the first page.
func Pages(cmd *cobra.Command, chapter int, language Language, more ...Section) []Page {
	pages := []Page{page(cmd, chapter, language, more)}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			pages = append(pages, Pages(sub, chapter, language)...)
		}
	}
	return pages
}

func page(cmd *cobra.Command, chapter int, language Language, more []Section) Page {
	head, noted := headings[language], build.Read()
	p := Page{
		Name: pageName(cmd), Chapter: chapter, Short: cmd.Short, Language: language, Release: noted.Version, At: noted.At,
		Synopsis: []string{synopsis(cmd)},
	}
	about, exits := split(cmp.Or(cmd.Long, cmd.Short), head.exitLine)
	p.add(Section{Title: head.description, Paragraphs: about})
	var commands []Item
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			commands = append(commands, Item{pageName(sub) + "(" + fmt.Sprint(chapter) + ")", sub.Short})
		}
	}
	p.add(Section{Title: head.commands, Items: commands})
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	p.add(Section{Title: head.options, Items: flags(cmd.LocalNonPersistentFlags())})
	p.add(Section{Title: head.common, Items: flags(cmd.Root().PersistentFlags())})
	p.add(Section{Title: head.exit, Items: exits})
	p.add(Section{Title: head.examples, Verbatim: cmd.Example})
	for _, s := range more {
		p.add(s)
	}
	p.add(Section{Title: head.also, Paragraphs: also(cmd, chapter)})
	return p
}

// add takes a section that is not empty.
func (p *Page) add(s Section) {
	if len(s.Paragraphs) > 0 || len(s.Items) > 0 || s.Verbatim != "" {
		p.Sections = append(p.Sections, s)
	}
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func synopsis(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [FLAGS]"
	}
	return cmd.CommandPath() + strings.TrimPrefix(cmd.Use, cmd.Name()) + " [FLAGS]"
}

// split takes the line about exit statuses out of a text, and the text into paragraphs.
func split(text, exitLine string) (paragraphs []string, exits []Item) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if list, ok := strings.CutPrefix(paragraph, exitLine); ok {
			exits = statuses(list)
			continue
		}
		paragraphs = append(paragraphs, paragraph)
	}
	return paragraphs, exits
}

// status begins an exit status in a line of several.
var status = regexp.MustCompile(`(?:^|, |、)(\d+) `)

// statuses takes "0 done, 1 failed" apart.
func statuses(line string) []Item {
	var items []Item
	found := status.FindAllStringSubmatchIndex(line, -1)
	for i, at := range found {
		end := len(line)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		items = append(items, Item{line[at[2]:at[3]], line[at[1]:end]})
	}
	return items
}

func flags(set *pflag.FlagSet) []Item {
	var items []Item
	set.SortFlags = false
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, meaning := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		meaning = strings.TrimPrefix(meaning, value+": ")
		if f.DefValue != "" && !slices.Contains([]string{"false", "0", "[]"}, f.DefValue) && !strings.Contains(meaning, "(") {
			meaning += " (default " + f.DefValue + ")"
		}
		items = append(items, Item{name, meaning})
	})
	return items
}

// programs are the pages that every page points to.
var programs = []string{"kazashi(1)", "kazashid(8)", "virtualcard(1)"}

func also(cmd *cobra.Command, chapter int) []string {
	own := fmt.Sprintf("%s(%d)", pageName(cmd), chapter)
	var pages []string
	if cmd.HasParent() && cmd.Parent().HasParent() {
		pages = append(pages, fmt.Sprintf("%s(%d)", pageName(cmd.Parent()), chapter))
	}
	for _, p := range programs {
		if p != own {
			pages = append(pages, p)
		}
	}
	return []string{strings.Join(pages, ", ")}
}

// WriteCompletions writes what bash, zsh and fish complete a program's command line
// by, under the names that those shells look for.
func WriteCompletions(root *cobra.Command, dir string) error {
	for _, shell := range []struct {
		path string
		make func(*bytes.Buffer) error
	}{
		{filepath.Join("bash", root.Name()), func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) }},
		{filepath.Join("zsh", "_"+root.Name()), func(b *bytes.Buffer) error { return root.GenZshCompletion(b) }},
		{filepath.Join("fish", root.Name()+".fish"), func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) }},
	} {
		var script bytes.Buffer
		if err := shell.make(&script); err != nil {
			return fmt.Errorf("completions: %w", err)
		}
		if err := write(filepath.Join(dir, shell.path), script.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
