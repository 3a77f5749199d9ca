// Package ndef is a codec for what stands in an NFC Forum Type 4 Tag: NDEF
// messages, the capability container, and the records of the Tag NDEF Exchange
// Protocol (TNEP). It does no I/O.
//
// Records are taken as they stand and never opened: a message nested in a payload
// (a handover select, a smart poster) is parsed by a second call of the one who
// wants it, so that nesting costs nothing.
package ndef

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Limits of a message, whichever way it goes.
const (
	// MaxMessage is the most bytes that a message may have: NLEN, which says its
	// length in a Type 4 Tag, cannot say more.
	MaxMessage = 0xffff
	// MaxRecords is the most records that a message may have. Handover messages
	// have less than ten.
	MaxRecords = 64
)

// ErrMalformed is wrapped by every error of this package.
var ErrMalformed = errors.New("malformed NDEF")

var errShort = fmt.Errorf("%w: cut short", ErrMalformed)

// TNF is a record's type name format.
type TNF uint8

// The type name formats (NDEF, 3.2.6). Unchanged belongs to chunked records,
// which this package refuses.
const (
	Empty       TNF = 0
	WellKnown   TNF = 1
	MIME        TNF = 2
	AbsoluteURI TNF = 3
	External    TNF = 4
	Unknown     TNF = 5
	Unchanged   TNF = 6
	Reserved    TNF = 7
)

// The bits of a record's first byte.
const (
	flagBegin      = 0x80
	flagEnd        = 0x40
	flagChunk      = 0x20
	flagShort      = 0x10
	flagIdentified = 0x08
	maskTNF        = 0x07
)

// A Record is one NDEF record.
type Record struct {
	TNF     TNF
	Type    string // at most 255 bytes
	ID      string // at most 255 bytes; empty for a record without identifier
	Payload []byte
}

// A Message is a list of records in the order they were sent.
type Message []Record

// Find returns the first record of a type.
func (m Message) Find(tnf TNF, typ string) (Record, bool) {
	for _, r := range m {
		if r.TNF == tnf && r.Type == typ {
			return r, true
		}
	}
	return Record{}, false
}

// FindID returns the first record with an identifier. No record has the empty one.
func (m Message) FindID(id string) (Record, bool) {
	for _, r := range m {
		if r.ID == id && id != "" {
			return r, true
		}
	}
	return Record{}, false
}

// Parse decodes a message without its NLEN. Payloads alias b. It refuses messages
// over [MaxMessage] or [MaxRecords], chunked records, message begin and end flags
// that are not where they belong, and bytes after the last record.
func Parse(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: message of %d bytes", ErrMalformed, len(b))
	}
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: empty message", ErrMalformed)
	}
	var m Message
	for rest := b; ; {
		if len(m) == MaxRecords {
			return nil, fmt.Errorf("%w: more than %d records", ErrMalformed, MaxRecords)
		}
		record, flags, n, err := parseRecord(rest)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", len(m)+1, err)
		}
		if first := len(m) == 0; first != (flags&flagBegin != 0) {
			return nil, fmt.Errorf("%w: record %d: message begin flag is %t", ErrMalformed, len(m)+1, !first)
		}
		m, rest = append(m, record), rest[n:]
		switch last := flags&flagEnd != 0; {
		case last && len(rest) > 0:
			return nil, fmt.Errorf("%w: %d bytes after the last record", ErrMalformed, len(rest))
		case last:
			return m, nil
		case len(rest) == 0:
			return nil, fmt.Errorf("%w: no record ends the message", ErrMalformed)
		}
	}
}

// parseRecord decodes the record at the start of b, which is n bytes long.
func parseRecord(b []byte) (r Record, flags byte, n int, err error) {
	take := func(count int) []byte {
		if err != nil || count > len(b)-n {
			err = errShort
			return nil
		}
		n += count
		return b[n-count : n : n]
	}
	number := func(count int) (v uint64) {
		for _, x := range take(count) {
			v = v<<8 | uint64(x)
		}
		return v
	}
	flags = byte(number(1))
	typeLen, idLen := int(number(1)), 0
	payloadSize := 4
	if flags&flagShort != 0 {
		payloadSize = 1
	}
	payloadLen := number(payloadSize)
	if flags&flagIdentified != 0 {
		idLen = int(number(1))
	}
	if payloadLen > MaxMessage {
		return r, flags, n, errShort // and it would not fit an int everywhere
	}
	r = Record{
		TNF:     TNF(flags & maskTNF),
		Type:    string(take(typeLen)),
		ID:      string(take(idLen)),
		Payload: take(int(payloadLen)),
	}
	if err != nil {
		return r, flags, n, err
	}
	if flags&flagChunk != 0 {
		return r, flags, n, fmt.Errorf("%w: chunked record", ErrMalformed)
	}
	return r, flags, n, r.check()
}

// check holds a record against the rules of its type name format (NDEF, 3.2.6).
func (r Record) check() error {
	switch r.TNF {
	case Empty:
		if r.Type != "" || r.ID != "" || len(r.Payload) > 0 {
			return fmt.Errorf("%w: empty record with content", ErrMalformed)
		}
	case Unknown:
		if r.Type != "" {
			return fmt.Errorf("%w: record of unknown type names one", ErrMalformed)
		}
	case WellKnown, MIME, AbsoluteURI, External:
		if r.Type == "" {
			return fmt.Errorf("%w: record without type", ErrMalformed)
		}
	default:
		return fmt.Errorf("%w: type name format %d", ErrMalformed, r.TNF)
	}
	if len(r.Type) > math.MaxUint8 || len(r.ID) > math.MaxUint8 {
		return fmt.Errorf("%w: type of %d bytes, identifier of %d", ErrMalformed, len(r.Type), len(r.ID))
	}
	return nil
}

// Bytes encodes the message without NLEN. Payloads up to 255 bytes go into short
// records. It refuses what [Parse] would.
func (m Message) Bytes() ([]byte, error) {
	if len(m) == 0 || len(m) > MaxRecords {
		return nil, fmt.Errorf("%w: message of %d records", ErrMalformed, len(m))
	}
	var out []byte
	for i, r := range m {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		flags := byte(r.TNF)
		if i == 0 {
			flags |= flagBegin
		}
		if i == len(m)-1 {
			flags |= flagEnd
		}
		if r.ID != "" {
			flags |= flagIdentified
		}
		if len(r.Payload) > MaxMessage-len(out) {
			return nil, fmt.Errorf("%w: message over %d bytes", ErrMalformed, MaxMessage)
		}
		if len(r.Payload) <= math.MaxUint8 {
			out = append(out, flags|flagShort, byte(len(r.Type)), byte(len(r.Payload)))
		} else {
			out = append(out, flags, byte(len(r.Type)))
			out = binary.BigEndian.AppendUint32(out, uint32(len(r.Payload)))
		}
		if r.ID != "" {
			out = append(out, byte(len(r.ID)))
		}
		out = append(append(append(out, r.Type...), r.ID...), r.Payload...)
	}
	if len(out) > MaxMessage {
		return nil, fmt.Errorf("%w: message of %d bytes", ErrMalformed, len(out))
	}
	return out, nil
}
