package session

import (
	"kazashi/session/engagement"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

// message returns the session message that carries a request, sealed: the first one
// of a session brings our key along.
func (t *run) message(items []wire.Embedded, phone *engagement.Engagement, transcript []byte) ([]byte, error) {
	request, err := t.deviceRequest(items, phone.Device.Capabilities, transcript)
	if err != nil {
		return nil, err
	}
	data, err := t.sealed.Seal(request)
	if err != nil {
		return nil, err
	}
	if t.asked {
		return seal.EncodeSessionData(seal.SessionData{Data: data})
	}
	return seal.EncodeSessionEstablishment(t.Key.COSE(), data)
}

// deviceRequest returns the request, signed if there is a key to sign with. Each
// document is signed for itself, which every phone understands. A phone that can
// check it gets a signature of the whole as well, and one that can read it is told
// which documents belong together.
func (t *run) deviceRequest(items []wire.Embedded, phone engagement.Capabilities, transcript []byte) ([]byte, error) {
	var request mdoc.DeviceRequest
	if phone.ExtendedRequest && len(items) > 1 {
		var err error
		if request.Info, err = mdoc.AllTogether(len(items)).Bytes(); err != nil {
			return nil, err
		}
	}
	for _, item := range items {
		d := mdoc.SignedDocRequest{ItemsRequest: item}
		if t.ReaderAuth != nil {
			var err error
			if d.ReaderAuth, err = t.ReaderAuth.Sign(transcript, item); err != nil {
				return nil, unsigned(err)
			}
		}
		request.DocRequests = append(request.DocRequests, d)
	}
	if t.ReaderAuth != nil && phone.ReaderAuthAll {
		whole, err := t.ReaderAuth.SignAll(transcript, items, request.Info)
		if err != nil {
			return nil, unsigned(err)
		}
		request.ReaderAuthAll = []wire.Raw{whole}
	}
	return request.Bytes()
}

// unsigned is the error of a request that could not be signed: the fault of the key's
// keeper, or our own.
func unsigned(err error) error {
	if fault.CodeOf(err) != fault.Internal {
		return err
	}
	return fault.Wrap(fault.Internal, err, "signing the request")
}
