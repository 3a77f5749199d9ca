package holder

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kazashi/reader/apdu"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newPhone(t testing.TB, o Options) *Phone {
	t.Helper()
	var err error
	if o.PKI, err = specimen.NewPKI(elliptic.P256(), at); err != nil {
		t.Fatal(err)
	}
	o.At = at
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func send(t testing.TB, p *Phone, c apdu.Command) apdu.Response {
	t.Helper()
	raw, err := c.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Respond(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	r, err := apdu.ParseResponse(answer)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryScenarioHasItsWords(t *testing.T) {
	for _, s := range Scenarios() {
		if parsed, err := ParseScenario(string(s)); err != nil || parsed != s || s.Description() == "" {
			t.Errorf("%s: %q, %v", s, s.Description(), err)
		}
	}
	if _, err := ParseScenario("Honest"); err == nil {
		t.Error("a scenario that is not there was found")
	}
	if _, err := New(Options{Scenario: "none"}); err == nil {
		t.Error("a phone of no scenario was made")
	}
}

func TestPhoneRefusesWhatIsOutOfTurn(t *testing.T) {
	p := newPhone(t, Options{})
	for name, c := range map[string]struct {
		before []apdu.Command
		c      apdu.Command
		want   apdu.Status
	}{
		"no application":           {nil, apdu.Command{INS: 0xB0, Expected: 2}, apdu.ConditionsNotMet},
		"another application":      {nil, apdu.Command{INS: 0xA4, P1: 4, Data: []byte{0xA0, 0, 0, 0, 3}}, apdu.FileNotFound},
		"mdoc before the handover": {nil, apdu.Command{INS: 0xA4, P1: 4, P2: 0x0C, Data: []byte{0xA0, 0, 0, 2, 0x48, 4, 0}}, apdu.FileNotFound},
		"no file":                  {selectNDEF(), apdu.Command{INS: 0xB0, Expected: 2}, apdu.WrongOffset},
		"a file that is not there": {selectNDEF(), apdu.Command{INS: 0xA4, P2: 0x0C, Data: []byte{0xE1, 0x05}}, apdu.FileNotFound},
		"a file of three bytes":    {selectNDEF(), apdu.Command{INS: 0xA4, P2: 0x0C, Data: []byte{0xE1, 0x05, 0}}, apdu.WrongLength},
		"writing a static tag":     {selectNDEF(0xE1, 0x04), apdu.Command{INS: 0xD6, Data: []byte{0, 0}}, apdu.SecurityNotSatisfied},
		"past the end":             {selectNDEF(0xE1, 0x04), apdu.Command{INS: 0xB0, P1: 0x40, Expected: 2}, apdu.WrongOffset},
		"another instruction":      {selectNDEF(), apdu.Command{INS: 0x20}, apdu.INSNotSupported},
		"GET RESPONSE to nothing":  {selectMdoc(), apdu.Command{INS: 0xC0, Expected: 256}, apdu.ConditionsNotMet},
		"no data object":           {selectMdoc(), apdu.Command{INS: 0xC3, Data: []byte{1, 2, 3}, Expected: 256}, apdu.WrongData},
		"verify in mdoc":           {selectMdoc(), apdu.Command{INS: 0x20}, apdu.INSNotSupported},
	} {
		p.Reset()
		for _, before := range c.before {
			if r := send(t, p, before); !r.SW.OK() {
				t.Fatalf("%s: %s before it", name, r.SW)
			}
		}
		if r := send(t, p, c.c); r.SW != c.want {
			t.Errorf("%s: %s", name, r.SW)
		}
	}
	p.Reset()
	raw, err := p.Respond(t.Context(), []byte{0, 0xB0})
	if err != nil || !bytes.Equal(raw, []byte{0x67, 0x00}) {
		t.Errorf("half a command: %x, %v", raw, err)
	}
}

func selectNDEF(file ...byte) []apdu.Command {
	commands := []apdu.Command{{INS: 0xA4, P1: 4, Data: ndefAID, Expected: 256}}
	if len(file) > 0 {
		commands = append(commands, apdu.Command{INS: 0xA4, P2: 0x0C, Data: file})
	}
	return commands
}

func selectMdoc() []apdu.Command {
	return append(selectNDEF(), apdu.Command{INS: 0xA4, P1: 4, P2: 0x00, Data: []byte{0xA0, 0, 0, 2, 0x48, 4, 0}, Expected: 256})
}

func TestPhoneAnswersBadMessagesByStatus(t *testing.T) {
	document := specimen.MyNumberCard(at)
	good := func(p *Phone) []byte {
		ours, err := seal.Generate(seal.P256)
		if err != nil {
			t.Fatal(err)
		}
		transcript, err := p.transcript(ours.COSE())
		if err != nil {
			t.Fatal(err)
		}
		_, message := establish(t, p, ours, transcript, document)
		return message
	}
	for name, c := range map[string]struct {
		message func(p *Phone) []byte
		want    seal.Status
	}{
		"no CBOR":            {func(*Phone) []byte { return []byte{0xFF} }, seal.StatusDecodingError},
		"no establishment":   {func(*Phone) []byte { return seal.EncodeStatus(seal.StatusTermination) }, seal.StatusDecodingError},
		"a changed bit":      {func(p *Phone) []byte { m := good(p); m[len(m)-1] ^= 1; return m }, seal.StatusEncryptionError},
		"another session":    {func(p *Phone) []byte { m := good(p); _ = p.engage(); return m }, seal.StatusEncryptionError},
		"a key on no curve":  {func(p *Phone) []byte { m := good(p); m[70] ^= 1; return m }, seal.StatusEncryptionError},
		"garbage, encrypted": {garbage, seal.StatusDecodingError},
	} {
		p := newPhone(t, Options{Documents: []specimen.Document{document}})
		if err := p.engage(); err != nil {
			t.Fatal(err)
		}
		reply, err := p.receive(t.Context(), c.message(p))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(reply, seal.EncodeStatus(c.want)) {
			t.Errorf("%s: answered %x", name, reply)
		}
	}
}

// garbage is a well encrypted message that is no request.
func garbage(p *Phone) []byte {
	ours, _ := seal.Generate(seal.P256)
	transcript, _ := p.transcript(ours.COSE())
	public, _ := seal.ParsePublic(p.session.key.COSE())
	terminal, _ := seal.NewReader(ours, public, transcript)
	sealed, _ := terminal.Seal([]byte{0xA0})
	message, _ := seal.EncodeSessionEstablishment(ours.COSE(), sealed)
	return message
}

func TestConsentEndsWithTheTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		document := specimen.MyNumberCard(at)
		p := newPhone(t, Options{Scenario: SlowConsent, Documents: []specimen.Document{document}})
		if err := p.engage(); err != nil {
			t.Fatal(err)
		}
		ours, _ := seal.Generate(seal.P256)
		transcript, err := p.transcript(ours.COSE())
		if err != nil {
			t.Fatal(err)
		}
		_, message := establish(t, p, ours, transcript, document)
		ctx, cancel := context.WithTimeout(t.Context(), slowConsent/2)
		defer cancel()
		if _, err := p.receive(ctx, message); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPhoneAnswersNoMoreThanIsAsked(t *testing.T) {
	p := newPhone(t, Options{})
	if err := p.engage(); err != nil {
		t.Fatal(err)
	}
	ours, err := seal.Generate(seal.P256)
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := p.transcript(ours.COSE())
	if err != nil {
		t.Fatal(err)
	}
	asked := specimen.Document{DocType: mdoc.DocTypeMyNumberCard, Elements: []specimen.Element{
		{Namespace: mdoc.NamespaceISO23220, Identifier: "age_over_20"},
		{Namespace: mdoc.NamespaceISO23220, Identifier: "not_there"},
	}}
	terminal, message := establish(t, p, ours, transcript, asked)
	reply, err := p.receive(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := seal.ParseSessionData(reply)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := terminal.Open(answer.Data)
	if err != nil {
		t.Fatal(err)
	}
	response, err := mdoc.ParseDeviceResponse(plain)
	if err != nil {
		t.Fatal(err)
	}
	d := response.Documents[0]
	items := d.IssuerSigned.NameSpaces
	if len(response.Documents) != 1 || len(items) != 1 || len(items[mdoc.NamespaceISO23220]) != 1 {
		t.Errorf("%d documents, %d namespaces", len(response.Documents), len(items))
	}
	if code, ok := d.Errors[mdoc.NamespaceISO23220]["not_there"]; !ok || code != 0 {
		t.Errorf("errors: %v", d.Errors)
	}
}
