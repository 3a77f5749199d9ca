package cli

import "strings"

// A language is one that the command speaks.
type language string

const (
	japanese language = "ja"
	english  language = "en"
)

// A phrase says the same in both languages. For the terminal it is in lower case
// and has no full stop.
type phrase struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}

// in returns the phrase in the language l.
func (p phrase) in(l language) string {
	if l == japanese {
		return p.Ja
	}
	return p.En
}

// localeLanguage returns the language of the locale: that of the first of
// LC_ALL, LC_MESSAGES and LANG that is set, as POSIX orders them.
func localeLanguage(getenv func(string) string) language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := strings.ToLower(getenv(name))
		if value == "" {
			continue
		}
		if value == "ja" || strings.HasPrefix(value, "ja_") || strings.HasPrefix(value, "ja.") {
			return japanese
		}
		return english
	}
	return english
}

// parseLanguage takes the value of --lang.
func parseLanguage(s string) (language, bool) {
	switch l := language(s); l {
	case japanese, english:
		return l, true
	}
	return "", false
}
