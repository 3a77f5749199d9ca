package bundle

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Kind is what the scan takes something for. The values stand in the JSON of
// `kazashi bugreport` and stay as they are.
type Kind string

// The kinds of what must not leave a terminal.
const (
	PrivateKey       Kind = "private-key"       // PEM, DER, COSE_Key with d, or JWK with d
	Secret           Kind = "secret"            // the PIN of a token
	Certificate      Kind = "certificate"       // whole; it may be that of a holder
	Document         Kind = "document"          // a structure of ISO/IEC 18013-5
	Image            Kind = "image"             // JPEG, JPEG 2000 or PNG
	ElementValue     Kind = "element-value"     // the name of an element with a value behind it
	PersonName       Kind = "person-name"       // a Japanese name
	Address          Kind = "address"           // a Japanese address
	IndividualNumber Kind = "individual-number" // 12 digits, the last of which is their check digit
	BirthDate        Kind = "birth-date"        // a date behind a word for birth
)

// A Finding is a place where something stands that must not leave the terminal. It
// never holds what stands there.
type Finding struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1; 0 for the name of the file itself
	Kind Kind   `json:"kind"`
}

// String returns the place and the kind.
func (f Finding) String() string { return fmt.Sprintf("%s line %d: %s", f.File, f.Line, f.Kind) }

// maxDepth bounds how often something coded is taken out of something coded: JSON in
// JSON, a base64 portrait in a hex dump.
const maxDepth = 3

// Scan looks for what must not leave the terminal: in the text, in strings as JSON
// escapes them, and in what stands there in hex, in base64 or as the numbers of bytes.
// It returns each kind once a line, in order of the lines. It finds what it knows the
// look of; that nothing is found proves nothing.
func Scan(file string, data []byte) []Finding {
	s := scanner{file: file, found: map[Finding]bool{}}
	s.text(file, 0)
	s.binary(data, 1)
	line := 1
	for text := range strings.Lines(string(data)) {
		s.line = line
		s.text(text, 0)
		line++
	}
	s.blocks(string(data))
	findings := make([]Finding, 0, len(s.found))
	for f := range s.found {
		findings = append(findings, f)
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Or(a.Line-b.Line, strings.Compare(string(a.Kind), string(b.Kind))) })
	return findings
}

type scanner struct {
	file  string
	line  int
	found map[Finding]bool
}

func (s *scanner) report(kind Kind) { s.found[Finding{s.file, s.line, kind}] = true }

// text looks at one line, and at what is coded in it.
func (s *scanner) text(text string, depth int) {
	s.written(text)
	if depth == maxDepth {
		return
	}
	for _, coded := range runs(text) {
		s.decoded(coded, depth+1)
	}
	if plain := unescape(text); plain != text {
		s.text(plain, depth+1)
	}
}

// written looks at what a person could read.
func (s *scanner) written(text string) {
	text = narrow(text)
	for _, rule := range rules {
		if rule.found(text) {
			s.report(rule.kind)
		}
	}
}

// decoded looks at bytes that stood in a text in some code.
func (s *scanner) decoded(data []byte, depth int) {
	for _, kind := range structures(data) {
		s.report(kind)
	}
	if readable(data) {
		s.text(string(data), depth)
	}
}

// binary looks at a file as it is. What it finds is told with the line on which it begins.
func (s *scanner) binary(data []byte, first int) {
	s.line = first
	if utf8.Valid(data) && !bytes.ContainsRune(data, 0) && !bytes.ContainsRune(data, 0x1b) {
		return // text, which none of the structures is
	}
	for i, line := range bytes.SplitAfter(data, []byte("\n")) {
		s.line = first + i
		for _, kind := range structures(line) {
			s.report(kind)
		}
	}
	s.line = first
	for _, kind := range structures(data) { // one that a line feed divides
		s.report(kind)
	}
}

// readable reports whether data may be a text of somebody's.
func readable(data []byte) bool {
	if len(data) < 6 || !utf8.Valid(data) {
		return false
	}
	for _, r := range string(data) {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// narrow turns full-width letters and digits into those of ASCII. The ideographic space
// stays: it divides names.
func narrow(text string) string {
	const first, last, distance = '！', '～', '！' - '!'
	return strings.Map(func(r rune) rune {
		if r >= first && r <= last {
			return r - distance
		}
		return r
	}, text)
}
