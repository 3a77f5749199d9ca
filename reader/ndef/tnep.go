package ndef

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// The well-known record types of the Tag NDEF Exchange Protocol, and the name of
// the service that negotiates a handover.
const (
	TypeServiceParameter = "Tp"
	TypeServiceSelect    = "Ts"
	TypeStatus           = "Te"

	HandoverService = "urn:nfc:sn:handover"
)

// ModeSingleResponse is the communication mode in which each message that is written
// is answered by one.
const ModeSingleResponse = 0x00

// tnepVersion is TNEP 1.0; the major version is in the upper four bits.
const tnepVersion = 0x10

// maxWaitCode and maxWaitCount are the largest WT_INT and N_WAIT: they are six and
// four bits wide, and the bits above them are for future use.
const (
	maxWaitCode  = 0x3f
	maxWaitCount = 0x0f
)

// A ServiceParameter (`Tp`) is a tag's offer of one TNEP service.
type ServiceParameter struct {
	ServiceName string // a URN, 1 to 255 bytes
	Mode        byte   // the communication mode; handover uses ModeSingleResponse
	// MinWait is to pass between a write and the next read, 0.5 ms to 27.6 s. It
	// encodes WT_INT: 2^(WT_INT/4-1) ms.
	MinWait time.Duration
	// MaxWaits is N_WAIT, how often the tag may ask for more time, 0 to 15.
	MaxWaits int
	// MaxMessage is the largest message that the tag takes, in bytes.
	MaxMessage int
}

// wait returns the waiting time that a WT_INT stands for, to the nanosecond.
func wait(code int) time.Duration {
	return time.Duration(math.Round(math.Exp2(float64(code)/4-1) * float64(time.Millisecond)))
}

// ParseServiceParameter decodes the payload of a `Tp` record. Communication modes
// other than single response are reported as they are.
func ParseServiceParameter(payload []byte) (ServiceParameter, error) {
	if len(payload) < 2 {
		return ServiceParameter{}, fmt.Errorf("%w: TNEP service parameter of %d bytes", ErrMalformed, len(payload))
	}
	if major := payload[0] >> 4; major != tnepVersion>>4 {
		return ServiceParameter{}, fmt.Errorf("%w: TNEP version %d.%d", ErrMalformed, major, payload[0]&0x0f)
	}
	n := int(payload[1])
	if n == 0 || len(payload) != 2+n+5 {
		return ServiceParameter{}, fmt.Errorf("%w: TNEP service parameter of %d bytes with a name of %d", ErrMalformed, len(payload), n)
	}
	rest := payload[2+n:]
	return ServiceParameter{
		ServiceName: string(payload[2 : 2+n]),
		Mode:        rest[0],
		MinWait:     wait(int(rest[1] & maxWaitCode)),
		MaxWaits:    int(rest[2] & maxWaitCount),
		MaxMessage:  int(binary.BigEndian.Uint16(rest[3:])),
	}, nil
}

// Bytes encodes the payload of a `Tp` record. MinWait is rounded up to the next
// time that can be said.
func (p ServiceParameter) Bytes() ([]byte, error) {
	code := 0
	for code < maxWaitCode && wait(code) < p.MinWait {
		code++
	}
	switch {
	case len(p.ServiceName) < 1 || len(p.ServiceName) > math.MaxUint8:
		return nil, fmt.Errorf("%w: TNEP service name of %d bytes", ErrMalformed, len(p.ServiceName))
	case p.MinWait < 0 || p.MinWait > wait(maxWaitCode):
		return nil, fmt.Errorf("%w: TNEP waiting time of %v", ErrMalformed, p.MinWait)
	case p.MaxWaits < 0 || p.MaxWaits > maxWaitCount:
		return nil, fmt.Errorf("%w: TNEP waiting count of %d", ErrMalformed, p.MaxWaits)
	case p.MaxMessage < 0 || p.MaxMessage > MaxMessage:
		return nil, fmt.Errorf("%w: TNEP message size of %d", ErrMalformed, p.MaxMessage)
	}
	out := append([]byte{tnepVersion, byte(len(p.ServiceName))}, p.ServiceName...)
	out = append(out, p.Mode, byte(code), byte(p.MaxWaits))
	return binary.BigEndian.AppendUint16(out, uint16(p.MaxMessage)), nil
}

// A ServiceSelect (`Ts`) asks a tag for one of its TNEP services.
type ServiceSelect struct {
	ServiceName string // 0 to 255 bytes; empty deselects
}

// ParseServiceSelect decodes the payload of a `Ts` record.
func ParseServiceSelect(payload []byte) (ServiceSelect, error) {
	if len(payload) < 1 || len(payload) != 1+int(payload[0]) {
		return ServiceSelect{}, fmt.Errorf("%w: TNEP service select of %d bytes", ErrMalformed, len(payload))
	}
	return ServiceSelect{ServiceName: string(payload[1:])}, nil
}

// Bytes encodes the payload of a `Ts` record.
func (s ServiceSelect) Bytes() ([]byte, error) {
	if len(s.ServiceName) > math.MaxUint8 {
		return nil, fmt.Errorf("%w: TNEP service name of %d bytes", ErrMalformed, len(s.ServiceName))
	}
	return append([]byte{byte(len(s.ServiceName))}, s.ServiceName...), nil
}

// Status is the payload of a `Te` record: how a tag took the last message.
type Status byte

// The statuses of TNEP itself.
const (
	StatusSuccess       Status = 0x00
	StatusProtocolError Status = 0x01
)

// ParseStatus decodes the payload of a `Te` record.
func ParseStatus(payload []byte) (Status, error) {
	if len(payload) != 1 {
		return 0, fmt.Errorf("%w: TNEP status of %d bytes", ErrMalformed, len(payload))
	}
	return Status(payload[0]), nil
}

// Bytes encodes the payload of a `Te` record.
func (s Status) Bytes() []byte { return []byte{byte(s)} }

// String names the status, or gives its number.
func (s Status) String() string {
	switch s {
	case StatusSuccess:
		return "success"
	case StatusProtocolError:
		return "TNEP protocol error"
	}
	return fmt.Sprintf("status %02X", byte(s))
}
