package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Create makes a certificate as [x509.CreateCertificate] does, and beyond that for the
// keys that crypto/x509 does not know: pub may be on a brainpool curve or Ed448, and
// the issuer's key on a brainpool curve. The algorithm of the signature is the one of
// [Algorithm], whatever the template says; a subject key identifier has to stand in
// the template. It returns the DER. A terminal makes no certificates: this is for the
// specimen PKI and for tests.
func Create(template, parent *x509.Certificate, pub crypto.PublicKey, issuer crypto.Signer) ([]byte, error) {
	algorithm, err := Algorithm(issuer.Public())
	if err != nil {
		return nil, err
	}
	spki, err := marshalPublic(pub)
	if err != nil {
		return nil, err
	}
	// crypto/x509 writes the certificate with keys that it knows; key and signature are
	// put in afterwards. It would see that its key is not that of parent.
	standIn, err := standInFor(algorithm)
	if err != nil {
		return nil, err
	}
	written, above := *template, *parent
	written.SignatureAlgorithm, above.PublicKey = algorithm, nil
	der, err := x509.CreateCertificate(rand.Reader, &written, &above, standIn.Public(), standIn)
	if err != nil {
		return nil, err
	}
	p, ok := split(der)
	if !ok {
		return nil, ErrKey
	}
	return p.signedAnew(spki, algorithm, issuer)
}

// KeyIdentifier returns the subject key identifier of a public key as Annex B has it:
// the SHA-1 of the key's bits, without what says of which kind it is.
func KeyIdentifier(pub crypto.PublicKey) ([]byte, error) {
	spki, err := marshalPublic(pub)
	if err != nil {
		return nil, err
	}
	_, _, key := keyInfo(spki)
	identifier := sha1.Sum(key) // identifies, protects nothing
	return identifier[:], nil
}

// standInFor makes a key with which crypto/x509 writes an algorithm.
func standInFor(algorithm x509.SignatureAlgorithm) (crypto.Signer, error) {
	if algorithm == x509.PureEd25519 {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// signedAnew returns the certificate with another key in it and another signature.
func (p parts) signedAnew(spki []byte, algorithm x509.SignatureAlgorithm, issuer crypto.Signer) ([]byte, error) {
	var tbs cryptobyte.Builder
	tbs.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(p.before)
		b.AddBytes(spki)
		b.AddBytes(p.after)
	})
	content, err := tbs.Bytes()
	if err != nil {
		return nil, err
	}
	toSign, hash := content, hashes[algorithm]
	if hash != 0 {
		h := hash.New()
		h.Write(content)
		toSign = h.Sum(nil)
	}
	signature, err := issuer.Sign(rand.Reader, toSign, hash)
	if err != nil {
		return nil, err
	}
	rest := cryptobyte.String(p.rest)
	var identifier cryptobyte.String
	if !rest.ReadASN1Element(&identifier, cryptobyteasn1.SEQUENCE) {
		return nil, ErrAlgorithm
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(content)
		b.AddBytes(identifier)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}
