// Package key is the key with which a terminal signs its requests (reader
// authentication of ISO/IEC 18013-5, clause 9.1.4 of the 2021 edition): a
// crypto.Signer, wherever the private part may lie, and its certificate.
package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// ekuReader is the extended key usage of a reader certificate, which Annex B asks for.
var ekuReader = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}

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
// together or the certificate is not for reader authentication. It does not look
// at dates: see [Reader.Check].
func New(signer crypto.Signer, certificate *x509.Certificate) (*Reader, error) {
	public, ok := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return nil, fault.New(fault.ReaderKeyMismatch, "the certificate is for another key")
	}
	if !supported(signer.Public()) {
		return nil, fault.New(fault.ReaderKeyMismatch, "reader authentication with a %T", signer.Public())
	}
	usable := certificate.KeyUsage&x509.KeyUsageDigitalSignature != 0
	named := false
	for _, usage := range certificate.UnknownExtKeyUsage {
		named = named || usage.Equal(ekuReader)
	}
	if !usable || !named {
		return nil, fault.New(fault.ReaderKeyMismatch, "the certificate is not for reader authentication (usage %s)", ekuReader)
	}
	return &Reader{Signer: signer, Chain: [][]byte{certificate.Raw}, Certificate: certificate}, nil
}

// supported reports whether there is a signature algorithm for the key.
func supported(public crypto.PublicKey) bool {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		return k.Curve == elliptic.P256() || k.Curve == elliptic.P384() || k.Curve == elliptic.P521()
	case ed25519.PublicKey:
		return true
	}
	return false
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
	return cose.SignDetached(r.Signer, payload, r.Chain...)
}

// SignAll returns the ReaderAuth of a request as a whole, an untagged COSE_Sign1, as
// one element of readerAuthAll. info is DeviceRequestInfoBytes or nil.
func (r *Reader) SignAll(transcript []byte, itemsRequests []wire.Embedded, info wire.Embedded) ([]byte, error) {
	payload, err := mdoc.ReaderAuthenticationAllBytes(transcript, itemsRequests, info)
	if err != nil {
		return nil, err
	}
	return cose.SignDetached(r.Signer, payload, r.Chain...)
}

// Load reads a private key (PKCS #8 or SEC 1) and a certificate from PEM files and
// checks both at the present time. What cannot be read is KZ-705, what does not
// belong together KZ-706, a certificate out of its time KZ-707. In a certificate file
// with several, the first one counts.
func Load(keyFile, certFile string) (*Reader, error) {
	signer, err := loadKey(keyFile)
	if err != nil {
		return nil, err
	}
	block, err := readPEM(certFile, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(fault.ReaderKeyUnreadable, err, "certificate in %s", certFile)
	}
	r, err := New(signer, certificate)
	if err != nil {
		return nil, err
	}
	if err := r.Check(time.Now()); err != nil {
		return nil, err
	}
	return r, nil
}

func loadKey(file string) (crypto.Signer, error) {
	block, err := readPEM(file, "PRIVATE KEY", "EC PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	defer clear(block.Bytes)
	var parsed any
	if block.Type == "EC PRIVATE KEY" {
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	} else {
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fault.New(fault.ReaderKeyUnreadable, "%s holds no private key that can be read", file)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fault.New(fault.ReaderKeyUnreadable, "%s holds a %T, which does not sign", file, parsed)
	}
	return signer, nil
}

// readPEM returns the first block of one of the kinds.
func readPEM(file string, kinds ...string) (*pem.Block, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Wrap(fault.ReaderKeyUnreadable, err, "reader authentication")
	}
	defer clear(text)
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fault.New(fault.ReaderKeyUnreadable, "%s holds no PEM block of %q", file, kinds)
		}
		for _, kind := range kinds {
			if block.Type == kind {
				return block, nil
			}
		}
	}
}
