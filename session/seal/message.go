package seal

import (
	"fmt"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// A Status is the status of a SessionData. Every one of them ends the session.
type Status uint64

// The statuses of the standard (clause 9.1.1.4, table 20).
const (
	StatusEncryptionError Status = 10
	StatusDecodingError   Status = 11
	StatusTermination     Status = 20
)

// A SessionEstablishment is the reader's first message.
type SessionEstablishment struct {
	EReaderKey wire.Embedded `cbor:"eReaderKey"` // EReaderKeyBytes, as received
	Data       []byte        `cbor:"data"`
}

// EncodeSessionEstablishment encodes the reader's first message from its public
// key as COSE_Key and the sealed request.
func EncodeSessionEstablishment(eReaderKey, data []byte) ([]byte, error) {
	sealed, err := wire.Marshal(data)
	if err != nil {
		return nil, err
	}
	// By hand, since the standard's own example has the members in this order.
	out := append([]byte{0xa2, 0x6a}, "eReaderKey"...)
	out = append(out, wire.Embed(eReaderKey)...)
	out = append(append(out, 0x64), "data"...)
	return append(out, sealed...), nil
}

// ParseSessionEstablishment reads the reader's first message. What is not one is KZ-302.
func ParseSessionEstablishment(raw []byte) (SessionEstablishment, error) {
	var m SessionEstablishment
	if err := wire.Unmarshal(raw, &m, wire.SessionLimits); err != nil {
		return SessionEstablishment{}, fault.Wrap(fault.MalformedSessionData, err, "session establishment")
	}
	return m, nil
}

// A SessionData is any later message, of either side.
type SessionData struct {
	Data   []byte  // nil when the message has none; what was parsed lies in its message
	Status *Status // nil when the message has none
}

type sessionData struct {
	Data   *[]byte `cbor:"data,omitempty"`
	Status *uint64 `cbor:"status,omitempty"`
}

// EncodeSessionData encodes a message with data, a status or both.
func EncodeSessionData(m SessionData) ([]byte, error) {
	var w sessionData
	if m.Data != nil {
		w.Data = &m.Data
	}
	if m.Status != nil {
		n := uint64(*m.Status)
		w.Status = &n
	}
	if w == (sessionData{}) {
		return nil, fmt.Errorf("session data with neither data nor status")
	}
	return wire.Marshal(w)
}

// EncodeStatus encodes the message that ends a session.
func EncodeStatus(s Status) []byte {
	b, _ := EncodeSessionData(SessionData{Status: &s}) // a number always encodes
	return b
}

// receivedSessionData leaves the data where it is: a whole answer lies in it.
type receivedSessionData struct {
	Data   wire.Raw `cbor:"data,omitzero"`
	Status *uint64  `cbor:"status,omitempty"`
}

// ParseSessionData reads a message. What is not one, or has neither data nor
// status, is KZ-302. Members that the standard does not know are skipped.
func ParseSessionData(raw []byte) (SessionData, error) {
	var w receivedSessionData
	if err := wire.Unmarshal(raw, &w, wire.SessionLimits); err != nil {
		return SessionData{}, fault.Wrap(fault.MalformedSessionData, err, "session data")
	}
	var m SessionData
	if w.Data != nil {
		h, data, err := wire.ReadHead(w.Data)
		if err != nil || h.Major != wire.Bytes {
			return SessionData{}, fault.New(fault.MalformedSessionData, "session data whose data is a %v", h.Major)
		}
		m.Data = data // never nil, for the data of an empty message is one too
	}
	if w.Status != nil {
		s := Status(*w.Status)
		m.Status = &s
	}
	if m.Data == nil && m.Status == nil {
		return SessionData{}, fault.New(fault.MalformedSessionData, "session data with neither data nor status")
	}
	return m, nil
}

// Fault returns the fault that the message's status stands for, and nil when the
// message has none or ends the session in good order, data and status 20 together.
func (m SessionData) Fault() error {
	if m.Status == nil {
		return nil
	}
	switch *m.Status {
	case StatusEncryptionError:
		return fault.New(fault.SessionEncryptionStatus, "the phone could not decrypt")
	case StatusDecodingError:
		return fault.New(fault.SessionDecodingStatus, "the phone could not decode")
	case StatusTermination:
		if m.Data != nil {
			return nil
		}
		return fault.New(fault.SessionTerminated, "the phone ended the session without an answer")
	}
	return fault.New(fault.UnknownSessionStatus, "session status %d", *m.Status)
}
