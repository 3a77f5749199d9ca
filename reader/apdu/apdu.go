// Package apdu is a codec for the command and response APDUs of ISO/IEC 7816-4:
// cases 1 to 4 in short and extended form. It does no I/O.
package apdu

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of the two length forms, in bytes of data field.
const (
	MaxShortData        = 255
	MaxShortExpected    = 256
	MaxExtendedData     = 65535
	MaxExtendedExpected = 65536
)

// ErrMalformed is wrapped by every error of this package.
var ErrMalformed = errors.New("malformed APDU")

// A Command is a command APDU (C-APDU).
type Command struct {
	CLA, INS, P1, P2 byte
	Data             []byte // Lc is its length, 0 to MaxExtendedData
	// Expected is Ne, the most data bytes the answer may have: 0 for no Le field,
	// else 1 to MaxExtendedExpected.
	Expected int
	// Extended forces the extended length form where the short one would do.
	Extended bool
}

// Bytes encodes the command in the short form where it fits and Extended is not set.
func (c Command) Bytes() ([]byte, error) {
	if len(c.Data) > MaxExtendedData {
		return nil, fmt.Errorf("%w: %d bytes of command data", ErrMalformed, len(c.Data))
	}
	if c.Expected < 0 || c.Expected > MaxExtendedExpected {
		return nil, fmt.Errorf("%w: %d bytes expected", ErrMalformed, c.Expected)
	}
	out := make([]byte, 0, 4+3+len(c.Data)+2)
	out = append(out, c.CLA, c.INS, c.P1, c.P2)
	extended := c.Extended || len(c.Data) > MaxShortData || c.Expected > MaxShortExpected
	if !extended {
		if len(c.Data) > 0 {
			out = append(out, byte(len(c.Data)))
			out = append(out, c.Data...)
		}
		if c.Expected > 0 {
			out = append(out, byte(c.Expected)) // 256 is written as 00
		}
		return out, nil
	}
	if len(c.Data) > 0 {
		out = append(out, 0)
		out = binary.BigEndian.AppendUint16(out, uint16(len(c.Data)))
		out = append(out, c.Data...)
	}
	if c.Expected > 0 {
		if len(c.Data) == 0 {
			out = append(out, 0)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(c.Expected)) // 65536 is written as 0000
	}
	return out, nil
}

// ParseCommand decodes a command APDU. Data aliases b.
func ParseCommand(b []byte) (Command, error) {
	if len(b) < 4 {
		return Command{}, fmt.Errorf("%w: command of %d bytes", ErrMalformed, len(b))
	}
	c := Command{CLA: b[0], INS: b[1], P1: b[2], P2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0: // case 1
		return c, nil
	case len(body) == 1: // case 2 short
		c.Expected = expected(int(body[0]), MaxShortExpected)
		return c, nil
	case body[0] != 0: // case 3 or 4 short
		return c.parseBody(body[1:], int(body[0]), 1, MaxShortExpected)
	case len(body) < 3:
		return Command{}, fmt.Errorf("%w: extended length cut short", ErrMalformed)
	}
	c.Extended = true
	n := int(binary.BigEndian.Uint16(body[1:3]))
	if len(body) == 3 { // case 2 extended
		c.Expected = expected(n, MaxExtendedExpected)
		return c, nil
	}
	if n == 0 {
		return Command{}, fmt.Errorf("%w: extended Lc of zero", ErrMalformed)
	}
	return c.parseBody(body[3:], n, 2, MaxExtendedExpected)
}

// parseBody reads n data bytes and, if more follows, an Le field of leLen bytes.
func (c Command) parseBody(rest []byte, n, leLen, zero int) (Command, error) {
	switch len(rest) - n {
	case 0:
	case leLen:
		le := 0
		for _, b := range rest[n:] {
			le = le<<8 | int(b)
		}
		c.Expected = expected(le, zero)
	default:
		return Command{}, fmt.Errorf("%w: Lc %d with %d bytes after it", ErrMalformed, n, len(rest))
	}
	c.Data = rest[:n:n]
	return c, nil
}

func expected(le, zero int) int {
	if le == 0 {
		return zero
	}
	return le
}

// A Response is a response APDU (R-APDU).
type Response struct {
	Data []byte
	SW   Status
}

// ParseResponse decodes a response APDU. Data aliases b.
func ParseResponse(b []byte) (Response, error) {
	if len(b) < 2 {
		return Response{}, fmt.Errorf("%w: response of %d bytes", ErrMalformed, len(b))
	}
	n := len(b) - 2
	return Response{Data: b[:n:n], SW: Status(binary.BigEndian.Uint16(b[n:]))}, nil
}

// Bytes encodes the response.
func (r Response) Bytes() []byte {
	out := make([]byte, 0, len(r.Data)+2)
	out = append(out, r.Data...)
	return binary.BigEndian.AppendUint16(out, uint16(r.SW))
}
