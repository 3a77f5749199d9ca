package carrier

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kazashi/reader"
	"kazashi/reader/apdu"
	"kazashi/reader/vectors"
	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// drive runs a machine against answer and returns every command sent.
func drive(t interface{ Fatalf(string, ...any) }, m conversation.Machine, answer func(apdu.Command) apdu.Response) ([]apdu.Command, error) {
	var sent []apdu.Command
	step, err := m.Next(nil)
	for step != nil && err == nil {
		if len(sent) > 200_000 {
			t.Fatalf("the machine does not end")
		}
		raw, encodeErr := step.Command.Bytes()
		if encodeErr != nil {
			t.Fatalf("command does not encode: %v", encodeErr)
		}
		onWire, parseErr := apdu.ParseCommand(raw)
		if parseErr != nil {
			t.Fatalf("command does not decode: %v", parseErr)
		}
		sent = append(sent, onWire)
		r := answer(onWire)
		step, err = m.Next(&r)
	}
	return sent, err
}

// phone answers by an Endpoint.
func phone(e *Endpoint, reply func([]byte) []byte) func(apdu.Command) apdu.Response {
	return func(c apdu.Command) apdu.Response {
		if c.INS == INSGetResponse {
			return e.Piece(c.Expected)
		}
		message, err := e.Envelope(c)
		switch {
		case err != nil:
			return apdu.Response{SW: apdu.WrongData}
		case message == nil:
			return apdu.Response{SW: apdu.OK}
		}
		return e.Answer(reply(message), c.Expected)
	}
}

// script answers from a list, and for ever with its last element.
func script(answers ...apdu.Response) func(apdu.Command) apdu.Response {
	return func(apdu.Command) apdu.Response {
		r := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return r
	}
}

func TestExchangeCarriesEveryLengthUnderEveryLimit(t *testing.T) {
	edges := []int{0, 1, 0x7F, 0x80, 0xFF, 0x100, 250, 253, 255, 256, 257, 65279, 65280, 65531, 65535, 65536}
	size := rapid.OneOf(rapid.SampledFrom(edges), rapid.IntRange(0, 70_000))
	rapid.Check(t, func(t *rapid.T) {
		request := bytes.Repeat([]byte{0xA5}, size.Draw(t, "request"))
		reply := bytes.Repeat([]byte{0x5A}, size.Draw(t, "reply"))
		o := Options{
			Reader: rapid.SampledFrom([]reader.Limits{
				{}, reader.ShortLimits, {CommandData: 500, ResponseData: 512}, reader.ExtendedLimits,
			}).Draw(t, "reader"),
			MaxCommand:  rapid.IntRange(0, 70_000).Draw(t, "maxCommand"),
			MaxResponse: rapid.IntRange(0, 70_000).Draw(t, "maxResponse"),
		}
		var got []byte
		x := NewExchange(request, o)
		sent, err := drive(t, x, phone(new(Endpoint), func(m []byte) []byte { got = m; return reply }))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, request) || !bytes.Equal(x.Answer(), reply) {
			t.Fatal("a message changed on its way")
		}
		for i, c := range sent {
			if len(c.Data) > o.block() || c.Expected > o.expected() {
				t.Fatalf("command %d: %d bytes of data, %d expected", i, len(c.Data), c.Expected)
			}
			if c.CLA == 0x10 && c.Expected != 0 {
				t.Fatalf("command %d: a block that is not the last asks for data", i)
			}
		}
	})
}

func TestExchangeMarksWhatWaitsForConsent(t *testing.T) {
	x := NewExchange(make([]byte, 300), Options{})
	first, _ := x.Next(nil)
	if first.Consent || x.Sent() || first.Command.CLA != 0x10 {
		t.Errorf("first block: consent %t, sent %t, CLA %02X", first.Consent, x.Sent(), first.Command.CLA)
	}
	last, _ := x.Next(&apdu.Response{SW: apdu.OK})
	if !last.Consent || !x.Sent() || last.Command.CLA != 0 {
		t.Errorf("last block: consent %t, sent %t, CLA %02X", last.Consent, x.Sent(), last.Command.CLA)
	}
	get, _ := x.Next(&apdu.Response{SW: 0x6110})
	if !get.Consent || get.Name != "get-response" || get.Command.Expected != 0x10 {
		t.Errorf("after 6110: %+v", get)
	}
}

