// Package holder is the phone's half of a tap, for demo, self-test and tests: a
// Type 4 Tag with static or negotiated handover, NFC data transfer, session
// encryption and a wallet of specimen documents. A [Phone] is a [reader.Responder],
// so it lies on the in-process reader as well as on the virtual one of PC/SC, and it
// has a [Scenario] for each way in which a tap may go wrong.
package holder

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"kazashi/reader"
	"kazashi/reader/apdu"
	"kazashi/session/carrier"
	"kazashi/session/engagement"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

// slowConsent is how long the holder thinks in the scenario of that name.
const slowConsent = 4 * time.Second

// Options say what phone it is. PKI and At are needed.
type Options struct {
	Scenario Scenario // Honest when empty
	PKI      *specimen.PKI
	At       time.Time // when the documents are issued
	// Documents are what the phone holds; the My Number Card and the driving
	// licence of package specimen when nil.
	Documents []specimen.Document
	// MAC makes the phone authenticate by deviceMac where the keys allow it.
	MAC bool
	// Negotiated makes it negotiate the handover.
	Negotiated bool
	// MaxCommand and MaxResponse are its limits in bytes of data field; the largest
	// when zero.
	MaxCommand, MaxResponse int
	// Capabilities are what it announces; with any, its engagement has version 1.1.
	Capabilities engagement.Capabilities
	// Curve is that of EDeviceKey, P-256 when zero.
	Curve seal.Curve
	// DeviceCurve is that of the documents' keys. One that signs nothing, X25519 or X448,
	// has the phone authenticate by deviceMac, which the reader can check where
	// EDeviceKey lies on the same curve.
	DeviceCurve specimen.Curve
	// Consent is how long the holder thinks before the phone answers.
	Consent time.Duration
	// LastAnswer, when not zero, is after how many answers the phone ends the session,
	// with a status beside the data of that one.
	LastAnswer int
	// Observe, when set, is told of every request that the phone could read.
	Observe func(Asked)
	// Keep, when set, is given every answer before it is encrypted.
	Keep func(Answer)
}

// An Answer is what a phone says in one session, as ISO/IEC 18013-5 encodes it. An
// observer that keeps it has to copy it.
type Answer struct {
	Response   []byte // DeviceResponse
	Transcript []byte // SessionTranscript, the array
}

// Asked is what a phone shows its holder of a request.
type Asked struct {
	mdoc.DocRequest
	// Reader is the common name in the certificate of a terminal that has signed
	// the request for this document, or "".
	Reader string
	// ReaderOfAll is the same of one that has signed the request as a whole.
	ReaderOfAll string
	// UseCases say which documents of the request belong together.
	UseCases []mdoc.UseCase
	// Round counts the requests of one session from 1.
	Round int
}

// A Phone is one phone. It implements [reader.Responder].
type Phone struct {
	options Options
	wallet  []*specimen.Credential

	app      application
	tag      tag
	endpoint carrier.Endpoint
	session  session
	gone     bool // it has been pulled away, and says no more in this tap
}

// application is what the last SELECT by name has chosen.
type application int

const (
	none application = iota
	ndefApplication
	mdocApplication
)

var ndefAID = []byte{0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01}

