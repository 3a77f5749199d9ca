package cli

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// columns is the width that everything written for people stays within.
const columns = 79

// cells counts columns the same way on every machine: characters of ambiguous
// width are narrow, as in every UTF-8 terminal that was not told otherwise. The
// command's own texts have none of those.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// width returns how many columns s takes.
func width(s string) int { return cells.StringWidth(s) }

// printable returns s without anything that could steer a terminal or turn the
// direction of the text: what is shown may come from a phone, a file or a socket.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r),
			unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return '?'
		}
		return r
	}, s)
}

// pad fills s with spaces up to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-width(s)))
}

// Characters that may not begin or end a line of Japanese.
const (
	notFirst = ")、。，．・：；？！）」』】〕］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
	notLast  = "(（「『【〔［｛"
)

// wrap breaks s into lines of at most limit columns: between words, and between
// any two wide characters where Japanese allows it. A word wider than a line is
// cut when cut is set; otherwise it stands alone and whole, since a cut path or
// command cannot be copied.
func wrap(s string, limit int, cut bool) []string {
	var lines []string
	var line strings.Builder
	used := 0
	end := func() {
		lines = append(lines, strings.TrimRight(line.String(), " "))
		line.Reset()
		used = 0
	}
	for _, piece := range pieces(s) {
		if piece == " " && used == 0 && len(lines) > 0 {
			continue // no line but the first begins with a space
		}
		if used > 0 && used+width(piece) > limit {
			end()
			if piece == " " {
				continue
			}
		}
		for cut && width(piece) > limit {
			head := cells.Truncate(piece, limit, "")
			if head == "" {
				break
			}
			line.WriteString(head)
			end()
			piece = piece[len(head):]
		}
		line.WriteString(piece)
		used += width(piece)
	}
	if used > 0 || len(lines) == 0 {
		end()
	}
	return lines
}

// pieces splits s into what a line may be broken between: spaces, words, and wide
// characters with the punctuation that belongs to them.
func pieces(s string) []string {
	var out []string
	glue := false // the next character belongs to the last piece
	for _, r := range s {
		c := string(r)
		wide := cells.RuneWidth(r) == 2
		switch {
		case r == ' ':
			out, glue = append(out, c), false
			continue
		case len(out) > 0 && out[len(out)-1] != " " && (glue || strings.ContainsRune(notFirst, r)),
			!wide && len(out) > 0 && narrowEnd(out[len(out)-1]):
			out[len(out)-1] += c
		default:
			out = append(out, c)
		}
		glue = strings.ContainsRune(notLast, r)
	}
	return out
}

func narrowEnd(piece string) bool {
	r, _ := utf8.DecodeLastRuneInString(piece)
	return r != ' ' && cells.RuneWidth(r) < 2
}
