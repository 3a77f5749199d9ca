package key

import (
	"strings"
	"testing"

	"kazashi/session/fault"
)

func TestParseURI(t *testing.T) {
	got, err := parseURI("pkcs11:token=My%20token;serial=0a1b;manufacturer=m%3B;model=v2;slot-id=7;object=key%2Fone;id=%00%ff;type=private" +
		"?module-path=/usr/lib/p11.so&pin-source=file:/run/pin")
	want := uri{
		token: "My token", serial: "0a1b", manufacturer: "m;", model: "v2", slot: 7,
		object: "key/one", id: "\x00\xff", module: "/usr/lib/p11.so", pin: "file:/run/pin",
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = parseURI("pkcs11:id=%01?pin-source=credential:hsm-pin&module-path=/p11.so"); err != nil || got.slot != -1 || got.pin != "credential:hsm-pin" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestURIsThatAreRefused(t *testing.T) {
	const rest = "?module-path=/p11.so"
	for text, in := range map[string]string{
		"pkcs11:":                                                 "module-path has to",
		"pkcs11:object=a":                                         "module-path has to",
		"pkcs11:token=t" + rest:                                   "object or id",
		"pkcs11:object=a;object=b" + rest:                         "twice",
		"pkcs11:object" + rest:                                    "without value",
		"pkcs11:object=%zz" + rest:                                "percent-encoded",
		"pkcs11:object=a;type=public" + rest:                      "the key is private",
		"pkcs11:object=a;slot-id=-1" + rest:                       "slot-id",
		"pkcs11:object=a;slot-id=x" + rest:                        "slot-id",
		"pkcs11:object=a;x-vendor=b" + rest:                       `"x-vendor" is not supported`,
		"pkcs11:object=a?module-path=p11.so":                      "no absolute path",
		"pkcs11:object=a?module-name=softhsm":                     `"module-name" is not supported`,
		"pkcs11:object=a" + rest + "&pin-value=4711":              "pin-value is refused",
		"pkcs11:object=a" + rest + "&pin-source=pin":              "pin-source is neither",
		"pkcs11:object=a" + rest + "&pin-source=%7C/bin/cat 4711": "pin-source is neither",
	} {
		_, err := parseURI(text)
		if fault.CodeOf(err) != fault.ReaderKeyUnreadable || !strings.Contains(err.Error(), in) {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(err.Error(), "4711") {
			t.Errorf("the error tells the PIN: %v", err)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	f.Add("pkcs11:token=a;object=b;id=%01?module-path=/c&pin-source=file:/d")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseURI(text)
		if err != nil && fault.CodeOf(err) != fault.ReaderKeyUnreadable {
			t.Errorf("code of %v", err)
		}
		if err == nil && (!strings.HasPrefix(u.module, "/") || u.object == "" && u.id == "") {
			t.Errorf("%+v", u)
		}
	})
}
