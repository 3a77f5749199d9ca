// Package seal is the session encryption of ISO/IEC 18013-5 (clause 9.1.1 of the
// 2021 edition): ephemeral keys, the three keys derived from them, and the
// numbered AES-256-GCM messages of one session, from either side.
//
// What can be erased is erased: shared secrets and derived keys are overwritten
// as soon as they are loaded. The key schedules inside the standard library's
// types cannot be overwritten; Wipe drops them, and a build in which package secret
// erases overwrites them then.
package seal

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"kazashi/session/fault"
	"kazashi/session/secret"
	"kazashi/session/wire"
)

// The info strings of the key derivation, which are the standard's names of the keys.
const (
	infoReader = "SKReader"
	infoDevice = "SKDevice"
	infoMAC    = "EMacKey"
)

// keySize is the length in bytes of every derived key.
const keySize = 32

// The identifiers that begin an IV, by sender.
var (
	readerID = [8]byte{}
	deviceID = [8]byte{7: 1}
)

var errEnded = errors.New("session has ended")

// derive returns HKDF-SHA-256 over a shared secret Z, salted with the hash of
// SessionTranscriptBytes. transcript is the array form.
func derive(z, transcript []byte, info string) ([]byte, error) {
	salt := sha256.Sum256(wire.Embed(transcript))
	return hkdf.Key(sha256.New, z, salt[:], info, keySize)
}

// A Session encrypts what one side sends and decrypts what it receives. Each
// direction counts its messages from 1. It is not for concurrent use.
type Session struct {
	send, receive channel
}

// NewReader starts the reader's side. transcript is SessionTranscript in its array form.
func NewReader(priv *Private, eDeviceKey crypto.PublicKey, transcript []byte) (*Session, error) {
	reader, device, err := channels(priv, eDeviceKey, transcript)
	if err != nil {
		return nil, err
	}
	return &Session{send: reader, receive: device}, nil
}

// NewDevice starts the phone's side.
func NewDevice(priv *Private, eReaderKey crypto.PublicKey, transcript []byte) (*Session, error) {
	reader, device, err := channels(priv, eReaderKey, transcript)
	if err != nil {
		return nil, err
	}
	return &Session{send: device, receive: reader}, nil
}

func channels(priv *Private, peer crypto.PublicKey, transcript []byte) (reader, device channel, err error) {
	secret.Do(func() {
		var z []byte
		if z, err = priv.Agree(peer); err != nil {
			return
		}
		defer clear(z)
		if reader, err = newChannel(z, transcript, infoReader, readerID); err == nil {
			device, err = newChannel(z, transcript, infoDevice, deviceID)
		}
	})
	if err != nil {
		return channel{}, channel{}, err
	}
	return reader, device, nil
}

// Seal encrypts the next message to the other side and returns it with its
// 16-byte tag. After 2^32-1 messages it fails with KZ-306.
func (s *Session) Seal(plaintext []byte) ([]byte, error) {
	nonce, err := s.send.next()
	if err != nil {
		return nil, err
	}
	var sealed []byte
	secret.Do(func() { sealed = s.send.aead.Seal(nil, nonce[:], plaintext, nil) })
	return sealed, nil
}

// Open decrypts the next message of the other side into memory of its own, which
// the caller owns. A message that was changed, left out, sent twice or meant for
// another session fails with KZ-301 and ends the session: its keys are gone.
func (s *Session) Open(ciphertext []byte) ([]byte, error) {
	nonce, err := s.receive.next()
	if err != nil {
		return nil, err
	}
	var plaintext []byte
	secret.Do(func() { plaintext, err = s.receive.aead.Open(nil, nonce[:], ciphertext, nil) })
	if err != nil {
		message := s.receive.count
		s.Wipe()
		return nil, fault.New(fault.SessionDecryption, "message %d does not authenticate", message)
	}
	if plaintext == nil {
		plaintext = []byte{} // an empty message is still a message
	}
	return plaintext, nil
}

// Wipe ends the session. Calls after the first do nothing.
func (s *Session) Wipe() { s.send, s.receive = channel{}, channel{} }

// A channel is one direction.
type channel struct {
	aead  cipher.AEAD
	id    [8]byte
	count uint32 // of messages so far
}

func newChannel(z, transcript []byte, info string, id [8]byte) (channel, error) {
	key, err := derive(z, transcript, info)
	if err != nil {
		return channel{}, fmt.Errorf("deriving %s: %w", info, err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return channel{}, fmt.Errorf("loading %s: %w", info, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return channel{}, fmt.Errorf("loading %s: %w", info, err)
	}
	return channel{aead: aead, id: id}, nil
}

// next counts one message and returns its IV. A number is never given twice,
// whatever becomes of its message.
func (c *channel) next() ([12]byte, error) {
	if c.aead == nil {
		return [12]byte{}, errEnded
	}
	if c.count == math.MaxUint32 {
		return [12]byte{}, fault.New(fault.CounterExhausted, "%d messages under one key", c.count)
	}
	c.count++
	var iv [12]byte
	copy(iv[:], c.id[:])
	binary.BigEndian.PutUint32(iv[8:], c.count)
	return iv, nil
}
