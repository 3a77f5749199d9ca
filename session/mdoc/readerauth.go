package mdoc

import (
	"fmt"

	"kazashi/session/certificate"
	"kazashi/session/cose"
	"kazashi/session/wire"
)

// ReaderAuthenticationBytes returns what a reader signs for one document, clause
// 9.1.4.4, for a SessionTranscript in its array form and ItemsRequestBytes as sent. A
// transcript that is none is KZ-709.
func ReaderAuthenticationBytes(transcript []byte, itemsRequest wire.Embedded) (wire.Embedded, error) {
	return authenticationBytes("ReaderAuthentication", transcript, itemsRequest)
}

// ReaderAuthenticationAllBytes returns what a reader signs for a request as a whole:
// the ItemsRequestBytes of all documents in their order and DeviceRequestInfoBytes, nil
// for a request without.
func ReaderAuthenticationAllBytes(transcript []byte, itemsRequests []wire.Embedded, info wire.Embedded) (wire.Embedded, error) {
	var last any // null
	if info != nil {
		last = info
	}
	return authenticationBytes("ReaderAuthenticationAll", transcript, itemsRequests, last)
}

// VerifyReaderAuth checks on the holder's side that the key of the first
// certificate in readerAuth signed the request in this session, and returns the
// certificates, leaf first. Whether they are to be trusted is not checked.
func VerifyReaderAuth(readerAuth, transcript []byte, itemsRequest wire.Embedded) ([][]byte, error) {
	signed, err := ReaderAuthenticationBytes(transcript, itemsRequest)
	if err != nil {
		return nil, err
	}
	return verifyReaderAuth(readerAuth, signed)
}

// VerifyReaderAuthAll does the same for one element of readerAuthAll.
func VerifyReaderAuthAll(readerAuth, transcript []byte, itemsRequests []wire.Embedded, info wire.Embedded) ([][]byte, error) {
	signed, err := ReaderAuthenticationAllBytes(transcript, itemsRequests, info)
	if err != nil {
		return nil, err
	}
	return verifyReaderAuth(readerAuth, signed)
}

func verifyReaderAuth(readerAuth []byte, signed wire.Embedded) ([][]byte, error) {
	s, err := cose.ParseSign1(readerAuth)
	if err != nil {
		return nil, fmt.Errorf("reader authentication: %w", err)
	}
	chain, err := s.X5Chain()
	if err != nil {
		return nil, fmt.Errorf("reader authentication: %w", err)
	}
	leaf, err := certificate.Parse(chain[0])
	if err != nil {
		return nil, fmt.Errorf("reader certificate: %w", err)
	}
	if err := s.VerifyDetached(leaf.PublicKey, signed); err != nil {
		return nil, fmt.Errorf("reader authentication: %w", err)
	}
	return chain, nil
}
