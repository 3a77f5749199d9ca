package cli

import (
	"strings"
)

// A table aligns rows of cells for people. Cells are made printable and wrapped,
// so that no line is wider than its limit.
type table struct {
	head   []string
	rows   [][]string
	indent int
	whole  int // how many of the first columns are never squeezed: names are there to be copied
}

func (t *table) add(row ...string) { t.rows = append(t.rows, row) }

// gap is what stands between two columns of a table.
const gap = "  "

// narrowest is how far a column may be squeezed.
const narrowest = 8

// lines returns the table as lines of at most limit columns.
func (t *table) lines(limit int) []string {
	var rows [][]string
	if len(t.head) > 0 {
		rows = append(rows, t.head)
	}
	rows = append(rows, t.rows...)
	widths := t.widths(rows, limit)
	out := make([]string, 0, len(rows))
	for _, row := range rows {
		out = append(out, t.row(row, widths)...)
	}
	return out
}

// widths gives each column what it needs, and takes from the widest ones until
// all fit.
func (t *table) widths(rows [][]string, limit int) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(printable(cell)))
		}
	}
	over := t.indent - limit - len(gap)
	for _, w := range widths {
		over += w + len(gap)
	}
	for over > 0 {
		widest := min(t.whole, len(widths)-1)
		for i, w := range widths {
			if i >= t.whole && w > widths[widest] {
				widest = i
			}
		}
		if widest < t.whole || widths[widest] <= narrowest {
			break
		}
		widths[widest]--
		over--
	}
	return widths
}

// row returns the lines of one row.
func (t *table) row(row []string, widths []int) []string {
	wrapped := make([][]string, len(row))
	height := 0
	for i, cell := range row {
		wrapped[i] = wrap(printable(cell), widths[i], true)
		height = max(height, len(wrapped[i]))
	}
	out := make([]string, height)
	for n := range height {
		var line strings.Builder
		line.WriteString(strings.Repeat(" ", t.indent))
		for i := range row {
			cell := ""
			if n < len(wrapped[i]) {
				cell = wrapped[i][n]
			}
			line.WriteString(pad(cell, widths[i]))
			line.WriteString(gap)
		}
		out[n] = strings.TrimRight(line.String(), " ")
	}
	return out
}
