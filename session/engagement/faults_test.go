package engagement

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"kazashi/reader/apdu"
	"kazashi/reader/ndef"
	"kazashi/session/fault"
	"kazashi/session/seal"
)

func rawURL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

var ok = apdu.Response{SW: apdu.OK}

func TestF16_CapabilityContainers(t *testing.T) {
	good := container(t, 1024, 1024, 2050)
	change := func(at int, value ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], value)
		return b
	}
	for name, cc := range map[string][]byte{
		"0 bytes":           nil,
		"14 bytes":          good[:14],
		"64 bytes":          append(bytes.Clone(good), make([]byte, 49)...),
		"wrong version":     change(2, 0x10),
		"file 0000":         change(9, 0, 0),
		"file E103":         change(9, 0xE1, 0x03),
		"file size 0":       change(11, 0, 0),
		"file size FFFF":    change(11, 0xFF, 0xFF),
		"another TLV":       change(7, 0x05),
		"CCLEN 0":           change(0, 0, 0),
		"no command length": change(5, 0, 0),
	} {
		_, _, err := run(t, NewHandover(), inOrder(ok, ok, apdu.Response{Data: cc, SW: apdu.OK}))
		if fault.CodeOf(err) != fault.MalformedTag || !strings.Contains(err.Error(), "capability container: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range 4 {
		answers := []apdu.Response{ok, ok, {Data: good, SW: apdu.OK}, ok}[:n+1]
		answers[n].SW = apdu.NoDiagnosis
		want := fault.UnexpectedStatus
		if n == 0 {
			want = fault.NotAPhone
		}
		if _, _, err := run(t, NewHandover(), inOrder(answers...)); fault.CodeOf(err) != want {
			t.Errorf("refused at command %d: %v", n, err)
		}
	}
}

func TestF17_NDEFFiles(t *testing.T) {
	many := make(ndef.Message, 64)
	for i := range many {
		many[i] = ndef.Record{TNF: ndef.WellKnown, Type: "T"}
	}
	records, err := many.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	thousand := bytes.Repeat([]byte{0x11, 1, 0, 'T'}, 1000)
	thousand[0] |= 0x80
	inner, _ := ndef.Message{{TNF: ndef.WellKnown, Type: "Sp", Payload: []byte{0xD1, 1, 0, 'T'}}}.Bytes()
	for range 5 {
		inner, _ = ndef.Message{{TNF: ndef.WellKnown, Type: "Sp", Payload: inner}}.Bytes()
	}
	for name, c := range map[string]struct {
		file []byte
		want fault.Code
	}{
		"NLEN past the file":    {[]byte{0x0F, 0xFF}, fault.MalformedTag},
		"NLEN 0":                {[]byte{0, 0}, fault.MalformedTag},
		"over what is taken":    {append([]byte{0x20, 1}, make([]byte, 0x2001)...), fault.MessageTooLarge},
		"shorter than NLEN":     {[]byte{0, 200, 1, 2, 3}, fault.TransferStalled},
		"no file":               {nil, fault.TransferStalled},
		"no NDEF":               {withLength([]byte{1, 2, 3}), fault.MalformedNDEF},
		"1000 records":          {withLength(thousand), fault.MalformedNDEF},
		"64 records":            {withLength(records), fault.NotAPhone},
		"a nested smart poster": {withLength(inner), fault.NotAPhone},
	} {
		g := &tag{cc: container(t, 1024, 1024, 2050), file: c.file}
		if len(c.file) > 2050 {
			g.cc = container(t, 1024, 1024, 0x7FFF)
		}
		if _, _, err := run(t, NewHandover(), g.answer); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}

	t.Run("grows between reads", func(t *testing.T) {
		hs := handoverSelect(t, NFCOffer)
		g := &tag{cc: container(t, 40, 40, 2050), file: withLength(hs)}
		h := NewHandover()
		_, _, err := run(t, h, func(c apdu.Command) apdu.Response {
			r := g.answer(c)
			if c.INS == 0xB0 && !g.onCC {
				g.file[0]++ // after the first read, a longer message
			}
			return r
		})
		if err != nil || !bytes.Equal(h.Result().HandoverSelect, hs) {
			t.Errorf("%v", err)
		}
	})
	t.Run("one byte at a time", func(t *testing.T) {
		g := &tag{cc: container(t, 40, 40, 2050), file: withLength(handoverSelect(t)), piece: 1}
		if sent, _, err := run(t, NewHandover(), g.answer); fault.CodeOf(err) != fault.TransferStalled || len(sent) > 50 {
			t.Errorf("%v after %d commands", err, len(sent))
		}
	})
}

