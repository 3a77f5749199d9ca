package key

import (
	"crypto"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"kazashi/session/certificate"
	"kazashi/session/fault"
)

// The schemes of places where a key may lie. What begins with none of them is a file.
const (
	schemeFile       = "file:"
	schemeCredential = "credential:"
	schemePKCS11     = "pkcs11:"
)

// Load reads a private key and its certificate and checks both at the present time.
//
// keyPlace is one of
//
//	/etc/kazashi/reader.key.pem     a PEM file, PKCS #8 or SEC 1; file:/... too
//	credential:reader-key           the same, from $CREDENTIALS_DIRECTORY (systemd)
//	pkcs11:token=...;object=...?module-path=...&pin-source=...
//	                                a token that signs and keeps the key, RFC 7512
//
// certPlace is a PEM file or a credential; of several certificates in it the first one
// counts. A file holds a key on any curve that signs; a token one on a curve of the
// NIST, or Ed25519. What cannot be read or reached is KZ-705, what does not belong
// together KZ-706, a certificate out of its time KZ-707 and one that breaks its profile
// KZ-713. No error holds a PIN or a part of a key.
func Load(keyPlace, certPlace string) (*Reader, error) {
	block, err := readPEM(certPlace, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	leaf, err := certificate.Parse(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(fault.ReaderKeyUnreadable, err, "certificate in %s", certPlace)
	}
	if err := fits(leaf); err != nil {
		return nil, err
	}
	signer, err := loadKey(keyPlace, leaf.PublicKey)
	if err != nil {
		return nil, err
	}
	r, err := New(signer, leaf)
	if err != nil {
		return nil, err
	}
	if err := r.Check(time.Now()); err != nil {
		return nil, err
	}
	return r, nil
}

// loadKey opens the key. public is what the certificate says of it, which a token need
// not know.
func loadKey(place string, public crypto.PublicKey) (crypto.Signer, error) {
	if strings.HasPrefix(place, schemePKCS11) {
		uri, err := parseURI(place)
		if err != nil {
			return nil, err
		}
		return openToken(uri, public)
	}
	block, err := readPEM(place, "PRIVATE KEY", "EC PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	defer clear(block.Bytes)
	var parsed any
	if block.Type == "EC PRIVATE KEY" {
		parsed, err = certificate.ParseEC(block.Bytes)
	} else {
		parsed, err = certificate.ParsePKCS8(block.Bytes)
	}
	if err != nil {
		return nil, fault.New(fault.ReaderKeyUnreadable, "%s holds no private key that can be read", place)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fault.New(fault.ReaderKeyUnreadable, "%s holds a %T, which does not sign", place, parsed)
	}
	return signer, nil
}

// readPEM returns the first block of one of the kinds.
func readPEM(place string, kinds ...string) (*pem.Block, error) {
	text, err := readPlace(place)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fault.New(fault.ReaderKeyUnreadable, "%s holds no PEM block of %q", place, kinds)
		}
		if slices.Contains(kinds, block.Type) {
			return block, nil
		}
		clear(block.Bytes)
	}
}
