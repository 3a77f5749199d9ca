// Package session is one tap: it engages a phone, asks it for elements, verifies
// the answer and leaves nothing behind. [Run] is the whole of it; what it speaks
// stands in the packages below: engagement, carrier, seal, mdoc, verify.
package session

import (
	"context"
	"time"

	"kazashi/reader"
	"kazashi/session/carrier"
	"kazashi/session/conversation"
	"kazashi/session/engagement"
	"kazashi/session/fault"
	"kazashi/session/key"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/verify"
	"kazashi/session/wire"
)

// DefaultStepTimeout bounds each step that waits for nobody's consent.
const DefaultStepTimeout = 3 * time.Second

// farewell bounds the last message, which nothing depends on.
const farewell = 500 * time.Millisecond

// A Tap is what one run needs. Card, Request and Verifier have to be set.
type Tap struct {
	// Card is the phone. Run leaves closing it to the caller.
	Card     reader.Card
	Request  mdoc.Request
	Verifier *verify.Verifier

	// Next, when set, is given each verified answer and says what else to ask for in
	// the same session, or nil for nothing. An answer after which something is asked
	// stays with Next, which wipes it; the last one is that of Run.
	Next func(*verify.Verified) *mdoc.Request

	// ReaderAuth signs each request; nil leaves it unsigned.
	ReaderAuth *key.Reader
	// Key is the ephemeral key made before the tap, on P-256; nil has Run make one.
	// Run wipes it.
	Key *seal.Private
	// StepTimeout bounds each step that waits for no consent; DefaultStepTimeout
	// when zero. Consent and the tap as a whole are bounded by the context.
	StepTimeout time.Duration
	// MaxAnswer bounds the phone's answer in bytes; carrier.DefaultMaxMessage when zero.
	MaxAnswer int
	// Seen remembers the phones' ephemeral keys from tap to tap; nil remembers nothing.
	Seen *engagement.Memory
	// Observe, when set, is told how the tap goes, from the goroutine of Run. It
	// must not block.
	Observe func(Event)
}

// Run goes through one tap. It returns either a Verified, which the caller owns and
// wipes, or a [*TapError] with a code. However it ends, its keys are gone, and a
// phone that was asked and can still hear has been told that it is over.
//
// The context is the tap's deadline. When it ends with a cause that has a code, that
// code is the tap's.
func Run(ctx context.Context, tap Tap) (*verify.Verified, error) {
	t := &run{Tap: tap, link: &link{card: tap.Card}, start: time.Now()}
	t.loop = conversation.Loop{Card: t.link, StepTimeout: tap.StepTimeout, Observe: t.observe}
	if t.loop.StepTimeout <= 0 {
		t.loop.StepTimeout = DefaultStepTimeout
	}
	verified, err := t.do(ctx)
	t.end(ctx, err)
	if err != nil {
		err = &TapError{Phase: t.phase, Asked: t.asked, Err: coded(ctx, t.asked && t.phase == Requesting, err)}
	}
	t.report(err)
	return verified, err
}

// A run is a tap under way.
type run struct {
	Tap
	link  *link
	loop  conversation.Loop
	start time.Time

	phase   Phase
	since   time.Time
	summary Summary

	transport transport
	sealed    *seal.Session
	asked     bool // the phone may have read the request
	over      bool // the phone has ended the session itself
}

// do is the walk of one tap.
func (t *run) do(ctx context.Context) (*verify.Verified, error) {
	defer func() { t.Key.Wipe() }()
	if t.Verifier == nil || t.Card == nil {
		return nil, fault.New(fault.Internal, "tap without card or verifier")
	}
	items, err := t.Request.ItemsRequests()
	if err != nil {
		return nil, err
	}

	t.enter(Engaging)
	phone, err := t.engage(ctx)
	if err != nil {
		return nil, err
	}
	transcript, err := t.agree(phone)
	if err != nil {
		return nil, err
	}

	t.enter(Connecting)
	if t.transport, err = t.choose(phone); err != nil {
		return nil, err
	}
	if err := t.transport.connect(ctx); err != nil {
		return nil, err
	}
	for request := &t.Request; ; {
		verified, err := t.ask(ctx, request, items, phone, transcript)
		if err != nil || t.Next == nil {
			return verified, err
		}
		if request = t.Next(verified); request == nil {
			return verified, nil
		}
		if items, err = request.ItemsRequests(); err != nil {
			return nil, err
		}
		if t.over {
			return nil, fault.New(fault.SessionTerminated, "the phone ended the session with its answer")
		}
	}
}