func TestF21_DeviceEngagements(t *testing.T) {
	key, err := seal.Generate(seal.P256)
	if err != nil {
		t.Fatal(err)
	}
	good, err := EncodeDevice(key.COSE(), Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new []byte) []byte {
		if !bytes.Contains(good, old) {
			t.Fatalf("%x is not there to be changed", old)
		}
		return bytes.Replace(good, old, new, 1)
	}
	offCurve := bytes.Clone(good)
	offCurve[len(offCurve)-1] ^= 1
	x := good[bytes.Index(good, []byte{0x21, 0x58, 0x20})+3:][:32]
	y := good[bytes.Index(good, []byte{0x22, 0x58, 0x20})+3:][:32]
	for name, c := range map[string]struct {
		raw  []byte
		want fault.Code
	}{
		"as it is":               {good, fault.OK},
		"minor version 9":        {swap([]byte("1.0"), []byte("1.9")), fault.OK},
		"major version 2":        {swap([]byte("1.0"), []byte("2.0")), fault.MalformedEngagement},
		"version that is bytes":  {swap([]byte("\x631.0"), []byte("\x431.0")), fault.MalformedEngagement},
		"unknown cipher suite":   {swap([]byte{0x01, 0x82, 0x01}, []byte{0x01, 0x82, 0x02}), fault.UnsupportedCipherSuite},
		"no cipher suite":        {swap([]byte{0x01, 0x82, 0x01}, []byte{0x01, 0x82, 0xf6}), fault.MalformedEngagement},
		"kty of a secret":        {swap([]byte{0xa4, 0x01, 0x02}, []byte{0xa4, 0x01, 0x04}), fault.InvalidDeviceKey},
		"crv of Ed25519":         {swap([]byte{0x20, 0x01, 0x21}, []byte{0x20, 0x06, 0x21}), fault.InvalidDeviceKey},
		"not on its curve":       {offCurve, fault.InvalidDeviceKey},
		"point at infinity":      {bytes.Replace(swap(x, make([]byte, 32)), y, make([]byte, 32), 1), fault.InvalidDeviceKey},
		"trailing byte":          {append(bytes.Clone(good), 0), fault.MalformedEngagement},
		"empty":                  {nil, fault.MalformedEngagement},
		"no map":                 {[]byte{0x80}, fault.MalformedEngagement},
		"unknown keys":           {append(append([]byte{0xa4}, good[1:]...), 0x18, 99, 0xf5, 0x21, 0x80), fault.OK},
		"empty methods":          {append(append([]byte{0xa3}, good[1:]...), 2, 0x80), fault.OK},
		"methods of no form":     {append(append([]byte{0xa3}, good[1:]...), 2, 0x81, 0xf6), fault.OK},
		"origins, capabilities":  {append(append([]byte{0xa4}, good[1:]...), 5, 0x80, 6, 0xa2, 3, 0xf5, 0x39, 1, 0, 0xf5), fault.OK},
		"capabilities, not bool": {append(append([]byte{0xa3}, good[1:]...), 6, 0xa1, 3, 1), fault.OK},
	} {
		d, err := ParseDevice(c.raw)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if name == "origins, capabilities" && (!d.ReaderAuthAll || d.ExtendedRequest) {
			t.Errorf("%s: %+v", name, d)
		}
	}
	sign := byte(0xf4)
	if y[31]&1 == 1 {
		sign = 0xf5
	}
	compressed := append([]byte{0xa4, 1, 2, 0x20, 1, 0x21, 0x58, 32}, x...)
	raw, err := EncodeDevice(append(compressed, 0x22, sign), Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseDevice(raw); err != nil {
		t.Errorf("compressed y: %v", err)
	}
}

func TestHandoverMessages(t *testing.T) {
	device := []byte{0xa0}
	hs := handoverSelect(t, NFCOffer)
	message := func(records ...ndef.Record) []byte {
		b, err := ndef.Message(records).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	selectRecord := func(payload ...byte) ndef.Record {
		return ndef.Record{TNF: ndef.WellKnown, Type: typeSelect, Payload: payload}
	}
	engagement := ndef.Record{TNF: ndef.External, Type: typeDevice, ID: idDevice, Payload: device}
	reference := append([]byte{handoverVersion}, message(ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: []byte{1, 3, 'n', 'f', 'c', 0}})...)
	nfc := func(payload ...byte) ndef.Record {
		return ndef.Record{TNF: ndef.External, Type: typeNFC, ID: "nfc", Payload: payload}
	}
	for name, c := range map[string]struct {
		raw  []byte
		want fault.Code
	}{
		"empty":                      {nil, fault.MalformedNDEF},
		"cut short":                  {hs[:len(hs)-1], fault.MalformedNDEF},
		"no Hs":                      {message(engagement), fault.MalformedHandover},
		"Hs without version":         {message(selectRecord(), engagement), fault.MalformedHandover},
		"Hs of version 2":            {message(selectRecord(0x20), engagement), fault.MalformedHandover},
		"no engagement":              {message(selectRecord(0x15)), fault.MalformedHandover},
		"engagement that is none":    {message(selectRecord(0x15), engagement), fault.MalformedEngagement},
		"garbage inside Hs":          {message(selectRecord(0x15, 1, 2), engagement), fault.MalformedNDEF},
		"carrier without its record": {message(selectRecord(reference...), engagement), fault.MalformedHandover},
		"NFC record of version 2":    {message(selectRecord(reference...), engagement, nfc(2)), fault.MalformedHandover},
		"NFC record without version": {message(selectRecord(reference...), engagement, nfc()), fault.MalformedHandover},
		"NFC field cut short":        {message(selectRecord(reference...), engagement, nfc(1, 3, 1, 0xff)), fault.MalformedHandover},
		"NFC field of no length":     {message(selectRecord(reference...), engagement, nfc(1, 0, 1)), fault.MalformedHandover},
	} {
		if _, err := ParseSelect(c.raw); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One bad carrier takes nothing from a sound one beside it.
	refer := func(ids ...string) ndef.Record {
		var references ndef.Message
		for _, id := range ids {
			references = append(references, ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: append(append([]byte{1, byte(len(id))}, id...), 0)})
		}
		return selectRecord(append([]byte{handoverVersion}, message(references...)...)...)
	}
	sound, err := EncodeDevice(newKey(t, seal.P256).COSE(), Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	engagement.Payload = sound
	ble := ndef.Record{TNF: ndef.MIME, Type: typeBLE, ID: "0"}
	short := append([]byte{handoverVersion}, message(
		ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: []byte{1}},
		ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: []byte{1, 3, 'n', 'f', 'c', 0}})...)
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"NFC beside one without its record":        {message(refer("W", "nfc"), engagement, nfc(1)), "an unknown carrier, NFC"},
		"NFC before one without its record":        {message(refer("nfc", "W"), engagement, nfc(1)), "NFC, an unknown carrier"},
		"NFC beside a reference that is cut short": {message(selectRecord(short...), engagement, nfc(1)), "an unknown carrier, NFC"},
		"BLE beside an NFC record of version 2":    {message(refer("0", "nfc"), engagement, ble, nfc(2)), "BLE, an unknown carrier"},
	} {
		if e, err := ParseSelect(c.raw); err != nil || e.Offered() != c.want {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	c, err := parseCarrier(nfc(1))
	if err != nil || c.Kind != NFC || c.MaxCommand != 0 || c.MaxResponse != 0 {
		t.Errorf("NFC record of one byte: %+v, %v", c, err)
	}
	if c, err = parseCarrier(nfc(1, 6, 1, 1, 0, 0, 0, 0)); err != nil || c.MaxCommand <= 0xFFFF {
		t.Errorf("NFC field of five bytes: %+v, %v", c, err)
	}
	if e, err := ParseSelect(handoverSelect(t)); err != nil || e.Offered() != "nothing" {
		t.Errorf("a handover that offers nothing: %+v, %v", e, err)
	}
	if _, err := Transcript(nil, []byte{1}, nil, nil); fault.CodeOf(err) != fault.MalformedTranscript {
		t.Errorf("a transcript without engagement: %v", err)
	}
	if _, err := EncodeSelect(device, Carrier{Kind: WiFiAware}); err == nil {
		t.Error("a carrier without record was encoded")
	}
	for _, text := range []string{"", "mdoc", "mdoc:", "mdoc:!", "mdoc:AA==", "https://example.com", "MDOC:oA"} {
		if _, err := ParseQR(text); fault.CodeOf(err) != fault.MalformedEngagement {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestF23_TranscriptFromReceivedBytes(t *testing.T) {
	key, err := seal.Generate(seal.P256)
	if err != nil {
		t.Fatal(err)
	}
	preferred, err := EncodeDevice(key.COSE(), Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	// The same engagement, its version's length written in two bytes: allowed, and gone
	// in any encoding of what was decoded.
	received := bytes.Replace(preferred, []byte("\x631.0"), []byte("\x78\x031.0"), 1)
	hs, err := EncodeSelect(received, NFCOffer)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ParseSelect(hs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Transcript(key.COSE())
	if err != nil {
		t.Fatal(err)
	}
	want, err := Transcript(received, key.COSE(), hs, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Transcript(preferred, key.COSE(), hs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || bytes.Equal(got, again) {
		t.Error("the transcript is not of the bytes that were received")
	}
	if !bytes.Equal(e.Device.KeyBytes.Content(), key.COSE()) {
		t.Error("the key is not the one that was sent")
	}
}

// A phone may write the length of a short record in four bytes. Nothing that encodes
// the message anew would: the handover of the transcript is what was received.
func TestF23_TranscriptFromReceivedBytes_LongRecord(t *testing.T) {
	key, err := seal.Generate(seal.P256)
	if err != nil {
		t.Fatal(err)
	}
	device, err := EncodeDevice(key.COSE(), Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	hs := []byte{0x91, 2, 1, 'H', 's', 0x15} // begins the message, short, well-known
	// Ends the message, not short, with an identifier, external.
	hs = append(hs, 0x4C, byte(len("iso.org:18013:deviceengagement")), 0, 0, 0, byte(len(device)), 4)
	hs = append(hs, "iso.org:18013:deviceengagementmdoc"...)
	hs = append(hs, device...)

	e, err := ParseSelect(hs)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := EncodeSelect(e.DeviceEngagement); err != nil || len(again) != len(hs)-3 {
		t.Fatalf("encoded anew it has %d bytes, received %d: %v", len(again), len(hs), err)
	}
	got, err := e.Transcript(key.COSE())
	if err != nil {
		t.Fatal(err)
	}
	want := append([]byte{0x83, 0xd8, 0x18, 0x58, byte(len(device))}, device...)
	want = append(append(want, 0xd8, 0x18, 0x58, byte(len(key.COSE()))), key.COSE()...)
	want = append(append(want, 0x82, 0x58, byte(len(hs))), hs...)
	want = append(want, 0xf6)
	if !bytes.Equal(got, want) {
		t.Errorf("the transcript is\n%x, of what was received\n%x", got, want)
	}
}
