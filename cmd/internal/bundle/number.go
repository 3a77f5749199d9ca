package bundle

import (
	"regexp"
	"strings"
)

var (
	twelve = regexp.MustCompile(`[0-9]{12,}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}`)
	uuid   = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	// counted are keys whose numbers count or time something, before such a number.
	counted = regexp.MustCompile(`(?i)(?:time|timestamp|at|seq|last|_ms|_us|_ns|_bytes|_total|_seconds|_count|_sum|size|bytes|uptime|monotonic|pid|inode)["']?(?:\{[^}]*\})?\s*[:= ]\s*["']?$`)
)

// individualNumber finds twelve digits, also in groups of four, whose last is their check
// digit. Digits of a fraction, of a longer number, of an identifier in hex or base32, and
// of a count or a time by its key are none.
func individualNumber(text string) bool {
	if !twelve.MatchString(text) {
		return false
	}
	text = uuid.ReplaceAllString(text, "uuid")
	for _, at := range twelve.FindAllStringIndex(text, -1) {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text[at[0]:at[1]])
		if len(digits) == 12 && checkDigit(digits) && !partOfAnother(text, at[0], at[1]) && !counted.MatchString(text[:at[0]]) {
			return true
		}
	}
	return false
}

// longIdentifier is from how many letters and digits on something is an identifier, such
// as a fingerprint, in which twelve digits come about by chance.
const longIdentifier = 24

func partOfAnother(text string, from, to int) bool {
	word := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	if from >= 2 && digit(text[from-2]) && (text[from-1] == '.' || text[from-1] == ' ' || text[from-1] == '-') {
		return true
	}
	if to+1 < len(text) && digit(text[to+1]) && (text[to] == '.' || text[to] == ' ' || text[to] == '-') {
		return true
	}
	start, end := from, to
	for start > 0 && word(text[start-1]) {
		start--
	}
	for end < len(text) && word(text[end]) {
		end++
	}
	return end-start >= longIdentifier
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// checkDigit reports whether the last of twelve digits is the check digit of the others,
// as article 5 of the ordinance on individual numbers (平成26年総務省令第85号) reckons it:
// the digits, counted from the right, weigh 2 to 7 and 2 to 6. Twelve zeros, with which
// programs pad, are no number.
func checkDigit(digits string) bool {
	if digits == "000000000000" {
		return false
	}
	sum := 0
	for n := 1; n <= 11; n++ {
		weight := n + 1
		if n > 6 {
			weight = n - 5
		}
		sum += int(digits[11-n]-'0') * weight
	}
	check := 11 - sum%11
	if sum%11 <= 1 {
		check = 0
	}
	return check == int(digits[11]-'0')
}
