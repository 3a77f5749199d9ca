package engagement

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"kazashi/reader/apdu"
	"kazashi/reader/ndef"
	"kazashi/session/fault"
	"kazashi/session/seal"
)

// run drives a handover; it returns what was sent and how long was waited.
func run(t testing.TB, h *Handover, answer func(apdu.Command) apdu.Response) (sent []apdu.Command, waited time.Duration, err error) {
	t.Helper()
	step, err := h.Next(nil)
	for step != nil && err == nil {
		raw, encodeErr := step.Command.Bytes()
		if encodeErr != nil {
			t.Fatal(encodeErr)
		}
		if step.Consent {
			t.Errorf("%s waits for consent", step.Name)
		}
		if len(raw) > 5+255+1 || len(sent) > 1000 {
			t.Fatalf("%s: command of %d bytes, number %d", step.Name, len(raw), len(sent))
		}
		c, _ := apdu.ParseCommand(raw)
		sent, waited = append(sent, c), waited+step.Wait
		r := answer(c)
		step, err = h.Next(&r)
	}
	if (err == nil) != (h.Result() != nil) {
		t.Errorf("error %v with result %v", err, h.Result())
	}
	return sent, waited, err
}

// inOrder answers from a list, then with 6F00.
func inOrder(answers ...apdu.Response) func(apdu.Command) apdu.Response {
	return func(apdu.Command) apdu.Response {
		if len(answers) == 0 {
			return apdu.Response{SW: apdu.NoDiagnosis}
		}
		r := answers[0]
		answers = answers[1:]
		return r
	}
}

// A tag is a small Type 4 Tag: file is what it holds, written is told of every
// message that is complete.
type tag struct {
	cc      []byte
	file    []byte
	written func(message []byte)
	strict  bool // refuses to read past the end
	piece   int  // most bytes of one answer, 0 for no limit
	onCC    bool
}

func (g *tag) answer(c apdu.Command) apdu.Response {
	offset := int(c.P1)<<8 | int(c.P2)
	switch c.INS {
	case 0xA4:
		g.onCC = bytes.Equal(c.Data, []byte{0xE1, 0x03})
		return apdu.Response{SW: apdu.OK}
	case 0xD6:
		g.file = append(g.file[:min(offset, len(g.file))], append(c.Data, g.file[min(offset+len(c.Data), len(g.file)):]...)...)
		if n := int(binary.BigEndian.Uint16(g.file)); offset == 0 && n > 0 {
			g.written(bytes.Clone(g.file[2 : 2+n]))
		}
		return apdu.Response{SW: apdu.OK}
	}
	content := g.file
	if g.onCC {
		content = g.cc
	}
	if g.strict && offset+c.Expected > len(content) {
		return apdu.Response{SW: apdu.WrongLength}
	}
	content = content[min(offset, len(content)):]
	n := min(c.Expected, len(content))
	if g.piece > 0 && !g.onCC {
		n = min(n, g.piece)
	}
	return apdu.Response{Data: bytes.Clone(content[:n]), SW: apdu.OK}
}

