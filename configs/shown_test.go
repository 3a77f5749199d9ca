package configs

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestWhatIsShownOfAConfiguration(t *testing.T) {
	c := Default()
	c.Access.Technician.Users = []string{"hanako", "taro"}
	c.ReaderKey.Key = "pkcs11:token=Kiosk%20Token;object=reader;id=%01?module-path=/usr/lib/p11.so&pin-source=file:/secret/pin&pin-value=1234"
	c.ReaderKey.Certificate = "credential:reader-cert"
	c.Trust.Anchors = []Anchor{{Path: "/etc/iaca.pem", DocTypes: []string{"a.b"}}}
	c.Trust.Update.Sources = []Source{
		{Name: "a", Kind: "crl", URL: "https://user:sesame@lists.example:8443/sesame/l?token=sesame#sesame"},
		{Name: "b", Kind: "crl", URL: "https://lists.example/%zz?token=sesame"},
	}
	shown := c.Shown()
	for key, want := range map[string]any{
		"access.technician.users": "users: 2", "reader_key.certificate": "credential:reader-cert",
		"reader_key.key": "pkcs11:token=Kiosk Token;object=reader;id=...;module-path=/usr/lib/p11.so;pin-source=...;pin-value=...",
		"socket.mode":    "0660", "presentation.ready": "30s", "trust.anchors": []string{"/etc/iaca.pem for a.b"},
		"log.level":            "info",
		"trust.update.sources": []Source{{Name: "a", Kind: "crl", URL: "https://lists.example:8443"}, {Name: "b", Kind: "crl", URL: "..."}},
	} {
		if !reflect.DeepEqual(shown[key], want) {
			t.Errorf("%s is %v, want %v", key, shown[key], want)
		}
	}
	text, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hanako", "taro", "1234", "/secret", "sesame"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if c.Trust.Update.Sources[0].URL != "https://user:sesame@lists.example:8443/sesame/l?token=sesame#sesame" {
		t.Error("what is shown changes the configuration")
	}
	n := 0
	for range leaves(reflect.ValueOf(c)) {
		n++
	}
	if len(shown) != n {
		t.Errorf("%d of %d keys are shown", len(shown), n)
	}
}
