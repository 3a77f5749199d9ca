package engagement

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"kazashi/reader/apdu"
	"kazashi/reader/ndef"
	"kazashi/session/fault"
)

func service(wait time.Duration, count int) ndef.ServiceParameter {
	return ndef.ServiceParameter{ServiceName: ndef.HandoverService, MinWait: wait, MaxWaits: count, MaxMessage: 2048}
}

func encoded(t *testing.T, records ...ndef.Record) []byte {
	t.Helper()
	b, err := ndef.Message(records).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestF18_WaitingInTNEP(t *testing.T) {
	hs := handoverSelect(t, NFCOffer)
	for name, c := range map[string]struct {
		service  ndef.ServiceParameter
		notReady int
		want     fault.Code
	}{
		"no wait, ready":           {service(0, 0), 0, fault.OK},
		"no wait, late":            {service(0, 0), 100, fault.OK},
		"no wait, never ready":     {service(0, 0), 1 << 20, fault.NoCommonTransport},
		"16 ms, past its own 15":   {service(16*time.Millisecond, 15), 50, fault.OK},
		"longest wait, ready":      {service(27*time.Second, 15), 0, fault.OK},
		"longest wait, never":      {service(27*time.Second, 15), 1 << 20, fault.NoCommonTransport},
		"a message it cannot take": {ndef.ServiceParameter{ServiceName: ndef.HandoverService, MaxMessage: 8}, 0, fault.HandoverRefused},
	} {
		_, answer := negotiating(t, c.service, c.notReady, hs)
		_, waited, err := run(t, NewHandover(NFCOffer), answer)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if waited > 2*mostWait {
			t.Errorf("%s: waited %s", name, waited)
		}
	}
}

// The phone's own waiting time passes between every write and the first look at what
// comes of it: an earlier look could find what the reader wrote.
func TestF18_FirstLookIsNotEarly(t *testing.T) {
	hs := handoverSelect(t, NFCOffer)
	for asked, want := range map[time.Duration]time.Duration{
		16 * time.Millisecond: 16 * time.Millisecond, 2 * time.Second: 2048 * time.Millisecond, 27 * time.Second: mostWait,
	} {
		_, answer := negotiating(t, service(asked, 15), 0, hs)
		h := NewHandover(NFCOffer)
		step, err := h.Next(nil)
		looks, wrote := 0, false
		for step != nil && err == nil {
			if wrote && step.Command.INS == 0xB0 {
				looks++
				if step.Wait != want {
					t.Errorf("asked for %s: %s after %s", asked, step.Name, step.Wait)
				}
			}
			wrote = step.Command.INS == 0xD6
			r := answer(step.Command)
			step, err = h.Next(&r)
		}
		if err != nil || looks != 2 {
			t.Errorf("asked for %s: %d first looks, %v", asked, looks, err)
		}
	}
}

// A status that does not come is a phone that is not ready, before anything was offered.
func TestF18_StatusThatNeverComes(t *testing.T) {
	g, answer := negotiating(t, service(16*time.Millisecond, 15), 0, nil)
	g.written = func([]byte) { g.file = []byte{0, 0} }
	_, waited, err := run(t, NewHandover(NFCOffer), func(c apdu.Command) apdu.Response {
		if c.INS == 0xB0 && !g.onCC && len(g.file) == 2 {
			return apdu.Response{Data: []byte{0, 0}, SW: apdu.OK}
		}
		return answer(c)
	})
	if fault.CodeOf(err) != fault.HandoverTimeout || waited > mostWait {
		t.Errorf("%v after %s", err, waited)
	}
}

func TestF18_StatusOfTheService(t *testing.T) {
	hs := handoverSelect(t, NFCOffer)
	message := func(typ string, payload ...byte) []byte {
		return encoded(t, ndef.Record{TNF: ndef.WellKnown, Type: typ, Payload: payload})
	}
	for name, c := range map[string]struct {
		status, last []byte
		want         fault.Code
	}{
		"no status record":       {message("T"), hs, fault.MalformedHandover},
		"status of two bytes":    {message("Te", 0, 0), hs, fault.MalformedHandover},
		"status 01":              {message("Te", 1), hs, fault.HandoverRefused},
		"status after request":   {message("Te", 0), message("Te", 1), fault.NoCommonTransport},
		"success, but no offer":  {message("Te", 0), message("Te", 0), fault.MalformedHandover},
		"status that is no NDEF": {[]byte{1}, hs, fault.MalformedNDEF},
	} {
		g, answer := negotiating(t, service(0, 0), 0, c.last)
		written := g.written
		g.written = func(m []byte) {
			written(m)
			if len(g.file) > 2 {
				g.file = withLength(c.status)
			}
		}
		if _, _, err := run(t, NewHandover(NFCOffer), answer); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	g, answer := negotiating(t, service(0, 0), 0, hs)
	g.cc = container(t, 255, 255, 40)
	if _, _, err := run(t, NewHandover(NFCOffer), answer); fault.CodeOf(err) != fault.HandoverRefused {
		t.Errorf("a file too small for the request: %v", err)
	}
	_, answer = negotiating(t, service(0, 0), 0, hs)
	_, _, err := run(t, NewHandover(NFCOffer), func(c apdu.Command) apdu.Response {
		if c.INS == 0xD6 {
			return apdu.Response{SW: apdu.SecurityNotSatisfied}
		}
		return answer(c)
	})
	if fault.CodeOf(err) != fault.HandoverRefused {
		t.Errorf("a tag that cannot be written: %v", err)
	}
}

// Handover is in single response mode; another would be read in the wrong way.
func TestNegotiatedHandoverInAnotherMode(t *testing.T) {
	s := service(0, 0)
	s.Mode = 0x01
	_, answer := negotiating(t, s, 0, handoverSelect(t, NFCOffer))
	if sent, _, err := run(t, NewHandover(NFCOffer), answer); fault.CodeOf(err) != fault.MalformedHandover || len(sent) != 5 {
		t.Errorf("%v after %d commands", err, len(sent))
	}
}

// There are many ways to say that NFC is not enough, and one code for them. What is
// broken stays what it is.
func TestF20_AnswersToAnOfferOfNFC(t *testing.T) {
	whole, err := ndef.Parse(handoverSelect(t))
	if err != nil {
		t.Fatal(err)
	}
	device, _ := whole.Find(ndef.External, typeDevice)
	nfc, _ := NFCOffer.record()
	ble, _ := Carrier{Kind: BLE, Role: 1}.record()
	wifi := ndef.Record{TNF: ndef.MIME, Type: typeWiFiAware, ID: "W"}
	chosen := func(records ...ndef.Record) ndef.Record {
		var references ndef.Message
		for _, r := range records {
			references = append(references, ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: append(append([]byte{1, byte(len(r.ID))}, r.ID...), 0)})
		}
		payload := []byte{handoverVersion}
		if len(references) > 0 {
			payload = append(payload, encoded(t, references...)...)
		}
		return ndef.Record{TNF: ndef.WellKnown, Type: typeSelect, Payload: payload}
	}
	status := func(payload ...byte) ndef.Record {
		return ndef.Record{TNF: ndef.WellKnown, Type: ndef.TypeStatus, Payload: payload}
	}
	broken := ndef.Record{TNF: ndef.WellKnown, Type: typeSelect}
	empty := ndef.Record{TNF: ndef.Empty}
	for name, c := range map[string]struct {
		answer []byte // nil for an NLEN that stays 0
		want   fault.Code
		text   string
	}{
		"nothing, for ever":               {nil, fault.NoCommonTransport, "the phone answered the offer of NFC with an empty file"},
		"an empty record":                 {encoded(t, empty), fault.NoCommonTransport, "with an empty record"},
		"a status that is an error":       {encoded(t, status(1)), fault.NoCommonTransport, "with TNEP protocol error"},
		"a status of its own":             {encoded(t, status(0x81)), fault.NoCommonTransport, "with status 81"},
		"a select of nothing":             {encoded(t, chosen()), fault.NoCommonTransport, "with nothing"},
		"a select of an empty record":     {encoded(t, ndef.Record{TNF: ndef.WellKnown, Type: typeSelect, Payload: []byte{0x15, 0xD0, 0, 0}}), fault.NoCommonTransport, "with nothing"},
		"BLE without engagement":          {encoded(t, chosen(ble), ble), fault.NoCommonTransport, "with BLE"},
		"BLE and Wi-Fi, no engagement":    {encoded(t, chosen(ble, wifi), ble, wifi), fault.NoCommonTransport, "with BLE, Wi-Fi Aware"},
		"NFC without engagement":          {encoded(t, chosen(nfc), nfc), fault.MalformedHandover, "without device engagement"},
		"NFC and BLE":                     {encoded(t, chosen(nfc, ble), device, nfc, ble), fault.MalformedHandover, "handover select of 2 carriers"},
		"NFC twice":                       {encoded(t, chosen(nfc, nfc), device, nfc), fault.MalformedHandover, "handover select of 2 carriers"},
		"no select, no engagement":        {encoded(t, ble), fault.MalformedHandover, "no Hs record"},
		"a select without version":        {encoded(t, broken), fault.MalformedHandover, "major version"},
		"a carrier without its record":    {encoded(t, chosen(ble)), fault.MalformedHandover, "record is missing"},
		"a status of success":             {encoded(t, status(0)), fault.MalformedHandover, "no Hs record"},
		"a status of two bytes":           {encoded(t, status(1, 1)), fault.MalformedHandover, "no Hs record"},
		"what is no NDEF":                 {[]byte{1, 2, 3}, fault.MalformedNDEF, ""},
		"BLE, with engagement":            {encoded(t, chosen(ble), device, ble), fault.OK, "BLE"},
		"BLE and Wi-Fi, with engagement":  {encoded(t, chosen(ble, wifi), device, ble, wifi), fault.OK, "BLE, Wi-Fi Aware"},
		"engagement, but nothing offered": {encoded(t, chosen(), device), fault.OK, "nothing"},
	} {
		notReady := 0
		if c.answer == nil {
			notReady = 1 << 20
		}
		_, answer := negotiating(t, service(8*time.Millisecond, 2), notReady, c.answer)
		h := NewHandover(NFCOffer)
		_, _, err := run(t, h, answer)
		if fault.CodeOf(err) != c.want || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && h.Result().Offered() != c.text {
			t.Errorf("%s: %s", name, h.Result().Offered())
		}
	}
	// A tag that is empty from the start has refused nothing.
	g := &tag{cc: container(t, 255, 255, 2050), file: withLength(encoded(t, empty))}
	if _, _, err := run(t, NewHandover(NFCOffer), g.answer); fault.CodeOf(err) != fault.NotAPhone {
		t.Errorf("an empty tag: %v", err)
	}
	if !bytes.Equal(encoded(t, empty), []byte{0xD0, 0, 0}) {
		t.Error("the empty record is not three bytes")
	}
}