func TestSelectTriesTheOtherForm(t *testing.T) {
	for _, sw := range []apdu.Status{apdu.WrongP1P2, apdu.WrongOffset, apdu.WrongLength} {
		sent, err := drive(t, new(Select), script(apdu.Response{SW: sw}, apdu.Response{SW: apdu.OK}))
		if err != nil || len(sent) != 2 {
			t.Fatalf("%s: %d commands, %v", sw, len(sent), err)
		}
		if sent[0].P2 != 0x0C || sent[0].Expected != 0 || sent[1].P2 != 0 || sent[1].Expected != 256 {
			t.Errorf("%s: %+v", sw, sent)
		}
	}
	for _, answers := range [][]apdu.Response{{{SW: apdu.NoDiagnosis}}, {{SW: apdu.WrongP1P2}, {SW: apdu.WrongP1P2}}} {
		if _, err := drive(t, new(Select), script(answers...)); fault.CodeOf(err) != fault.UnexpectedStatus {
			t.Errorf("%v: %v", answers, err)
		}
	}
}

// With these a phone says no. Whom it means depends on when it says so.
func TestPhoneThatRefuses(t *testing.T) {
	whole := wrap(make([]byte, 40))
	for _, sw := range []apdu.Status{apdu.ConditionsNotMet, apdu.SecurityNotSatisfied, apdu.FileNotFound} {
		no := apdu.Response{SW: sw}
		if sent, err := drive(t, new(Select), script(no)); fault.CodeOf(err) != fault.PhoneLocked || len(sent) != 1 {
			t.Errorf("%s to SELECT: %v after %d commands", sw, err, len(sent))
		}
		for name, c := range map[string]struct {
			request int
			answers []apdu.Response
			want    fault.Code
		}{
			"the first block":         {300, []apdu.Response{no}, fault.Declined},
			"the last block":          {300, []apdu.Response{{SW: apdu.OK}, no}, fault.Declined},
			"the first GET RESPONSE":  {7, []apdu.Response{{SW: 0x6100}, no}, fault.Declined},
			"a GET RESPONSE later on": {7, []apdu.Response{{Data: whole[:20], SW: 0x6116}, no}, fault.UnexpectedStatus},
		} {
			_, err := drive(t, NewExchange(make([]byte, c.request), Options{}), script(c.answers...))
			if fault.CodeOf(err) != c.want || !strings.Contains(err.Error(), sw.String()) {
				t.Errorf("%s to %s: %v", sw, name, err)
			}
		}
	}
}

func TestF13_AnswersThatLeadNowhere(t *testing.T) {
	whole := wrap(make([]byte, 40))
	cases := map[string]struct {
		answers []apdu.Response
		want    fault.Code
	}{
		"status word only":          {[]apdu.Response{{SW: apdu.OK}}, fault.MalformedTransfer},
		"refused":                   {[]apdu.Response{{SW: apdu.NoDiagnosis}}, fault.UnexpectedStatus},
		"refused while fetching":    {[]apdu.Response{{Data: whole[:20], SW: 0x6116}, {SW: apdu.ConditionsNotMet}}, fault.UnexpectedStatus},
		"61XX for ever":             {[]apdu.Response{{SW: 0x61FF}}, fault.TransferStalled},
		"6100 for ever":             {[]apdu.Response{{SW: 0x6100}}, fault.TransferStalled},
		"6CXX for ever":             {[]apdu.Response{{SW: 0x6C10}}, fault.TransferStalled},
		"one byte at a time":        {[]apdu.Response{{Data: []byte{tag, 0x82, 0xFF, 0xFF}, SW: 0x6101}, {Data: []byte{0}, SW: 0x6101}}, fault.TransferStalled},
		"complete, but ever more":   {[]apdu.Response{{Data: whole, SW: 0x6101}, {SW: 0x6101}}, fault.TransferStalled},
		"ends before it is whole":   {[]apdu.Response{{Data: whole[:30], SW: apdu.OK}}, fault.MalformedTransfer},
		"goes on after its end":     {[]apdu.Response{{Data: append(slices.Clone(whole), 0), SW: apdu.OK}}, fault.MalformedTransfer},
		"another data object":       {[]apdu.Response{{Data: []byte{0x7C, 0}, SW: apdu.OK}}, fault.MalformedTransfer},
		"length of four bytes":      {[]apdu.Response{{Data: []byte{tag, 0x84, 0, 0, 0, 1, 0}, SW: apdu.OK}}, fault.MalformedTransfer},
		"length of indefinite form": {[]apdu.Response{{Data: []byte{tag, 0x80, 0, 0}, SW: apdu.OK}}, fault.MalformedTransfer},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			x := NewExchange([]byte("request"), Options{})
			sent, err := drive(t, x, script(c.answers...))
			if fault.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want.Slug())
			}
			if len(sent) > smallPieces+2 {
				t.Errorf("%d commands until then", len(sent))
			}
			if err != nil && x.Answer() != nil && c.want != fault.TransferStalled {
				t.Error("half an answer was handed on")
			}
		})
	}
	t.Run("wrong length once", func(t *testing.T) {
		x := NewExchange([]byte("request"), Options{})
		sent, err := drive(t, x, script(apdu.Response{SW: 0x6C2A}, apdu.Response{Data: whole, SW: apdu.OK}))
		if err != nil || len(sent) != 2 || sent[1].Expected != 0x2A || sent[1].INS != INSEnvelope {
			t.Errorf("%+v, %v", sent, err)
		}
	})
}

