package manual

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func tree() *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "a tool"}
	root.PersistentFlags().Bool("json", false, "write JSON")
	sub := &cobra.Command{
		Use: "do FILE", Short: "do it", Example: "  tool do --it 'a\\b'\n  .hidden",
		Long: "Does it.\n'Quoted' and -dashed.\n\nMore.\n\nexit status: 0 done, 1 refused (a, b), 64 wrong command line",
		Run:  func(*cobra.Command, []string) {},
	}
	sub.Flags().String("it", "all", "what `it` is")
	hidden := &cobra.Command{Use: "internal", Hidden: true, Run: func(*cobra.Command, []string) {}}
	root.AddCommand(sub, hidden)
	return root
}

func TestPagesFollowTheTree(t *testing.T) {
	pages := Pages(tree(), 1, English, Section{Title: "FILES", Items: []Item{{"/etc/tool", "its own"}}})
	if len(pages) != 2 || pages[0].Name != "tool" || pages[1].Name != "tool-do" {
		t.Fatalf("%+v", pages)
	}
	got := map[string]Section{}
	for _, s := range pages[1].Sections {
		got[s.Title] = s
	}
	want := map[string]Section{
		"DESCRIPTION":    {Title: "DESCRIPTION", Paragraphs: []string{"Does it.\n'Quoted' and -dashed.", "More."}},
		"OPTIONS":        {Title: "OPTIONS", Items: []Item{{"-h, --help", "help for do"}, {"--it it", "what it is (default all)"}}},
		"COMMON OPTIONS": {Title: "COMMON OPTIONS", Items: []Item{{"--json", "write JSON"}}},
		"EXIT STATUS":    {Title: "EXIT STATUS", Items: []Item{{"0", "done"}, {"1", "refused (a, b)"}, {"64", "wrong command line"}}},
		"EXAMPLES":       {Title: "EXAMPLES", Verbatim: "  tool do --it 'a\\b'\n  .hidden"},
		"SEE ALSO":       {Title: "SEE ALSO", Paragraphs: []string{"kazashi(1), kazashid(8), virtualcard(1)"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if pages[0].Sections[1].Title != "COMMANDS" || pages[0].Sections[1].Items[0].Term != "tool-do(1)" {
		t.Errorf("%+v", pages[0].Sections)
	}
}

// What is in a text is printed, and never taken for a request to roff.
func TestRoffPrintsWhatItIsGiven(t *testing.T) {
	page := Page{Name: "tool", Chapter: 1, Short: "a tool", Language: English, Synopsis: []string{".so /etc/passwd", "tool"},
		Sections: []Section{{Title: "DESCRIPTION", Paragraphs: []string{".TH x\n'quoted \\fB \"marks\" a-b"}, Verbatim: ".so y\n"}}}
	for line := range strings.Lines(string(page.Roff())) {
		if strings.HasPrefix(line, ".so") || strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".TH x") {
			t.Errorf("a request: %q", line)
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed, so nobody formats the page")
	}
	cmd := exec.Command(groff, "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou")
	cmd.Stdin = strings.NewReader(string(page.Roff()))
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "warning") {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{`.so /etc/passwd`, `.TH x`, `\fB`, `"marks" a-b`, ".so y"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not printed:\n%s", want, out)
		}
	}
}

func TestJapanesePagesLieInTheirOwnFolder(t *testing.T) {
	dir := t.TempDir()
	for _, p := range append(Pages(tree(), 1, English), Pages(tree(), 1, Japanese)...) {
		if err := p.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"man1/tool.1", "man1/tool-do.1", "ja/man1/tool.1", "ja/man1/tool-do.1"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
	if page, err := os.ReadFile(filepath.Join(dir, "ja/man1/tool.1")); err != nil || !strings.Contains(string(page), `.SH "名前"`) {
		t.Errorf("%v: %s", err, page)
	}
}

func TestCompletionsKnowTheProgram(t *testing.T) {
	dir := t.TempDir()
	if err := WriteCompletions(tree(), dir); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"bash/tool", "zsh/_tool", "fish/tool.fish"} {
		script, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !strings.Contains(string(script), "__complete") {
			t.Errorf("%s: %v", file, err)
		}
	}
}
