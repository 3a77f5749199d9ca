package engagement

import (
	"bytes"
	"testing"

	"kazashi/reader/apdu"
	"kazashi/reader/vectors"
	"kazashi/session/fault"
)

func FuzzParseSelect(f *testing.F) {
	f.Add(handoverSelect(f, NFCOffer))
	f.Add(handoverSelect(f, Carrier{Kind: BLE, Role: 2, UUID: make([]byte, 16)}, NFCOffer))
	for _, raw := range recordedSelects(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := ParseSelect(raw)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if e.Device.Key == nil || !bytes.Contains(raw, e.DeviceEngagement) || !bytes.Contains(e.DeviceEngagement, e.Device.KeyBytes) {
			t.Error("what is kept was not received")
		}
	})
}

func FuzzHandover(f *testing.F) {
	hs := withLength(handoverSelect(f, NFCOffer))
	f.Add(container(f, 255, 255, 2050), hs, []byte{})
	f.Add(container(f, 255, 255, 2050), []byte{0, 0}, []byte{0x90, 0x00, 0x6A, 0x82})
	for _, raw := range recordedSelects(f) {
		f.Add(container(f, 1024, 1024, 2050), withLength(raw), []byte{})
	}
	f.Fuzz(func(t *testing.T, cc, file, words []byte) {
		g := &tag{cc: cc, file: file, written: func([]byte) {}}
		_, waited, err := run(t, NewHandover(NFCOffer), func(c apdu.Command) apdu.Response {
			if c.INS == 0xD6 {
				return apdu.Response{SW: apdu.OK}
			}
			r := g.answer(c)
			if len(words) >= 2 {
				r.SW = apdu.Status(words[0])<<8 | apdu.Status(words[1])
				words = words[2:]
			}
			return r
		})
		if waited > 2*mostWait {
			t.Errorf("waited %s", waited)
		}
		if err != nil && fault.CodeOf(err) == fault.Internal {
			t.Errorf("an error without a code: %v", err)
		}
	})
}

// recordedSelects are Handover Select messages of phones, none when MDOC_VECTORS is
// unset.
func recordedSelects(f *testing.F) [][]byte {
	f.Helper()
	return append(vectors.Values(f, "iso-annex-d.json", "handoverSelect"),
		vectors.Values(f, "nfc-apple-wallet-negotiated.json", "handoverSelect")...)
}

func FuzzParseRequest(f *testing.F) {
	request, err := EncodeRequest(NFCOffer, Carrier{Kind: BLE, Role: 2, UUID: make([]byte, 16)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(request)
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "handoverRequest") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		carriers, err := ParseRequest(raw)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		for _, c := range carriers {
			if c.String() == "" || c.UUID != nil && len(c.UUID) != 16 {
				t.Errorf("%+v", c)
			}
		}
	})
}

func FuzzParseDevice(f *testing.F) {
	f.Add([]byte{0xa2, 0x00, 0x63, '1', '.', '0', 0x01, 0x82, 0x01, 0xd8, 0x18, 0x41, 0xa0})
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "deviceEngagementQR") {
		f.Add(raw)
	}
	for _, raw := range recordedSelects(f) {
		e, err := ParseSelect(raw)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.DeviceEngagement)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := ParseDevice(raw)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if d.Key == nil || !bytes.Contains(raw, d.KeyBytes) {
			t.Error("what is kept was not received")
		}
	})
}
