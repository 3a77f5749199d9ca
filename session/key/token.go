//go:build cgo

package key

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/miekg/pkcs11"

	"kazashi/session/fault"
)

// mechanismEdDSA is CKM_EDDSA of PKCS #11 3.0, which the library does not name.
const mechanismEdDSA = 0x1057

var (
	errSignature = errors.New("the token made a signature of no known form")
	errPIN       = errors.New("the token does not take the PIN")
)

// A token is a key that a token keeps: a crypto.Signer over one session, which is
// opened again when the token was reset meanwhile. It is not for concurrent use.
type token struct {
	uri     uri
	public  crypto.PublicKey
	module  *pkcs11.Ctx
	session pkcs11.SessionHandle
	key     pkcs11.ObjectHandle
	open    bool
	// refused is why no more PIN is sent to the token: each wrong one brings it nearer
	// to being locked.
	refused error
}

// openToken opens the key and lets it prove that it belongs to a public one, since not
// every token keeps the public half: what proves it, is a signature.
func openToken(u uri, public crypto.PublicKey) (crypto.Signer, error) {
	module, err := loadModule(u.module)
	if err != nil {
		return nil, err
	}
	signer := newBounded(&token{uri: u, public: public, module: module})
	if err := prove(signer); err != nil {
		_ = signer.Close()
		return nil, err
	}
	return signer, nil
}

// Public implements [crypto.Signer].
func (t *token) Public() crypto.PublicKey { return t.public }

// Sign implements [crypto.Signer]: for ECDSA over a digest, in ASN.1; for Ed25519 over
// the message.
func (t *token) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	if t.open {
		if signature, err := t.sign(digest); err == nil {
			return signature, nil
		}
		t.close() // the token may have been reset since the last signature
	}
	if err := t.connect(); err != nil {
		return nil, err
	}
	signature, err := t.sign(digest)
	if err != nil {
		t.close()
		return nil, fault.Wrap(fault.ReaderKeyUnreadable, err, "signing with the token's key")
	}
	return signature, nil
}

func (t *token) sign(digest []byte) ([]byte, error) {
	_, isECDSA := t.public.(*ecdsa.PublicKey)
	mechanism := uint(mechanismEdDSA)
	if isECDSA {
		mechanism = pkcs11.CKM_ECDSA
	}
	if err := t.module.SignInit(t.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, t.key); err != nil {
		return nil, err
	}
	signature, err := t.module.Sign(t.session, digest)
	if err != nil || !isECDSA {
		return signature, err
	}
	if len(signature) == 0 || len(signature)%2 != 0 {
		return nil, errSignature
	}
	half := len(signature) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]),
	})
}

// connect opens a session, logs in where there is a PIN and finds the key.
func (t *token) connect() error {
	if t.refused != nil {
		return t.refused
	}
	slot, info, err := t.find()
	if err != nil {
		return err
	}
	if t.session, err = t.module.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION); err != nil {
		return fault.Wrap(fault.ReaderKeyUnreadable, err, "opening the token")
	}
	t.open = true
	if err := t.login(info); err != nil {
		t.close()
		return err
	}
	if t.key, err = t.privateKey(info); err != nil {
		t.close()
		return err
	}
	return nil
}

// find returns the one token that the URI describes.
func (t *token) find() (slot uint, info pkcs11.TokenInfo, err error) {
	slots, err := t.module.GetSlotList(true)
	if err != nil {
		return 0, info, fault.Wrap(fault.ReaderKeyUnreadable, err, "listing tokens")
	}
	found := 0
	for _, s := range slots {
		i, err := t.module.GetTokenInfo(s)
		if err == nil && i.Flags&pkcs11.CKF_TOKEN_INITIALIZED != 0 && t.uri.matches(int(s), i.Label, i.SerialNumber, i.ManufacturerID, i.Model) {
			slot, info = s, i
			found++
		}
	}
	if found != 1 {
		return 0, info, fault.New(fault.ReaderKeyUnreadable, "%d tokens are as the URI says, of %d", found, len(slots))
	}
	return slot, info, nil
}

// login sends the PIN. A token that would be locked by one more wrong one is spared.
func (t *token) login(info pkcs11.TokenInfo) error {
	if t.uri.pin == "" {
		return nil
	}
	if info.Flags&(pkcs11.CKF_USER_PIN_FINAL_TRY|pkcs11.CKF_USER_PIN_LOCKED) != 0 {
		return fault.Wrap(fault.ReaderKeyUnreadable, errPIN, "locked, or one try left, which is not used")
	}
	pin, err := readPlace(t.uri.pin)
	if err != nil {
		return err
	}
	defer clear(pin)
	err = t.module.Login(t.session, pkcs11.CKU_USER, string(bytes.TrimRight(pin, "\r\n")))
	switch {
	case err == nil, errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)):
		return nil
	case errors.Is(err, pkcs11.Error(pkcs11.CKR_DEVICE_ERROR)), errors.Is(err, pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED)),
		errors.Is(err, pkcs11.Error(pkcs11.CKR_TOKEN_NOT_PRESENT)), errors.Is(err, pkcs11.Error(pkcs11.CKR_SESSION_HANDLE_INVALID)):
		return fault.Wrap(fault.ReaderKeyUnreadable, err, "logging in to the token")
	}
	t.refused = fault.Wrap(fault.ReaderKeyUnreadable, fmt.Errorf("%w: %w", errPIN, err), "logging in to the token")
	return t.refused
}

// privateKey returns the one private key that the URI describes.
func (t *token) privateKey(info pkcs11.TokenInfo) (pkcs11.ObjectHandle, error) {
	template := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY)}
	if t.uri.object != "" {
		template = append(template, pkcs11.NewAttribute(pkcs11.CKA_LABEL, t.uri.object))
	}
	if t.uri.id != "" {
		template = append(template, pkcs11.NewAttribute(pkcs11.CKA_ID, t.uri.id))
	}
	if err := t.module.FindObjectsInit(t.session, template); err != nil {
		return 0, fault.Wrap(fault.ReaderKeyUnreadable, err, "searching the token")
	}
	found, _, err := t.module.FindObjects(t.session, 2)
	_ = t.module.FindObjectsFinal(t.session)
	switch {
	case err != nil:
		return 0, fault.Wrap(fault.ReaderKeyUnreadable, err, "searching the token")
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return 0, fault.New(fault.ReaderKeyUnreadable, "several private keys of the token are as the URI says")
	case t.uri.pin == "" && info.Flags&pkcs11.CKF_LOGIN_REQUIRED != 0:
		return 0, fault.New(fault.ReaderKeyUnreadable, "no private key is as the URI says; the token wants a PIN, which pin-source names")
	}
	return 0, fault.New(fault.ReaderKeyUnreadable, "no private key of the token is as the URI says")
}

// close gives the session back. Calls after the first do nothing.
func (t *token) close() {
	if t.open {
		_ = t.module.CloseSession(t.session)
	}
	t.open = false
}

// Close implements [io.Closer].
func (t *token) Close() error {
	t.close()
	return nil
}
