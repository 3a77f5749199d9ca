package cli

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"kazashi/reader/vectors"
	"kazashi/session/engagement"
	"kazashi/session/fault"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

// qr returns the text of a QR code with the given retrieval methods.
func qr(t *testing.T, methods ...any) string {
	t.Helper()
	key, err := seal.Generate(seal.P384)
	must(t, err)
	raw, err := wire.Marshal(map[int]any{0: "1.0", 1: []any{1, wire.Embed(key.COSE())}, 2: methods})
	must(t, err)
	return "mdoc:" + base64.RawURLEncoding.EncodeToString(raw)
}

// However much a phone offers, the report stays within the width of a terminal
// (which run checks) and names every carrier.
func TestEngagementForPeople(t *testing.T) {
	ble := []any{2, 1, map[int]any{0: true, 1: true, 10: make([]byte, 16), 11: make([]byte, 16)}}
	nfc := []any{1, 1, map[int]any{0: 65535, 1: 65536}}
	text := qr(t, ble, nfc, []any{3, 1, map[int]any{}}, []any{77, 1, map[int]any{}})
	for _, lang := range []string{"ja", "en"} {
		exit, stdout, stderr := run(t, "engagement", text, "--lang", lang)
		if exit != exitOK || stderr != "" {
			t.Fatalf("exit %d, %s", exit, stderr)
		}
		for _, want := range []string{"BLE", "NFC", "65535", engagement.WiFiAware.String(), "P-384"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("%q is missing in\n%s", want, stdout)
			}
		}
	}
}

func TestEngagementIsUsableOverNFCOnly(t *testing.T) {
	for name, c := range map[string]struct {
		methods []any
		code    fault.Code
	}{
		"NFC":     {[]any{[]any{1, 1, map[int]any{0: 255, 1: 256}}}, fault.OK},
		"BLE":     {[]any{[]any{2, 1, map[int]any{0: true, 1: false}}}, fault.NoCommonTransport},
		"nothing": {[]any{}, fault.NoCommonTransport},
	} {
		exit, stdout, stderr := run(t, "engagement", "--json", qr(t, c.methods...))
		var got engagementJSON
		must(t, json.Unmarshal([]byte(stdout), &got))
		if exit != exitOK || stderr != "" || got.Code != c.code || got.Usable != (c.code == fault.OK) || len(got.Carriers) != len(c.methods) {
			t.Errorf("%s: exit %d, %+v%s", name, exit, got, stderr)
		}
	}
}

// The QR code of Annex D of the standard.
func TestEngagementOfAnnexD(t *testing.T) {
	values := vectors.Values(t, "iso-annex-d.json", "deviceEngagementQR")
	if values == nil {
		t.Skip("MDOC_VECTORS names no directory with the vectors of the standard")
	}
	exit, stdout, _ := run(t, "engagement", "--json", "mdoc:"+base64.RawURLEncoding.EncodeToString(values[0]))
	var got engagementJSON
	must(t, json.Unmarshal([]byte(stdout), &got))
	if exit != exitOK || got.Version != "1.0" || got.Curve != "P-256" || len(got.Carriers) != 1 || got.Carriers[0].Kind != "BLE" {
		t.Errorf("exit %d, %+v", exit, got)
	}
}
