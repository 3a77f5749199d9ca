package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kazashi/session/fault"
)

// A Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int    // 0 for what stands in no line, such as a key that is missing
	Key  string // such as elements[0].label; "" for the file as a whole
	Text string
}

// String returns the problem as compilers tell theirs: file, line and key first.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Key != "" {
		where += ": " + p.Key
	}
	return where + ": " + p.Text
}

// Problems are all that is wrong with one file, in the order of its lines. They
// stand in the chain of every error with the codes ConfigInvalid, ProfileInvalid,
// ElementForbidden and EvidenceNotRetained that is about a file.
type Problems []Problem

// Error returns them all, in one line.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.String()
	}
	return strings.Join(texts, "; ")
}

// problems collects what is wrong with a file, so that one reading names it all.
type problems struct {
	found Problems
}

func (p *problems) add(d *document, key string, line int, format string, args ...any) {
	p.found = append(p.found, Problem{File: d.name, Line: line, Key: key, Text: fmt.Errorf(format, args...).Error()})
}

// fault returns all problems as one error, nil for none.
func (p problems) fault(code fault.Code) error {
	if len(p.found) == 0 {
		return nil
	}
	slices.SortStableFunc(p.found, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &fault.Error{Code: code, Err: p.found}
}
