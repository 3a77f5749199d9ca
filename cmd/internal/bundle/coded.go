package bundle

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What may be bytes in a text. The lengths are those below which no key, structure or
// name fits.
var (
	base64Run  = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}={0,2}`)
	hexRun     = regexp.MustCompile(`(?i)[0-9a-f]{12,}`)
	hexDump    = regexp.MustCompile(`(?i)\b(?:(?:0x)?[0-9a-f]{2}[ :,-]{1,2}){7,}(?:0x)?[0-9a-f]{2}\b`)
	hexWords   = regexp.MustCompile(`(?i)\b(?:[0-9a-f]{4} ){3,}[0-9a-f]{2,4}\b`)
	numbersRun = regexp.MustCompile(`\[\s*(?:[0-9]{1,3}\s*[, ]\s*){7,}[0-9]{1,3}\s*\]`)
)

// runs returns what of a text may be bytes, decoded.
func runs(text string) [][]byte {
	var found [][]byte
	for _, run := range base64Run.FindAllString(text, -1) {
		found = append(found, unbase64(run)...)
	}
	for _, run := range hexRun.FindAllString(text, -1) {
		found = append(found, unhex(run), unhex(run[1:])) // the first digit may belong to what stands before
	}
	for _, dump := range []*regexp.Regexp{hexDump, hexWords} {
		for _, run := range dump.FindAllString(text, -1) {
			found = append(found, unhex(onlyHex.Replace(strings.ToLower(run))))
		}
	}
	for _, run := range numbersRun.FindAllString(text, -1) {
		found = append(found, unnumber(run))
	}
	return found
}

var onlyHex = strings.NewReplacer("0x", "", " ", "", ":", "", ",", "", "-", "")

func unhex(run string) []byte {
	data, _ := hex.DecodeString(run[:len(run)/2*2])
	return data
}

// unbase64 decodes both alphabets, from each of the four places where the code may
// begin, because a path or a word may stand before it.
func unbase64(run string) [][]byte {
	run = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(run, "="))
	found := make([][]byte, 0, 4)
	for from := range 4 {
		part := run[from:]
		if len(part)%4 == 1 {
			part = part[:len(part)-1]
		}
		if data, err := base64.RawStdEncoding.DecodeString(part); err == nil {
			found = append(found, data)
		}
	}
	return found
}

// unnumber returns the bytes of a list of numbers, as Go prints bytes.
func unnumber(run string) []byte {
	var data []byte
	for _, number := range strings.FieldsFunc(run, func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.ParseUint(number, 10, 8)
		if err != nil {
			return nil
		}
		data = append(data, byte(n))
	}
	return data
}

// A block is a line of nothing but code, as PEM, base64(1) and dumps are wrapped.
var block = regexp.MustCompile(`^\s*(?:[A-Za-z0-9+/_-]{16,}={0,2}|(?:[0-9A-Fa-f]{2}[ :]){7,}[0-9A-Fa-f]{2}:?)\s*$`)

// blocks looks at code that goes on over several lines, which no line alone shows.
func (s *scanner) blocks(text string) {
	var joined strings.Builder
	number, first, lines := 0, 0, 0
	flush := func() {
		if lines > 1 {
			s.line = first
			for _, coded := range runs(joined.String()) {
				s.decoded(coded, 1)
			}
		}
		joined.Reset()
		lines = 0
	}
	for line := range strings.Lines(text) {
		number++
		if !block.MatchString(line) {
			if len(strings.TrimSpace(line)) > 0 && lines > 0 && short.MatchString(line) {
				joined.WriteString(strings.TrimSpace(line)) // the last line of a block is a short one
				lines++
			}
			flush()
			continue
		}
		if lines == 0 {
			first = number
		}
		joined.WriteString(colonless.Replace(strings.TrimSpace(line)))
		lines++
	}
	flush()
}

var (
	short     = regexp.MustCompile(`^\s*[A-Za-z0-9+/_-]{1,15}={0,2}\s*$`)
	colonless = strings.NewReplacer(":", "", " ", "")
)

// unescape undoes the escapes of JSON and of Go's %q, and leaves alone what is none.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n', 'r', 't':
			b.WriteByte(' ')
		case 'x':
			i += unescapeByte(&b, text[i+1:])
		case 'u':
			i += unescapeUnit(&b, text[i+1:])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unescapeByte(b *strings.Builder, text string) int {
	if len(text) >= 2 {
		if n, err := strconv.ParseUint(text[:2], 16, 8); err == nil {
			b.WriteByte(byte(n))
			return 2
		}
	}
	return 0
}

// unescapeUnit writes what \u names, and returns how much of text it took.
func unescapeUnit(b *strings.Builder, text string) int {
	unit := func(text string) rune {
		if len(text) < 4 {
			return -1
		}
		n, err := strconv.ParseUint(text[:4], 16, 16)
		if err != nil {
			return -1
		}
		return rune(n)
	}
	r := unit(text)
	if r < 0 {
		return 0
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(text[4:], `\u`) {
		if pair := utf16.DecodeRune(r, unit(text[6:])); pair != utf8.RuneError {
			b.WriteRune(pair)
			return 10
		}
	}
	b.WriteRune(r)
	return 4
}
