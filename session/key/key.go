// Package key is the key with which a terminal signs its requests (reader
// authentication of ISO/IEC 18013-5, clause 9.1.4 of the 2021 edition): a
// crypto.Signer, wherever the private part may lie, and its certificate. [Load] says
// where that may be: a file, a credential of systemd or a PKCS #11 token. It is the
// only package that loads PKCS #11 libraries, and without cgo it loads none.
package key

import (
	"crypto"
	"crypto/x509"
	"io"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/secret"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

// A Reader is the key of one terminal. It is for concurrent use if its Signer is.
type Reader struct {
	Signer crypto.Signer
	// Chain goes into every request as x5chain, DER. It is the leaf alone: each
	// further certificate costs some 40 ms of air time, and a phone that trusts the
	// terminal has its CA.
	Chain [][]byte
	// Certificate is the leaf.
	Certificate *x509.Certificate
}

// New joins a key with its certificate. It fails with KZ-706 when they do not belong
// together, and with KZ-713 when the certificate breaks the profile of Annex B, see
// [trust.CheckReader]. Whether it counts by now is not looked at: see [Reader.Check].
// The key may be on every curve that signs; certificate is what package
// session/certificate reads.
func New(signer crypto.Signer, certificate *x509.Certificate) (*Reader, error) {
	public, ok := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return nil, fault.New(fault.ReaderKeyMismatch, "the certificate is for another key")
	}
	if err := fits(certificate); err != nil {
		return nil, err
	}
	return &Reader{Signer: signer, Chain: [][]byte{certificate.Raw}, Certificate: certificate}, nil
}

// Close gives back what the key's keeper holds for it, the session of a token. A key
// from a file holds nothing.
func (r *Reader) Close() error {
	if c, ok := r.Signer.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// fits refuses a certificate that is not for reader authentication.
func fits(certificate *x509.Certificate) error {
	if !cose.Signs(certificate.PublicKey) {
		return fault.New(fault.ReaderCertificateProfile, "reader authentication with a %T", certificate.PublicKey)
	}
	return fault.Wrap(fault.ReaderCertificateProfile, trust.CheckReader(certificate), "certificate")
}

// Check fails with KZ-707 when the certificate does not count at a time.
func (r *Reader) Check(at time.Time) error {
	switch c := r.Certificate; {
	case at.Before(c.NotBefore):
		return fault.New(fault.ReaderCertificateExpired, "the certificate counts from %s on", c.NotBefore.UTC().Format(time.RFC3339))
	case at.After(c.NotAfter):
		return fault.New(fault.ReaderCertificateExpired, "the certificate counted until %s", c.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// Sign returns the ReaderAuth of one docRequest, an untagged COSE_Sign1, in the
// session of the transcript (array form).
func (r *Reader) Sign(transcript []byte, itemsRequest wire.Embedded) ([]byte, error) {
	payload, err := mdoc.ReaderAuthenticationBytes(transcript, itemsRequest)
	if err != nil {
		return nil, err
	}
	return r.sign(payload)
}

// SignAll returns the ReaderAuth of a request as a whole, an untagged COSE_Sign1, as
// one element of readerAuthAll. info is DeviceRequestInfoBytes or nil.
func (r *Reader) SignAll(transcript []byte, itemsRequests []wire.Embedded, info wire.Embedded) ([]byte, error) {
	payload, err := mdoc.ReaderAuthenticationAllBytes(transcript, itemsRequests, info)
	if err != nil {
		return nil, err
	}
	return r.sign(payload)
}

func (r *Reader) sign(payload []byte) (signed []byte, err error) {
	secret.Do(func() { signed, err = cose.SignDetached(r.Signer, payload, r.Chain...) })
	return signed, err
}