// ask sends one request and verifies the answer.
func (t *run) ask(ctx context.Context, request *mdoc.Request, items []wire.Embedded, phone *engagement.Engagement, transcript []byte) (*verify.Verified, error) {
	message, err := t.message(items, phone, transcript)
	if err != nil {
		return nil, err
	}
	t.summary.Requests++
	t.enter(Requesting)
	message, err = t.transport.exchange(ctx, message)
	t.asked = t.transport.sent()
	if err != nil {
		return nil, err
	}
	t.enter(Receiving)
	response, err := t.open(message)
	if err != nil {
		return nil, err
	}

	t.enter(Verifying)
	return t.Verifier.Verify(verify.Input{
		Response: response, Transcript: transcript, ReaderKey: t.Key, Requested: request,
	})
}

// engage reads the phone's engagement.
func (t *run) engage(ctx context.Context) (*engagement.Engagement, error) {
	handover := engagement.NewHandover(engagement.NFCOffer)
	if err := t.loop.Run(ctx, handover); err != nil {
		return nil, err
	}
	phone := handover.Result()
	t.summary.Negotiated = phone.HandoverRequest != nil
	t.summary.KeyReused = t.Seen.Reused(phone)
	return phone, nil
}

// agree brings our key to the curve of the phone's, starts the session encryption
// and returns the transcript in its array form.
func (t *run) agree(phone *engagement.Engagement) ([]byte, error) {
	curve, err := seal.CurveOf(phone.Device.Key)
	if err != nil {
		return nil, err
	}
	t.summary.Curve = curve.String()
	if t.Key == nil || t.Key.Curve() != curve {
		t.Key.Wipe()
		if t.Key, err = seal.Generate(curve); err != nil {
			return nil, err
		}
	}
	transcript, err := phone.Transcript(t.Key.COSE())
	if err != nil {
		return nil, err
	}
	t.sealed, err = seal.NewReader(t.Key, phone.Device.Key, transcript)
	return transcript, err
}

// open decrypts the phone's answer.
func (t *run) open(message []byte) ([]byte, error) {
	t.summary.Answer += len(message)
	answer, err := seal.ParseSessionData(message)
	if err != nil {
		return nil, err
	}
	t.over = answer.Status != nil
	if err := answer.Fault(); err != nil {
		return nil, err
	}
	return t.sealed.Open(answer.Data)
}

// end tells the phone that the session is over, if it was asked and can still hear,
// and drops the session keys.
func (t *run) end(ctx context.Context, err error) {
	if t.asked && !t.over && !t.link.dead {
		status := seal.StatusTermination
		switch fault.CodeOf(err) {
		case fault.SessionDecryption, fault.CounterExhausted:
			status = seal.StatusEncryptionError
		case fault.MalformedSessionData:
			status = seal.StatusDecodingError
		}
		// The tap may be over because its context is.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		t.transport.farewell(ctx, seal.EncodeStatus(status))
	}
	if t.sealed != nil {
		t.sealed.Wipe()
	}
}

// A transport moves session messages. Today there is one; a carrier that needs no
// card after the handover fits in as well.
type transport interface {
	connect(ctx context.Context) error
	// exchange sends a message and returns the answer to it.
	exchange(ctx context.Context, message []byte) ([]byte, error)
	// sent reports whether the whole of a message went out: from there on the phone
	// may have read it, whatever has become of the exchange.
	sent() bool
	// farewell sends a last message. That it fails is nobody's concern.
	farewell(ctx context.Context, message []byte)
}

// choose takes the carrier that both sides have.
func (t *run) choose(phone *engagement.Engagement) (transport, error) {
	offer, ok := phone.Carrier(engagement.NFC)
	if !ok {
		return nil, fault.New(fault.NoCommonTransport, "the phone offers %s, this terminal has NFC", phone.Offered())
	}
	return &nfc{loop: &t.loop, options: carrier.Options{
		Reader: t.Card.Limits(), MaxCommand: offer.MaxCommand, MaxResponse: offer.MaxResponse, MaxMessage: t.MaxAnswer,
	}}, nil
}
