package ndef

import (
	"encoding/binary"
	"fmt"
)

// CapabilityContainerSize is the length in bytes of a capability container with
// one file in it, and what a reader has to read of any.
const CapabilityContainerSize = 15

// minResponse is the least MLe that a Type 4 Tag may declare.
const minResponse = 15

// The values of ReadAccess and WriteAccess that have a meaning here.
const (
	AccessFree   = 0x00 // no condition
	AccessDenied = 0xff // never (only for writing)
)

// A CapabilityContainer is the CC file of an NFC Forum Type 4 Tag: how much goes
// into one command, and which file holds the NDEF message.
type CapabilityContainer struct {
	Version     byte // mapping version, major in the upper four bits: 0x20 or 0x30
	MaxResponse int  // MLe: the most data bytes of one answer, 15 to 65535
	MaxCommand  int  // MLc: the most data bytes of one command, 1 to 65535
	FileID      uint16
	MaxFile     int  // size in bytes of the NDEF file, NLEN included: 5 to 65534
	ReadAccess  byte // 0x00: may be read freely
	WriteAccess byte // 0x00: may be written (negotiated handover), 0xff: read-only
}

// ParseCapabilityContainer decodes a CC file, of which the first
// [CapabilityContainerSize] bytes suffice. An MLe under 15, which the
// specification forbids and some phones send, is taken as 15.
func ParseCapabilityContainer(b []byte) (CapabilityContainer, error) {
	fail := func(format string, args ...any) (CapabilityContainer, error) {
		return CapabilityContainer{}, fmt.Errorf("%w: capability container: "+format, append([]any{ErrMalformed}, args...)...)
	}
	if len(b) < CapabilityContainerSize {
		return fail("%d bytes, Type 4 Tag asks for at least %d", len(b), CapabilityContainerSize)
	}
	size := int(binary.BigEndian.Uint16(b))
	if size < CapabilityContainerSize || size == 0xffff {
		return fail("CCLEN %d, Type 4 Tag allows %d to 65534", size, CapabilityContainerSize)
	}
	if len(b) > size {
		return fail("%d bytes with a CCLEN of %d", len(b), size)
	}
	if b[7] != fileControlTag || b[8] != fileControlSize {
		return fail("TLV %02X %02X where NDEF File Control (04 06) belongs", b[7], b[8])
	}
	cc := CapabilityContainer{
		Version:     b[2],
		MaxResponse: max(int(binary.BigEndian.Uint16(b[3:])), minResponse),
		MaxCommand:  int(binary.BigEndian.Uint16(b[5:])),
		FileID:      binary.BigEndian.Uint16(b[9:]),
		MaxFile:     int(binary.BigEndian.Uint16(b[11:])),
		ReadAccess:  b[13],
		WriteAccess: b[14],
	}
	if err := cc.check(); err != nil {
		return CapabilityContainer{}, err
	}
	return cc, nil
}

// Tag and length of the NDEF File Control TLV.
const (
	fileControlTag  = 0x04
	fileControlSize = 0x06
)

// check holds the fields against the ranges that the Type 4 Tag specification
// gives for them.
func (cc CapabilityContainer) check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%w: capability container: "+format, append([]any{ErrMalformed}, args...)...)
	}
	if major := cc.Version >> 4; major != 2 && major != 3 {
		return fail("mapping version %d.%d, known are 2 and 3", major, cc.Version&0x0f)
	}
	if cc.MaxResponse < minResponse || cc.MaxResponse > 0xffff {
		return fail("MLe %d, Type 4 Tag allows %d to 65535", cc.MaxResponse, minResponse)
	}
	if cc.MaxCommand < 1 || cc.MaxCommand > 0xffff {
		return fail("MLc %d, Type 4 Tag allows 1 to 65535", cc.MaxCommand)
	}
	switch cc.FileID {
	case 0x0000, 0x3f00, 0x3fff, 0xe102, 0xe103, 0xffff:
		return fail("file identifier %04X, which Type 4 Tag reserves", cc.FileID)
	}
	if cc.MaxFile < 5 || cc.MaxFile > 0xfffe {
		return fail("maximum NDEF file size %d, Type 4 Tag allows 5 to 65534", cc.MaxFile)
	}
	return nil
}

// Bytes encodes a CC file of [CapabilityContainerSize] bytes.
func (cc CapabilityContainer) Bytes() ([]byte, error) {
	if err := cc.check(); err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint16(nil, CapabilityContainerSize)
	out = append(out, cc.Version)
	out = binary.BigEndian.AppendUint16(out, uint16(cc.MaxResponse))
	out = binary.BigEndian.AppendUint16(out, uint16(cc.MaxCommand))
	out = append(out, fileControlTag, fileControlSize)
	out = binary.BigEndian.AppendUint16(out, cc.FileID)
	out = binary.BigEndian.AppendUint16(out, uint16(cc.MaxFile))
	return append(out, cc.ReadAccess, cc.WriteAccess), nil
}
