package engagement

import (
	"bytes"
	"testing"

	"kazashi/reader/apdu"
	"kazashi/session/fault"
)

func FuzzParseSelect(f *testing.F) {
	f.Add(handoverSelect(f, NFCOffer))
	f.Add(handoverSelect(f, Carrier{Kind: BLE, Role: 2, UUID: make([]byte, 16)}, NFCOffer))
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
		if waited > 3*maxWait+2*mostWait {
			t.Errorf("waited %s", waited)
		}
		if err != nil && fault.CodeOf(err) == fault.Internal {
			t.Errorf("an error without a code: %v", err)
		}
	})
}
