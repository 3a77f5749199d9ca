package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"kazashi/session/verify"
)

// What the phone says of itself is told apart from what the issuer signed.
func TestVerifyReport_MarksDeviceSigned(t *testing.T) {
	d := verify.Document{DocType: "d", Elements: []verify.Element{
		{Namespace: "n", Identifier: "issued", Raw: []byte{0xf5}},
		{Namespace: "n", Identifier: "own", Raw: []byte{0xf5}, DeviceSigned: true},
	}}
	got, err := json.Marshal(describe(d, false))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"doc_type":"d","elements":{"n":["issued","own"]},"device_signed":{"n":["own"]}}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var out bytes.Buffer
	(&app{out: &screen{w: &out}, lang: english}).showDocument(d, true)
	for line := range strings.Lines(out.String()) {
		marked := strings.Contains(line, "says the phone, not the issuer")
		if strings.Contains(line, "n  own") != marked {
			t.Errorf("line %q", line)
		}
	}
	if strings.Count(out.String(), "says the phone") != 1 {
		t.Errorf("got\n%s", out.String())
	}
}
