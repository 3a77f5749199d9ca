package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		name  string
		text  string
		limit int
		cut   bool
		want  []string
	}{
		{"empty", "", 10, false, []string{""}},
		{"words", "one two three", 8, false, []string{"one two", "three"}},
		{"a path stays whole", "see /run/kazashi/kazashi.sock now", 10, false, []string{"see", "/run/kazashi/kazashi.sock", "now"}},
		{"a cell is cut", "abcdefgh", 3, true, []string{"abc", "def", "gh"}},
		{"wide characters", "住民票の写し", 8, false, []string{"住民票の", "写し"}},
		{"no stop at the start of a line", "住民票。写", 6, false, []string{"住民", "票。写"}},
		{"no bracket at the end of a line", "住民(見「票」", 9, false, []string{"住民(見", "「票」"}},
		{"no narrow bracket there either", "住民 (見本票)", 6, false, []string{"住民", "(見本", "票)"}},
		{"latin in Japanese", "設定のreader_keyを直す", 12, false, []string{"設定の", "reader_keyを", "直す"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, wrap(tt.text, tt.limit, tt.cut)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Nothing but spaces is lost in wrapping, and no cut line is too wide.
func TestWrapKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab /あ漢、」「(1ー"))).Draw(t, "text")
		limit := rapid.IntRange(6, 30).Draw(t, "limit")
		lines := wrap(text, limit, true)
		strip := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := strip(strings.Join(lines, "")); got != strip(text) {
			t.Fatalf("got %q of %q", got, text)
		}
		for _, l := range lines {
			if width(l) > limit {
				t.Fatalf("line %q is %d columns wide, limit %d", l, width(l), limit)
			}
		}
	})
}

func TestPrintableDisarmsTerminalSequences(t *testing.T) {
	for in, want := range map[string]string{
		"山田　太郎":         "山田　太郎",
		"\x1b[2Jgone":   "?[2Jgone",
		"a\u202eb":      "a?b",
		"one\ntwo\r":    "one?two?",
		"bad \xff utf8": "bad ? utf8",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTableStaysWithinItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOfN(rapid.RuneFrom([]rune("ab /あ漢、」「(1ー")), 0, 60, -1)
		tab := &table{indent: rapid.IntRange(0, 4).Draw(t, "indent")}
		columnsOf := rapid.IntRange(1, 5).Draw(t, "columns")
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			tab.add(rapid.SliceOfN(cell, columnsOf, columnsOf).Draw(t, "row")...)
		}
		for _, l := range tab.lines(columns) {
			if width(l) > columns {
				t.Fatalf("line of %d columns: %q", width(l), l)
			}
		}
	})
}

func TestTableAlignsWideCharacters(t *testing.T) {
	tab := &table{head: []string{"項目", "state"}}
	tab.add("リーダー", "ok")
	tab.add("trust", "なし")
	want := []string{
		"項目      state",
		"リーダー  ok",
		"trust     なし",
	}
	if diff := cmp.Diff(want, tab.lines(columns)); diff != "" {
		t.Error(diff)
	}
}
