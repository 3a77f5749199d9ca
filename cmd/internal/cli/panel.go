package cli

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// panelWidth is how wide a panel is with its frame, in columns.
const panelWidth = 68

// wideCells counts columns as a terminal does that was told to show characters of
// ambiguous width in two.
var wideCells = &runewidth.Condition{EastAsianWidth: true, StrictEmojiNeutral: true}

// panel frames text, as it stands on a kiosk's screen or on paper. A line whose
// width depends on the terminal gets no right edge rather than a crooked one.
func panel(title string, lines ...string) []string {
	const inner = panelWidth - 4
	top := "+--"
	if title != "" {
		top += " " + title + " "
	}
	out := []string{top + strings.Repeat("-", max(0, panelWidth-1-width(top))) + "+"}
	for _, text := range lines {
		for _, l := range wrap(printable(text), inner, true) {
			edge := " |"
			if wideCells.StringWidth(l) != width(l) {
				edge = ""
			}
			out = append(out, strings.TrimRight("| "+pad(l, inner)+edge, " "))
		}
	}
	return append(out, "+"+strings.Repeat("-", panelWidth-2)+"+")
}

// centred returns text in the middle of a panel.
func centred(text string) string {
	return strings.Repeat(" ", max(0, panelWidth-4-width(text))/2) + text
}
