package seal

import (
	"bytes"
	"testing"

	"kazashi/reader/vectors"
	"kazashi/session/fault"
)

func FuzzParseSessionData(f *testing.F) {
	f.Add([]byte("\xa1\x66status\x14"))
	f.Add([]byte("\xa2\x64data\x41\x00\x66status\x14"))
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "sessionData", "sessionTermination") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseSessionData(raw)
		if err != nil {
			if fault.CodeOf(err) != fault.MalformedSessionData {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if m.Data == nil && m.Status == nil || !bytes.Contains(raw, m.Data) {
			t.Errorf("%d bytes of data, status %v", len(m.Data), m.Status)
		}
		if again, err := EncodeSessionData(m); err != nil {
			t.Errorf("read, and not to be written: %v", err)
		} else if back, err := ParseSessionData(again); err != nil || !bytes.Equal(back.Data, m.Data) {
			t.Errorf("written, and not to be read: %v", err)
		}
	})
}

func FuzzParseSessionEstablishment(f *testing.F) {
	key, err := Generate(P256)
	if err != nil {
		f.Fatal(err)
	}
	sound, err := EncodeSessionEstablishment(key.COSE(), []byte("sealed"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "sessionEstablishment") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseSessionEstablishment(raw)
		if err != nil {
			if fault.CodeOf(err) != fault.MalformedSessionData {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if !bytes.Contains(raw, m.EReaderKey) || !bytes.Contains(raw, m.Data) {
			t.Error("what is kept was not received")
		}
		_, _ = ParsePublic(m.EReaderKey.Content())
	})
}

// Whatever passes as an ephemeral key is one that a secret can be agreed with, on
// the curve that it says.
func FuzzParsePublic(f *testing.F) {
	for _, c := range Curves() {
		key, err := Generate(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(key.COSE())
	}
	f.Add([]byte{0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x40, 0x22, 0xf5})
	f.Fuzz(func(t *testing.T, raw []byte) {
		pub, err := ParsePublic(raw)
		if err != nil {
			if fault.CodeOf(err) != fault.InvalidDeviceKey {
				t.Errorf("refused with %v", err)
			}
			return
		}
		curve, err := CurveOf(pub)
		if err != nil {
			t.Fatalf("a key without a curve: %v", err)
		}
		ours, err := Generate(curve)
		if err != nil {
			t.Fatal(err)
		}
		z, err := ours.Agree(pub)
		if err == nil && len(bytes.Trim(z, "\x00")) == 0 {
			t.Error("agreed on zero")
		}
		if err != nil && fault.CodeOf(err) != fault.InvalidDeviceKey {
			t.Errorf("agreement failed with %v", err)
		}
	})
}
