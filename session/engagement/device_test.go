package engagement

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader/vectors"
	"kazashi/session/fault"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

func newKey(t *testing.T, c seal.Curve) *seal.Private {
	t.Helper()
	key, err := seal.Generate(c)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// members is a DeviceEngagement member by member, for what EncodeDevice does not make.
func members(t *testing.T, key *seal.Private, version string, more map[any]any) []byte {
	t.Helper()
	m := map[any]any{0: version, 1: []any{1, wire.Embed(key.COSE())}}
	for k, v := range more {
		m[k] = v
	}
	raw, err := wire.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDeviceEngagementVersions(t *testing.T) {
	key := newKey(t, seal.P256)
	for _, c := range []struct {
		capabilities Capabilities
		version      string
		want         map[any]any
	}{
		{Capabilities{}, "1.0", nil},
		{Capabilities{ReaderAuthAll: true}, "1.1", map[any]any{5: []any{}, 6: map[int]bool{3: true}}},
		{Capabilities{ExtendedRequest: true}, "1.1", map[any]any{5: []any{}, 6: map[int]bool{4: true}}},
		{Capabilities{ReaderAuthAll: true, ExtendedRequest: true}, "1.1", map[any]any{5: []any{}, 6: map[int]bool{3: true, 4: true}}},
	} {
		raw, err := EncodeDevice(key.COSE(), c.capabilities)
		if err != nil {
			t.Fatal(err)
		}
		if want := members(t, key, c.version, c.want); !bytes.Equal(raw, want) {
			t.Errorf("%+v:\n%x, want\n%x", c.capabilities, raw, want)
		}
		d, err := ParseDevice(raw)
		if err != nil || d.Version != c.version || d.Capabilities != c.capabilities || d.Methods != nil {
			t.Errorf("%+v: %+v, %v", c.capabilities, d, err)
		}
		if !bytes.Equal(d.KeyBytes, wire.Embed(key.COSE())) {
			t.Errorf("%+v: another key", c.capabilities)
		}
	}
}

func TestDeviceEngagementsOfOtherEditions(t *testing.T) {
	key := newKey(t, seal.P256)
	both := Capabilities{ReaderAuthAll: true, ExtendedRequest: true}
	for name, c := range map[string]struct {
		version string
		more    map[any]any
		want    Capabilities
	}{
		"server retrieval and protocol info": {"1.0", map[any]any{3: map[string]any{"webApi": []any{1, "u", "t"}}, 4: "x"}, Capabilities{}},
		"reserved and private keys":          {"1.0", map[any]any{7: nil, 99: []any{1.5}, -1: map[int]any{1: true}, -70000: "x"}, Capabilities{}},
		"a key that is text":                 {"1.0", map[any]any{"vendor": 1}, Capabilities{}},
		"as the iPhone has it":               {"1.1", map[any]any{5: []any{}, 6: map[int]bool{3: true, 4: true}}, both},
		"origins":                            {"1.1", map[any]any{5: []any{map[string]any{"cat": 1, "type": 1, "details": map[string]string{"d": "x"}}}}, Capabilities{}},
		"capabilities without origins":       {"1.1", map[any]any{6: map[int]any{3: true, 4: true, 2: true, 50: "x", -3: []int{1}}}, both},
		"capabilities denied":                {"1.1", map[any]any{5: []any{}, 6: map[int]any{3: false}}, Capabilities{}},
		"capabilities that are none":         {"1.1", map[any]any{5: []any{}, 6: map[int]any{3: 1, 4: "yes"}}, Capabilities{}},
		"capabilities by name":               {"1.1", map[any]any{5: []any{}, 6: map[string]any{"3": true}}, Capabilities{}},
		"capabilities in a list":             {"1.1", map[any]any{5: []any{}, 6: []int{3, 4}}, Capabilities{}},
		"a later minor version":              {"1.27", map[any]any{5: []any{}, 6: map[int]bool{4: true}}, Capabilities{ExtendedRequest: true}},
	} {
		d, err := ParseDevice(members(t, key, c.version, c.more))
		if err != nil || d.Version != c.version || d.Capabilities != c.want {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	deep := any(1)
	for range 12 {
		deep = []any{deep}
	}
	for name, raw := range map[string][]byte{
		"too deep":                      members(t, key, "1.0", map[any]any{9: deep}),
		"too long":                      members(t, key, "1.0", map[any]any{9: strings.Repeat("x", wire.EngagementLimits.Bytes)}),
		"too many":                      members(t, key, "1.0", map[any]any{9: make([]int, wire.EngagementLimits.Items+1)}),
		"a key twice":                   slices.Concat([]byte{0xa3}, members(t, key, "1.0", nil)[1:], []byte{0x00, 0x63}, []byte("1.0")),
		"retrieval methods that is one": members(t, key, "1.0", map[any]any{2: map[int]int{}}),
		"version without its minor":     members(t, key, "1.", nil),
		"version with a letter":         members(t, key, "1.x", nil),
		"version of three":              members(t, key, "1.0.0", nil),
		"version 2.0":                   members(t, key, "2.0", nil),
	} {
		if _, err := ParseDevice(raw); fault.CodeOf(err) != fault.MalformedEngagement {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// EDeviceKey may say what it is for, RFC 9052, clause 7.1.
func TestEphemeralKeyWithItsOperations(t *testing.T) {
	key := newKey(t, seal.P256)
	for _, ops := range []string{"\x81\x07", "\x82\x07\x08", "\x82\x69deriveKey\x6aderiveBits"} {
		raw := slices.Concat(key.COSE(), []byte("\x04"), []byte(ops))
		raw[0]++
		de, err := EncodeDevice(raw, Capabilities{})
		if err != nil {
			t.Fatal(err)
		}
		if d, err := ParseDevice(de); err != nil || d.Key == nil || !bytes.Equal(d.KeyBytes, wire.Embed(raw)) {
			t.Errorf("%x: %v", ops, err)
		}
	}
}

func TestQRCodesAreSummedUp(t *testing.T) {
	key := newKey(t, seal.P384)
	raw := members(t, key, "1.1", map[any]any{
		2: []any{
			[]any{1, 1, map[int]int{0: 255, 1: 256}},
			[]any{2, 1, map[int]any{0: true, 1: false, 10: uuid}},
			[]any{2, 1, map[int]any{0: false, 1: true, 11: uuid}},
			[]any{2, 1, map[int]any{0: true, 1: true, 10: make([]byte, 16), 11: uuid, 21: 128}},
			[]any{2, 1, map[int]any{0: "x"}},
			[]any{3, 1, map[int]any{}},
			[]any{9, 1, nil},
		},
		5: []any{}, 6: map[int]bool{3: true},
	})
	e, err := ParseQR("mdoc:" + rawURL(raw))
	if err != nil {
		t.Fatal(err)
	}
	s := e.Summary()
	if s.Handover != "QR" || s.Version != "1.1" || s.Curve != "P-384" || !s.ReaderAuthAll || s.ExtendedRequest || len(s.Key) != 64 {
		t.Errorf("%+v", s)
	}
	var carriers []string
	for _, c := range s.Carriers {
		carriers = append(carriers, c.String())
	}
	const service = ", service 12345678-9abc-def0-0001-020304050607"
	want := []string{
		"NFC, commands of 255 bytes, responses of 256 bytes", "BLE, peripheral" + service, "BLE, central" + service,
		"BLE, central rather than peripheral" + service, "BLE, in an unknown role", "Wi-Fi Aware", "an unknown carrier",
	}
	if diff := cmp.Diff(want, carriers); diff != "" {
		t.Error(diff)
	}
	if (Carrier{Kind: BLE, Role: 77}).String() != "BLE, in an unknown role" || (Carrier{Kind: NFC}).String() != "NFC" {
		t.Error("carriers without details")
	}
	long := "mdoc:" + strings.Repeat("A", 8<<10)
	if _, err := ParseQR(long); fault.CodeOf(err) != fault.MalformedEngagement {
		t.Errorf("a QR code over the limit: %v", err)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = ParseQR(long) }); n > 5 {
		t.Errorf("%v allocations for a QR code over the limit", n)
	}
}

func TestHandoversAreSummedUp(t *testing.T) {
	e, err := ParseSelect(handoverSelect(t, NFCOffer, Carrier{Kind: BLE, Role: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Summary(); s.Handover != "static" || s.Curve != "P-256" || s.Version != "1.0" || len(s.Carriers) != 2 {
		t.Errorf("%+v", s)
	}
	e.HandoverRequest = []byte{1}
	if s := e.Summary(); s.Handover != "negotiated" {
		t.Errorf("%+v", s)
	}
}

func FuzzParseQR(f *testing.F) {
	f.Add("mdoc:owBjMS4wAYIB2BhYS6QBAiABIVgg")
	f.Add("mdoc:")
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "deviceEngagementQR") {
		f.Add("mdoc:" + base64.RawURLEncoding.EncodeToString(raw))
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseQR(text)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if s := e.Summary(); s.Handover != "QR" || s.Curve == "" || len(s.Carriers) != len(e.Device.Methods) {
			t.Errorf("%+v", s)
		}
	})
}
