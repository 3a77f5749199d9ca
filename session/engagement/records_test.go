package engagement

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kazashi/reader/ndef"
	"kazashi/session/fault"
)

var uuid = []byte{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0, 1, 2, 3, 4, 5, 6, 7}

// ad returns one structure of a Bluetooth record.
func ad(kind byte, value ...byte) []byte {
	return append([]byte{byte(1 + len(value)), kind}, value...)
}

func reversed(b []byte) []byte {
	out := bytes.Clone(b)
	slices.Reverse(out)
	return out
}

func TestBluetoothRecordsOfPhones(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		role    byte
		uuid    []byte
	}{
		"role alone":               {ad(0x1c, 1), 1, nil},
		"role and service":         {slices.Concat(ad(0x1c, 2), ad(0x07, reversed(uuid)...)), 2, uuid},
		"service before role":      {slices.Concat(ad(0x07, reversed(uuid)...), ad(0x1c, 3)), 3, uuid},
		"appearance and name":      {slices.Concat(ad(0x19, 0, 0), ad(0x09, 'p', 'h'), ad(0x1c, 2), ad(0x07, reversed(uuid)...)), 2, uuid},
		"an address and a PSM":     {slices.Concat(ad(0x1b, 1, 2, 3, 4, 5, 6, 0), ad(0x1c, 0), ad(0x16, 0, 0, 0xa1, 0, 0x18, 0x80)), 0, nil},
		"types that nobody knows":  {slices.Concat(ad(0xfe), ad(0x1c, 1), ad(0xff, bytes.Repeat([]byte{1}, 200)...)), 1, nil},
		"a structure of no length": {slices.Concat(ad(0x1c, 1), []byte{0, 0, 0}), 1, nil},
		"cut short":                {slices.Concat(ad(0x1c, 1), []byte{17, 0x07, 1, 2}), 1, nil},
		"a service of 16 bits":     {slices.Concat(ad(0x1c, 1), ad(0x07, 1, 2)), 1, nil},
		"nothing":                  {nil, RoleUnknown, nil},
	} {
		got, err := parseCarrier(ndef.Record{TNF: ndef.MIME, Type: typeBLE, ID: "0", Payload: c.payload})
		if err != nil || got.Kind != BLE || got.Role != c.role || !bytes.Equal(got.UUID, c.uuid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// However a phone orders its records, and whatever it adds to them, they say the same.
func TestRecordsInAnyOrder(t *testing.T) {
	device := handoverSelect(t)
	parsed, err := ndef.Parse(device)
	if err != nil {
		t.Fatal(err)
	}
	engagement, _ := parsed.Find(ndef.External, typeDevice)
	ble := ndef.Record{TNF: ndef.MIME, Type: typeBLE, ID: "b", Payload: slices.Concat(ad(0x19, 0, 0), ad(0x1c, 1))}
	nfc, err := NFCOffer.record()
	if err != nil {
		t.Fatal(err)
	}
	wifi := ndef.Record{TNF: ndef.MIME, Type: typeWiFiAware, ID: "W", Payload: []byte{1}}
	carrier := func(id string) ndef.Record {
		return ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: append(append([]byte{1, byte(len(id))}, id...), 1, 4, 'm', 'd', 'o', 'c')}
	}
	collision := ndef.Record{TNF: ndef.WellKnown, Type: "cr", Payload: []byte{1, 2}}
	rapid.Check(t, func(t *rapid.T) {
		references := rapid.Permutation([]ndef.Record{carrier("b"), carrier("nfc"), carrier("W"), collision}).Draw(t, "references")
		inner, err := ndef.Message(references).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		hs := ndef.Record{TNF: ndef.WellKnown, Type: typeSelect, Payload: append([]byte{handoverVersion}, inner...)}
		foreign := ndef.Record{TNF: ndef.WellKnown, Type: "U", ID: "u", Payload: []byte("x")}
		records := rapid.Permutation([]ndef.Record{hs, engagement, ble, nfc, wifi, foreign}).Draw(t, "records")
		raw, err := ndef.Message(records).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseSelect(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(e.DeviceEngagement, engagement.Payload) || len(e.Carriers) != 3 {
			t.Fatalf("offered: %s", e.Offered())
		}
		if c, ok := e.Carrier(BLE); !ok || c.Role != 1 {
			t.Fatalf("BLE: %+v, %t", c, ok)
		}
		if c, ok := e.Carrier(NFC); !ok || c.MaxCommand != 0xFFFF {
			t.Fatalf("NFC: %+v, %t", c, ok)
		}
		if _, ok := e.Carrier(WiFiAware); !ok {
			t.Fatal("no Wi-Fi Aware")
		}
	})
}

// What a phone offers is named in its own order, also what nobody here knows.
func TestF20_OfferIsNamed(t *testing.T) {
	key := handoverSelect(t)
	parsed, err := ndef.Parse(key)
	if err != nil {
		t.Fatal(err)
	}
	engagement, _ := parsed.Find(ndef.External, typeDevice)
	for want, records := range map[string]ndef.Message{
		"nothing":            nil,
		"BLE":                {{TNF: ndef.MIME, Type: typeBLE, ID: "0", Payload: ad(0x1c, 1)}},
		"Wi-Fi Aware, BLE":   {{TNF: ndef.MIME, Type: typeWiFiAware, ID: "W"}, {TNF: ndef.MIME, Type: typeBLE, ID: "0"}},
		"BLE, NFC":           {{TNF: ndef.MIME, Type: typeBLE, ID: "0"}, {TNF: ndef.WellKnown, Type: typeNFC, ID: "nfc", Payload: []byte{1}}},
		"an unknown carrier": {{TNF: ndef.MIME, Type: "application/vnd.example", ID: "x"}},
	} {
		var references ndef.Message
		for _, r := range records {
			references = append(references, ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: append(append([]byte{1, byte(len(r.ID))}, r.ID...), 0)})
		}
		payload := []byte{handoverVersion}
		if len(references) > 0 {
			inner, err := references.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			payload = append(payload, inner...)
		}
		raw, err := slices.Concat(ndef.Message{{TNF: ndef.WellKnown, Type: typeSelect, Payload: payload}, engagement}, records).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseSelect(raw)
		if err != nil || e.Offered() != want {
			t.Errorf("%q: %+v, %v", want, e, err)
		}
	}
	if _, err := parseCarriers(parsed, typeRequest); fault.CodeOf(err) != fault.MalformedHandover {
		t.Errorf("a select read as a request: %v", err)
	}
}
