package holder

import (
	"context"
	"crypto"
	"time"

	"kazashi/session/certificate"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
)

// A session is the phone's side of one tap.
type session struct {
	key              *seal.Private // EDeviceKey
	deviceEngagement []byte
	eReaderKey       crypto.PublicKey
	transcript       []byte
	sealed           *seal.Session
	round            int // requests so far
}

// receive takes a session message and returns the answer, nil for none. An error
// is that of a context that has ended.
func (p *Phone) receive(ctx context.Context, message []byte) ([]byte, error) {
	request, status := p.read(message)
	switch {
	case status == seal.StatusTermination:
		p.session.sealed.Wipe()
		return nil, nil
	case request == nil:
		return seal.EncodeStatus(status), nil
	}
	p.show(request)
	if err := think(ctx, p.options.Consent); err != nil {
		return nil, err
	}
	return p.reply(request)
}

// read returns the request in a session message, or the status that ends the
// session: the one to answer with, or termination where the reader has ended it.
func (p *Phone) read(message []byte) (*mdoc.DeviceRequest, seal.Status) {
	s := &p.session
	var data []byte
	if s.sealed == nil {
		establishment, err := seal.ParseSessionEstablishment(message)
		if err != nil {
			return nil, seal.StatusDecodingError
		}
		if err := p.establish(establishment); err != nil {
			return nil, seal.StatusEncryptionError
		}
		data = establishment.Data
	} else {
		m, err := seal.ParseSessionData(message)
		if err != nil {
			return nil, seal.StatusDecodingError
		}
		if m.Status != nil {
			return nil, seal.StatusTermination
		}
		data = m.Data
	}
	plaintext, err := s.sealed.Open(data)
	if err != nil {
		return nil, seal.StatusEncryptionError
	}
	request, err := mdoc.ParseDeviceRequest(plaintext)
	if err != nil {
		return nil, seal.StatusDecodingError
	}
	return request, 0
}

// establish derives the session's keys.
func (p *Phone) establish(m seal.SessionEstablishment) (err error) {
	s := &p.session
	if s.eReaderKey, err = seal.ParsePublic(m.EReaderKey.Content()); err != nil {
		return err
	}
	if s.transcript, err = p.transcript(m.EReaderKey.Content()); err != nil {
		return err
	}
	s.sealed, err = seal.NewDevice(s.key, s.eReaderKey, s.transcript)
	return err
}

// show tells the observer what the holder would see.
func (p *Phone) show(request *mdoc.DeviceRequest) {
	p.session.round++
	if p.options.Observe == nil {
		return
	}
	info, err := request.RequestInfo()
	if err != nil {
		return
	}
	whole := p.readerOfAll(request)
	for _, d := range request.DocRequests {
		asked := Asked{ReaderOfAll: whole, UseCases: info.UseCases, Round: p.session.round}
		if asked.DocRequest, err = d.Request(); err != nil {
			continue
		}
		if d.ReaderAuth != nil {
			chain, err := mdoc.VerifyReaderAuth(d.ReaderAuth, p.session.transcript, d.ItemsRequest)
			asked.Reader = readerName(chain, err)
		}
		p.options.Observe(asked)
	}
}

// readerOfAll returns who signed the request as a whole: the first one whose signature
// verifies.
func (p *Phone) readerOfAll(request *mdoc.DeviceRequest) string {
	for _, auth := range request.ReaderAuthAll {
		chain, err := mdoc.VerifyReaderAuthAll(auth, p.session.transcript, request.Items(), request.Info)
		if name := readerName(chain, err); name != "" {
			return name
		}
	}
	return ""
}

// readerName returns the common name of the leaf of a chain that was verified.
func readerName(chain [][]byte, err error) string {
	if err != nil {
		return ""
	}
	leaf, err := certificate.Parse(chain[0])
	if err != nil {
		return ""
	}
	return leaf.Subject.CommonName
}

// think passes the time that the holder takes.
func think(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reply returns the answer to a request as a session message.
func (p *Phone) reply(request *mdoc.DeviceRequest) ([]byte, error) {
	if p.options.Scenario == Declines {
		return seal.EncodeStatus(seal.StatusTermination), nil
	}
	response, err := p.response(request)
	if err != nil {
		return nil, err
	}
	if p.options.Scenario == GarbledAnswer {
		response = []byte("neither CBOR nor anything else")
	}
	if p.options.Keep != nil {
		p.options.Keep(Answer{Response: response, Transcript: p.session.transcript})
	}
	sealed, err := p.session.sealed.Seal(response)
	if err != nil {
		return nil, err
	}
	if p.options.Scenario == BrokenEncryption {
		sealed[len(sealed)/2] ^= 1
	}
	message := seal.SessionData{Data: sealed}
	if p.session.round == p.options.LastAnswer {
		end := seal.StatusTermination
		message.Status = &end
		p.session.sealed.Wipe()
	}
	return seal.EncodeSessionData(message)
}