// New makes a phone and issues its documents.
func New(o Options) (*Phone, error) {
	if o.Scenario == "" {
		o.Scenario = Honest
	}
	if _, err := ParseScenario(string(o.Scenario)); err != nil {
		return nil, err
	}
	if o.Documents == nil {
		o.Documents = []specimen.Document{specimen.MyNumberCard(o.At), specimen.DrivingLicence(o.At)}
	}
	if o.MaxCommand == 0 {
		o.MaxCommand = carrier.MaxCommand
	}
	if o.MaxResponse == 0 {
		o.MaxResponse = carrier.MaxResponse
	}
	if o.Curve == 0 {
		o.Curve = seal.P256
	}
	pki, issuing := o.PKI, specimen.Issuing{At: o.At, Curve: o.DeviceCurve}
	switch o.Scenario {
	case SlowConsent:
		if o.Consent == 0 {
			o.Consent = slowConsent
		}
	case PulledAway:
		o.MaxResponse = carrier.MinResponse // so that the answer has a middle
	case UnknownIssuer:
		var err error
		if pki, err = specimen.NewForeignPKI(o.At); err != nil {
			return nil, err
		}
	case ExpiredDocument:
		issuing.At = o.At.AddDate(0, 0, -40)
		issuing.ValidUntil = o.At.AddDate(0, 0, -10)
	}
	p := &Phone{options: o}
	for _, d := range o.Documents {
		if o.Scenario == IndividualNumber && d.DocType == mdoc.DocTypeMyNumberCard {
			d = d.WithIndividualNumber()
		}
		c, err := pki.Issue(d, issuing)
		if err != nil {
			return nil, fmt.Errorf("issuing %s: %w", d.DocType, err)
		}
		p.wallet = append(p.wallet, c)
	}
	return p, nil
}

// ATR implements [reader.Responder].
func (p *Phone) ATR() []byte { return reader.ContactlessATR() }

// Reset implements [reader.Responder]: a new tap, with a new ephemeral key.
func (p *Phone) Reset() {
	p.app, p.tag, p.gone = none, tag{}, false
	p.endpoint.Reset()
	p.session = session{}
}

// Respond implements [reader.Responder].
func (p *Phone) Respond(ctx context.Context, command []byte) ([]byte, error) {
	if p.gone {
		return nil, fmt.Errorf("pulled away: %w", reader.ErrCardRemoved)
	}
	c, err := apdu.ParseCommand(command)
	if err != nil {
		return apdu.Response{SW: apdu.WrongLength}.Bytes(), nil //nolint:nilerr // the reader is told by the status word
	}
	answer, err := p.answer(ctx, c)
	if err != nil {
		return nil, err
	}
	return answer.Bytes(), nil
}

func (p *Phone) answer(ctx context.Context, c apdu.Command) (apdu.Response, error) {
	const selectByName = 0x04
	if c.INS == carrier.INSSelect && c.P1 == selectByName {
		return p.selectApplication(c.Data)
	}
	switch p.app {
	case ndefApplication:
		return p.tag.answer(c)
	case mdocApplication:
		return p.transfer(ctx, c)
	}
	return status(apdu.ConditionsNotMet)
}

func status(sw apdu.Status) (apdu.Response, error) { return apdu.Response{SW: sw}, nil }

func (p *Phone) selectApplication(name []byte) (apdu.Response, error) {
	switch {
	case p.options.Scenario == LockedPhone:
	case bytes.Equal(name, ndefAID):
		if p.session.key == nil {
			if err := p.engage(); err != nil {
				return apdu.Response{}, err
			}
		}
		p.app = ndefApplication
		return status(apdu.OK)
	case bytes.Equal(name, carrier.AID) && p.tag.handoverSelect != nil && p.options.Scenario != BLEOnly:
		p.app = mdocApplication
		return status(apdu.OK)
	}
	return status(apdu.FileNotFound)
}

// transfer answers in the mdoc application.
func (p *Phone) transfer(ctx context.Context, c apdu.Command) (apdu.Response, error) {
	expected := min(c.Expected, p.options.MaxResponse)
	switch c.INS {
	case carrier.INSGetResponse:
		return p.endpoint.Piece(expected), nil
	case carrier.INSEnvelope:
		if len(c.Data) > p.options.MaxCommand {
			return status(apdu.WrongLength)
		}
		message, err := p.endpoint.Envelope(c)
		if err != nil {
			p.endpoint.Reset()
			return status(apdu.WrongData)
		}
		if message == nil {
			return status(apdu.OK)
		}
		reply, err := p.receive(ctx, message)
		if err != nil || reply == nil {
			return apdu.Response{SW: apdu.OK}, err
		}
		p.gone = p.options.Scenario == PulledAway
		return p.endpoint.Answer(reply, expected), nil
	}
	return status(apdu.INSNotSupported)
}