func withLength(message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

func container(t testing.TB, maxResponse, maxCommand, maxFile int) []byte {
	t.Helper()
	b, err := ndef.CapabilityContainer{
		Version: 0x20, MaxResponse: maxResponse, MaxCommand: maxCommand, FileID: 0xE104, MaxFile: maxFile,
	}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func handoverSelect(t testing.TB, carriers ...Carrier) []byte {
	t.Helper()
	key, err := seal.Generate(seal.P256)
	if err != nil {
		t.Fatal(err)
	}
	device, err := EncodeDevice(key.COSE(), Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	hs, err := EncodeSelect(device, carriers...)
	if err != nil {
		t.Fatal(err)
	}
	return hs
}

// negotiating returns a tag that negotiates by the given service parameter and
// answers the request with hs after some looks at an empty file.
func negotiating(t testing.TB, service ndef.ServiceParameter, notReady int, hs []byte) (*tag, func(apdu.Command) apdu.Response) {
	t.Helper()
	payload, err := service.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	initial, _ := ndef.Message{{TNF: ndef.WellKnown, Type: ndef.TypeServiceParameter, Payload: payload}}.Bytes()
	status, _ := ndef.Message{{TNF: ndef.WellKnown, Type: ndef.TypeStatus, Payload: ndef.StatusSuccess.Bytes()}}.Bytes()
	g := &tag{cc: container(t, 1024, 1024, 2050), file: withLength(initial)}
	empty := 0
	g.written = func(m []byte) {
		parsed, err := ndef.Parse(m)
		if err != nil {
			t.Errorf("the reader wrote no message: %v", err)
			return
		}
		switch parsed[0].Type {
		case ndef.TypeServiceSelect:
			g.file = withLength(status)
		default:
			g.file, empty = []byte{0, 0}, notReady
		}
	}
	return g, func(c apdu.Command) apdu.Response {
		if c.INS == 0xB0 && len(g.file) == 2 {
			if empty--; empty < 0 {
				g.file = withLength(hs)
			}
		}
		return g.answer(c)
	}
}

func TestStaticHandover(t *testing.T) {
	hs := handoverSelect(t, NFCOffer, Carrier{Kind: BLE, Role: 1})
	for name, g := range map[string]*tag{
		"in one read":           {cc: container(t, 0x7FFF, 0x7FFF, 0x7FFF), file: withLength(hs)},
		"in reads of 15":        {cc: container(t, 15, 15, 0x7FFF), file: withLength(hs)},
		"in answers cut short":  {cc: container(t, 256, 255, 0x7FFF), file: withLength(hs), piece: 20},
		"refuses to read on":    {cc: container(t, 256, 255, 0x7FFF), file: withLength(hs), strict: true},
		"in a file of its size": {cc: container(t, 256, 255, len(hs)+2), file: withLength(hs), strict: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHandover(NFCOffer)
			sent, waited, err := run(t, h, g.answer)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(h.Result().HandoverSelect, hs) || h.Result().HandoverRequest != nil || waited != 0 {
				t.Errorf("%d bytes after %s", len(h.Result().HandoverSelect), waited)
			}
			if c, ok := h.Result().Carrier(NFC); !ok || c.MaxCommand != 0xFFFF || c.MaxResponse != 0x10000 {
				t.Errorf("NFC carrier: %+v, %t", c, ok)
			}
			if name == "in one read" && len(sent) != 5 {
				t.Errorf("%d commands", len(sent))
			}
		})
	}
}

func TestNegotiatedHandover(t *testing.T) {
	hs := handoverSelect(t, NFCOffer)
	for _, maxCommand := range []int{1, 13, 64, 255, 1024} {
		g, answer := negotiating(t, ndef.ServiceParameter{
			ServiceName: ndef.HandoverService, MinWait: 16 * time.Millisecond, MaxWaits: 15, MaxMessage: 2048,
		}, 3, hs)
		g.cc = container(t, 1024, maxCommand, 2050)
		h := NewHandover(NFCOffer)
		if _, _, err := run(t, h, answer); err != nil {
			t.Fatalf("MLc %d: %v", maxCommand, err)
		}
		offered, err := ParseRequest(h.Result().HandoverRequest)
		if err != nil || len(offered) != 1 || offered[0].Kind != NFC || offered[0].MaxResponse != 0x10000 {
			t.Errorf("MLc %d: request offers %+v, %v", maxCommand, offered, err)
		}
	}
}

func TestF19_LockedPhone(t *testing.T) {
	for sw, want := range map[apdu.Status]fault.Code{
		apdu.FileNotFound: fault.PhoneLocked, apdu.SecurityNotSatisfied: fault.PhoneLocked, apdu.ConditionsNotMet: fault.PhoneLocked,
		apdu.INSNotSupported: fault.NotAPhone, apdu.CLANotSupported: fault.NotAPhone, apdu.NoDiagnosis: fault.NotAPhone, 0x6100: fault.NotAPhone,
	} {
		sent, _, err := run(t, NewHandover(), inOrder(apdu.Response{SW: sw}))
		if fault.CodeOf(err) != want || len(sent) != 1 {
			t.Errorf("%s: %v after %d commands", sw, err, len(sent))
		}
	}
}

func TestMemoryKnowsAKeyAgain(t *testing.T) {
	var m Memory
	first, err := ParseSelect(handoverSelect(t))
	if err != nil {
		t.Fatal(err)
	}
	if m.Reused(first) || !m.Reused(first) {
		t.Error("the same key twice was not noticed")
	}
	for range memory {
		other, err := ParseSelect(handoverSelect(t))
		if err != nil {
			t.Fatal(err)
		}
		if m.Reused(other) {
			t.Error("a fresh key counts as used")
		}
	}
	if m.Reused(first) {
		t.Error("the memory is longer than it says")
	}
	if (*Memory)(nil).Reused(first) {
		t.Error("no memory knows a key")
	}
}
