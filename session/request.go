package session

import (
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

// encodeItems encodes what is asked for, before the phone is spoken to.
func encodeItems(r mdoc.Request) ([]wire.Embedded, error) {
	if len(r.Documents) == 0 {
		return nil, fault.New(fault.ProfileInvalid, "request for no document")
	}
	items := make([]wire.Embedded, len(r.Documents))
	for i, d := range r.Documents {
		var err error
		if items[i], err = d.ItemsRequestBytes(); err != nil {
			if fault.CodeOf(err) == fault.Internal {
				err = fault.Wrap(fault.ProfileInvalid, err, "request")
			}
			return nil, err
		}
	}
	return items, nil
}

// establishment returns the first session message: the request, signed document by
// document if there is a key to sign with, and sealed.
func (t *run) establishment(items []wire.Embedded, transcript []byte) ([]byte, error) {
	var signatures [][]byte
	if t.ReaderAuth != nil {
		for _, item := range items {
			s, err := t.ReaderAuth.Sign(transcript, item)
			if err != nil {
				return nil, fault.Wrap(fault.Internal, err, "signing the request")
			}
			signatures = append(signatures, s)
		}
	}
	request, err := mdoc.EncodeDeviceRequest(items, signatures)
	if err != nil {
		return nil, err
	}
	sealed, err := t.sealed.Seal(request)
	if err != nil {
		return nil, err
	}
	return seal.EncodeSessionEstablishment(t.Key.COSE(), sealed)
}