func TestF14_AnswersLargerThanAsked(t *testing.T) {
	message := make([]byte, 8989)
	whole := wrap(message)
	x := NewExchange([]byte("request"), Options{})
	_, err := drive(t, x, script(apdu.Response{Data: whole[:37], SW: 0x6125}, apdu.Response{Data: whole[37:], SW: apdu.OK}))
	if err != nil || !bytes.Equal(x.Answer(), message) {
		t.Errorf("an answer longer than Le, inside the cap: %v", err)
	}
	largest := wrap(make([]byte, 65535-4))
	x = NewExchange(nil, Options{})
	if _, err = drive(t, x, script(apdu.Response{Data: largest, SW: apdu.OK})); err != nil || !bytes.Equal(wrap(x.Answer()), largest) {
		t.Errorf("an answer of %d bytes, inside the cap: %v", len(largest), err)
	}
	// Which bound broke, a technician sees in the text.
	for name, c := range map[string]struct {
		answer apdu.Response
		want   string
	}{
		"announced": {apdu.Response{Data: whole[:256], SW: 0x6100}, "data object of 8993 bytes is announced, at most 4096 are taken"},
		"come":      {apdu.Response{Data: largest, SW: apdu.OK}, "65535 bytes have come, at most 4096 are taken"},
	} {
		_, err := drive(t, NewExchange(nil, Options{MaxMessage: 4096}), script(c.answer))
		if fault.CodeOf(err) != fault.MessageTooLarge || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s over the cap: %v", name, err)
		}
	}
	exact := wrap(make([]byte, 4096-4))
	if _, err := drive(t, NewExchange(nil, Options{MaxMessage: 4096}), script(apdu.Response{Data: exact, SW: apdu.OK})); err != nil {
		t.Errorf("as large as the cap: %v", err)
	}
}

// The phone's limits bind what it is asked for, down to what every phone can do, and
// so do the reader's.
func TestLeIsTheLesserOfReaderAndPhone(t *testing.T) {
	for _, c := range []struct{ reader, phone, want int }{
		{65536, 300, 300}, {300, 65536, 300}, {65536, 70_000, 65536}, {65536, 0, 256}, {0, 65536, 256}, {65536, 256, 256}, {128, 128, 256},
	} {
		o := Options{Reader: reader.Limits{ResponseData: c.reader}, MaxResponse: c.phone}
		rest := wrap(make([]byte, 2000))
		sent, err := drive(t, NewExchange([]byte("request"), o), func(c apdu.Command) apdu.Response {
			n := min(c.Expected, len(rest))
			r := apdu.Response{Data: rest[:n], SW: 0x6100}
			if rest = rest[n:]; len(rest) == 0 {
				r.SW = apdu.OK
			}
			return r
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sent {
			if s.Expected != c.want {
				t.Errorf("reader %d, phone %d: Le %d to %02X", c.reader, c.phone, s.Expected, s.INS)
			}
		}
	}
}

// A holder that counts wrong in 61XX, and gives more or less than it was asked for, is
// understood all the same: only the data object says where the message ends.
func TestF14_MiscountedRests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message := bytes.Repeat([]byte{0xA5}, rapid.IntRange(0, 20_000).Draw(t, "message"))
		rest := wrap(message)
		x := NewExchange([]byte("request"), Options{})
		_, err := drive(t, x, func(apdu.Command) apdu.Response {
			n := min(rapid.IntRange(smallPiece, 9000).Draw(t, "piece"), len(rest))
			r := apdu.Response{Data: rest[:n], SW: apdu.OK}
			if rest = rest[n:]; len(rest) > 0 {
				r.SW = 0x6100 | apdu.Status(rapid.Byte().Draw(t, "XX"))
			}
			return r
		})
		if err != nil || !bytes.Equal(x.Answer(), message) {
			t.Fatalf("%d bytes: %v", len(message), err)
		}
	})
}

