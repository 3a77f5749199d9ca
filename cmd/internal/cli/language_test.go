package cli

import "testing"

func TestLocaleLanguage(t *testing.T) {
	for _, tt := range []struct {
		all, messages, lang string
		want                language
	}{
		{"", "", "", english},
		{"", "", "ja_JP.UTF-8", japanese},
		{"", "", "ja", japanese},
		{"", "", "ja.UTF-8", japanese},
		{"", "", "jam_JM.UTF-8", english}, // Jamaican Creole
		{"", "en_US.UTF-8", "ja_JP.UTF-8", english},
		{"", "ja_JP.UTF-8", "en_US.UTF-8", japanese},
		{"C", "ja_JP.UTF-8", "ja_JP.UTF-8", english},
		{"ja_JP.UTF-8", "", "C", japanese},
	} {
		env := map[string]string{"LC_ALL": tt.all, "LC_MESSAGES": tt.messages, "LANG": tt.lang}
		if got := localeLanguage(func(name string) string { return env[name] }); got != tt.want {
			t.Errorf("LC_ALL=%q LC_MESSAGES=%q LANG=%q: got %s, want %s", tt.all, tt.messages, tt.lang, got, tt.want)
		}
	}
}
