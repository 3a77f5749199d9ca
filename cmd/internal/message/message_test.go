package message_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

func TestCatalogueIsCompleteBothWays(t *testing.T) {
	codes := fault.All()
	slices.Sort(codes)
	var entries []fault.Code
	for _, e := range message.All() {
		entries = append(entries, e.Code)
	}
	if !slices.IsSorted(entries) {
		t.Errorf("entries are not ordered by code")
	}
	for _, c := range codes {
		if !slices.Contains(entries, c) {
			t.Errorf("%s (%s) has no entry", c, c.Slug())
		}
	}
	for i, c := range entries {
		if !slices.Contains(codes, c) {
			t.Errorf("entry %s names no code", c)
		}
		if i > 0 && entries[i-1] == c {
			t.Errorf("%s has two entries", c)
		}
	}
}

func TestTextsAreThereAndInTheirLanguage(t *testing.T) {
	for _, e := range message.All() {
		for name, text := range map[string]message.Text{"user": e.User, "cause": e.Cause, "remedy": e.Remedy} {
			if strings.TrimSpace(text.Ja) == "" || strings.TrimSpace(text.En) == "" {
				t.Errorf("%s: %s text is empty", e.Code, name)
				continue
			}
			if !strings.ContainsFunc(text.Ja, func(r rune) bool { return unicode.In(r, unicode.Hiragana) }) {
				t.Errorf("%s: Japanese %s text holds no Japanese sentence: %q", e.Code, name, text.Ja)
			}
			if strings.ContainsFunc(text.En, func(r rune) bool { return r > unicode.MaxASCII }) {
				t.Errorf("%s: English %s text is not plain ASCII: %q", e.Code, name, text.En)
			}
			if !strings.HasSuffix(text.Ja, "。") || !strings.HasSuffix(text.En, ".") {
				t.Errorf("%s: %s text does not end a sentence", e.Code, name)
			}
		}
		if !slices.Contains([]message.Retry{message.Never, message.TapAgain, message.Later, message.CallTechnician}, e.Retry) {
			t.Errorf("%s: retry is %q", e.Code, e.Retry)
		}
	}
}

// The screen has room for 60 full-width characters. What a customer reads names
// no code and none of the technicians' words.
func TestUserTextsFitTheScreen(t *testing.T) {
	const columns = 2 * 60
	jargon := []string{"KZ-", "NDEF", "APDU", "CBOR", "mdoc", "PC/SC", "pcscd", "docType", "kazashi", "NFC"}
	for _, e := range message.All() {
		for _, text := range []string{e.User.Ja, e.User.En} {
			if w := width(text); w > columns {
				t.Errorf("%s: user text is %d columns wide: %q", e.Code, w, text)
			}
			for _, word := range jargon {
				if strings.Contains(text, word) {
					t.Errorf("%s: user text says %s: %q", e.Code, word, text)
				}
			}
		}
	}
}

func width(s string) int {
	n := 0
	for _, r := range s {
		n += 2
		if r <= unicode.MaxASCII {
			n--
		}
	}
	return n
}

func TestNoTwoCodesShareACause(t *testing.T) {
	ja, en := map[string]fault.Code{}, map[string]fault.Code{}
	for _, e := range message.All() {
		if other, ok := ja[e.Cause.Ja]; ok {
			t.Errorf("%s and %s share a Japanese cause", other, e.Code)
		}
		if other, ok := en[e.Cause.En]; ok {
			t.Errorf("%s and %s share an English cause", other, e.Code)
		}
		ja[e.Cause.Ja], en[e.Cause.En] = e.Code, e.Code
	}
}

func TestLookupOfAnUnknownCodeIsTheInternalFault(t *testing.T) {
	if got := message.Lookup("KZ-999").Code; got != fault.Internal {
		t.Errorf("got %s", got)
	}
	if got := message.Lookup(fault.DigestMismatch).Code; got != fault.DigestMismatch {
		t.Errorf("got %s", got)
	}
}

// Whoever may tap again has a text that says how, and a broken terminal never
// sends its customer back to the reader.
func TestRetryAndUserTextAgree(t *testing.T) {
	for _, e := range message.All() {
		asksStaff := strings.Contains(e.User.Ja, "店員")
		if asksStaff != (e.Retry == message.CallTechnician) {
			t.Errorf("%s: retry %s, but the screen says %q", e.Code, e.Retry, e.User.Ja)
		}
		if e.Retry == message.Never && (strings.Contains(e.User.Ja, "かざして") || strings.Contains(e.User.Ja, "もう一度")) {
			t.Errorf("%s: retry never, but the screen asks for another try: %q", e.Code, e.User.Ja)
		}
	}
}