// Memory is taken for what has come, not for what is announced.
func TestF14_AnnouncementTakesNoMemory(t *testing.T) {
	x := NewExchange([]byte("request"), Options{})
	if _, err := x.Next(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Next(&apdu.Response{Data: []byte{tag, 0x83, 0x0F, 0xFF, 0x00}, SW: 0x6100}); err != nil {
		t.Fatal(err)
	}
	if x.in.size < 1<<19 || cap(x.in.buf) > 64 {
		t.Errorf("%d bytes announced, %d taken", x.in.size, cap(x.in.buf))
	}
	e := new(Endpoint)
	if _, err := e.Envelope(apdu.Command{CLA: 0x10, Data: []byte{tag, 0x83, 0x0F, 0xFF, 0x00}}); err != nil {
		t.Fatal(err)
	}
	if cap(e.in.buf) > 64 {
		t.Errorf("%d bytes taken", cap(e.in.buf))
	}
}

func TestFarewellTakesAnyAnswer(t *testing.T) {
	for _, sw := range []apdu.Status{apdu.OK, apdu.NoDiagnosis, 0x6100, 0x6C01} {
		sent, err := drive(t, NewFarewell(make([]byte, 300), Options{}), script(apdu.Response{SW: sw}))
		if err != nil || len(sent) > 2 {
			t.Errorf("%s: %d commands, %v", sw, len(sent), err)
		}
	}
}

func TestEndpointRefusesBrokenChains(t *testing.T) {
	var e Endpoint
	if _, err := e.Envelope(apdu.Command{Data: []byte{tag, 5, 1}}); fault.CodeOf(err) != fault.MalformedTransfer {
		t.Errorf("a last block that is too short: %v", err)
	}
	e.Reset()
	if _, err := e.Envelope(apdu.Command{CLA: 0x10, Data: []byte{0x30}}); fault.CodeOf(err) != fault.MalformedTransfer {
		t.Errorf("another data object: %v", err)
	}
	e = Endpoint{MaxMessage: 100}
	if _, err := e.Envelope(apdu.Command{CLA: 0x10, Data: make([]byte, 200)}); fault.CodeOf(err) != fault.MessageTooLarge {
		t.Errorf("over the cap: %v", err)
	}
	if r := new(Endpoint).Piece(256); r.SW != apdu.ConditionsNotMet {
		t.Errorf("GET RESPONSE out of turn: %s", r.SW)
	}
}

func FuzzExchange(f *testing.F) {
	f.Add([]byte{tag, 1, 0xA0}, []byte{0x90, 0x00})
	f.Add([]byte{tag, 0x82, 0x10}, []byte{0x61, 0x00, 0x6C, 0x01})
	for _, m := range vectors.Values(f, "iso-annex-d.json", "sessionData", "sessionTermination") {
		f.Add(append([]byte{tag, 0x82, byte(len(m) >> 8), byte(len(m))}, m...), []byte{})
	}
	f.Fuzz(func(t *testing.T, data, words []byte) {
		x := NewExchange([]byte("request"), Options{MaxMessage: 4096})
		sent, err := drive(t, x, func(apdu.Command) apdu.Response {
			n := min(len(data), 97)
			r := apdu.Response{Data: data[:n], SW: apdu.OK}
			data = data[n:]
			if len(words) >= 2 {
				r.SW = apdu.Status(words[0])<<8 | apdu.Status(words[1])
				words = words[2:]
			}
			return r
		})
		if len(sent) > 300 {
			t.Fatalf("%d commands", len(sent))
		}
		var coded *fault.Error
		if err != nil && !errors.As(err, &coded) {
			t.Fatalf("an error without a code: %v", err)
		}
		if err == nil && x.Answer() == nil {
			t.Fatal("ended without an answer and without an error")
		}
	})
}
