package certificate

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"github.com/cloudflare/circl/sign/ed448"
	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
)

var oidX448 = asn1.ObjectIdentifier{1, 3, 101, 111}

var brainpoolOIDs = []struct {
	id    asn1.ObjectIdentifier
	curve func() *brainpool.Curve
}{
	{oidBrainpoolP256r1, brainpool.P256r1}, {oidBrainpoolP320r1, brainpool.P320r1},
	{oidBrainpoolP384r1, brainpool.P384r1}, {oidBrainpoolP512r1, brainpool.P512r1},
}

// ParsePKCS8 reads a private key as [x509.ParsePKCS8PrivateKey] does, and beyond that
// a *brainpool.PrivateKey, an ed448.PrivateKey of circl and an *x448.PrivateKey.
// Errors are those of crypto/x509, or ErrKey; none holds a part of the key.
func ParsePKCS8(der []byte) (crypto.PrivateKey, error) {
	input := cryptobyte.String(der)
	var info, identifier, private cryptobyte.String
	var version int
	var algorithm asn1.ObjectIdentifier
	if !input.ReadASN1(&info, cryptobyteasn1.SEQUENCE) || !input.Empty() {
		return nil, ErrKey
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, nil
	}
	if !info.ReadASN1Integer(&version) || version > 1 ||
		!info.ReadASN1(&identifier, cryptobyteasn1.SEQUENCE) || !identifier.ReadASN1ObjectIdentifier(&algorithm) ||
		!info.ReadASN1(&private, cryptobyteasn1.OCTET_STRING) {
		return nil, err
	}
	switch {
	case algorithm.Equal(oidECPublicKey):
		var name asn1.ObjectIdentifier
		if !identifier.ReadASN1ObjectIdentifier(&name) || !identifier.Empty() {
			return nil, err
		}
		return readECPrivate(private, name, err)
	case algorithm.Equal(oidEd448), algorithm.Equal(oidX448):
		var raw cryptobyte.String // CurvePrivateKey of RFC 8410
		if !private.ReadASN1(&raw, cryptobyteasn1.OCTET_STRING) || !private.Empty() || !identifier.Empty() {
			return nil, ErrKey
		}
		if algorithm.Equal(oidX448) {
			key, err := x448.NewPrivateKey(raw)
			if err != nil {
				return nil, ErrKey
			}
			return key, nil
		}
		if len(raw) != ed448.SeedSize {
			return nil, ErrKey
		}
		return ed448.NewKeyFromSeed(raw), nil
	}
	return nil, err
}

// ParseEC reads a private key in the form of SEC 1 (RFC 5915) as
// [x509.ParseECPrivateKey] does, and beyond that a *brainpool.PrivateKey whose curve
// is named in it.
func ParseEC(der []byte) (crypto.PrivateKey, error) {
	key, err := x509.ParseECPrivateKey(der)
	if err == nil {
		return key, nil
	}
	return readECPrivate(der, nil, err)
}

// readECPrivate reads an ECPrivateKey of RFC 5915 on a brainpool curve, which its
// parameters name where nothing around it does. Of another curve the error is theirs.
func readECPrivate(der cryptobyte.String, name asn1.ObjectIdentifier, theirs error) (crypto.PrivateKey, error) {
	var content, scalar, parameters cryptobyte.String
	var version int
	var there bool
	if !der.ReadASN1(&content, cryptobyteasn1.SEQUENCE) || !der.Empty() || !content.ReadASN1Integer(&version) || version != 1 ||
		!content.ReadASN1(&scalar, cryptobyteasn1.OCTET_STRING) ||
		!content.ReadOptionalASN1(&parameters, &there, cryptobyteasn1.Tag(0).ContextSpecific().Constructed()) {
		return nil, theirs
	}
	if there {
		var inside asn1.ObjectIdentifier
		if !parameters.ReadASN1ObjectIdentifier(&inside) || name != nil && !name.Equal(inside) {
			return nil, theirs
		}
		name = inside
	}
	for _, b := range brainpoolOIDs {
		if b.id.Equal(name) {
			key, err := b.curve().NewPrivateKey(scalar)
			if err != nil {
				return nil, ErrKey
			}
			return key, nil
		}
	}
	return nil, theirs
}

// GenerateEd448 makes a key from crypto/rand, which certificates and documents may be
// for: an ed448.PrivateKey of circl.
func GenerateEd448() (crypto.Signer, error) {
	_, key, err := ed448.GenerateKey(rand.Reader)
	return key, err
}

// MarshalPKCS8 writes a private key that [ParsePKCS8] reads.
func MarshalPKCS8(key crypto.PrivateKey) ([]byte, error) {
	var algorithm func(*cryptobyte.Builder)
	var private cryptobyte.Builder
	switch k := key.(type) {
	case *brainpool.PrivateKey:
		algorithm = brainpoolIdentifier(k.PublicKey().Curve())
		private.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			b.AddASN1OctetString(k.Bytes())
		})
	case ed448.PrivateKey:
		algorithm = identifier(oidEd448)
		private.AddASN1OctetString(k.Seed())
	case *x448.PrivateKey:
		algorithm = identifier(oidX448)
		private.AddASN1OctetString(k.Bytes())
	default:
		return x509.MarshalPKCS8PrivateKey(key)
	}
	inner, err := private.Bytes()
	if err != nil {
		return nil, err
	}
	defer clear(inner)
	var b cryptobyte.Builder
	b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(cryptobyteasn1.SEQUENCE, algorithm)
		b.AddASN1OctetString(inner)
	})
	return b.Bytes()
}

// marshalPublic writes a SubjectPublicKeyInfo of a key that certificates have.
func marshalPublic(pub crypto.PublicKey) ([]byte, error) {
	var algorithm func(*cryptobyte.Builder)
	var point []byte
	switch k := pub.(type) {
	case *brainpool.PublicKey:
		algorithm, point = brainpoolIdentifier(k.Curve()), k.Bytes()
	case ed448.PublicKey:
		algorithm, point = identifier(oidEd448), k
	default:
		return x509.MarshalPKIXPublicKey(pub)
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyteasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cryptobyteasn1.SEQUENCE, algorithm)
		b.AddASN1BitString(point)
	})
	return b.Bytes()
}

func identifier(id asn1.ObjectIdentifier) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) }
}

func brainpoolIdentifier(curve *brainpool.Curve) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidECPublicKey)
		for _, c := range brainpoolOIDs {
			if c.curve() == curve {
				b.AddASN1ObjectIdentifier(c.id)
				return
			}
		}
		b.SetError(errors.New("a curve without a name"))
	}
}
