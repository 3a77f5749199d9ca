package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Major is a major type of RFC 8949.
type Major byte

// The major types.
const (
	Unsigned Major = iota
	Negative
	Bytes
	Text
	Array
	Map
	Tag
	Simple // false, true, null, undefined and floating-point numbers
)

func (m Major) String() string {
	return [...]string{"unsigned integer", "negative integer", "byte string", "text string", "array", "map", "tag", "simple value"}[m&7]
}

// The simple values that ISO/IEC 18013-5 messages know.
const (
	simpleFalse     = 20
	simpleTrue      = 21
	simpleNull      = 22
	simpleUndefined = 23
)

// A Head is the beginning of a CBOR item: its type and its argument.
type Head struct {
	Major Major
	// Arg is the number, the length in bytes, the count of items or pairs, the
	// tag number, the simple value or the bits of a floating-point number. The
	// value of a Negative is -1-Arg.
	Arg uint64
	// Float is the size in bytes of a floating-point number, and 0 for all else.
	Float int
}

// Null reports whether the item is null or undefined.
func (h Head) Null() bool {
	return h.Major == Simple && h.Float == 0 && (h.Arg == simpleNull || h.Arg == simpleUndefined)
}

// Bool returns the value of a boolean, and whether the item is one.
func (h Head) Bool() (value, ok bool) {
	ok = h.Major == Simple && h.Float == 0 && (h.Arg == simpleFalse || h.Arg == simpleTrue)
	return h.Arg == simpleTrue, ok
}

// Float64 returns the value of a floating-point number, and whether the item is one.
func (h Head) Float64() (float64, bool) {
	switch h.Float {
	case 2:
		return halfFloat(uint16(h.Arg)), true
	case 4:
		return float64(math.Float32frombits(uint32(h.Arg))), true
	case 8:
		return math.Float64frombits(h.Arg), true
	}
	return 0, false
}

// halfFloat widens an IEEE 754 half-precision number that is finite.
func halfFloat(bits uint16) float64 {
	fraction, exponent := float64(bits&0x3ff), int(bits>>10&0x1f)
	value := math.Ldexp(fraction, -24)
	if exponent != 0 {
		value = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits&0x8000 != 0 {
		return -value
	}
	return value
}

// ReadHead splits the head off data. What follows is the content of the item
// (Bytes, Text), its members (Array, Map, Tag) or the next item. Lengths of Bytes
// and Text lie within rest; other arguments are as the sender wrote them.
func ReadHead(data []byte) (h Head, rest []byte, err error) {
	h, next, err := head(data, 0)
	if err != nil {
		return Head{}, nil, err
	}
	return h, data[next:], nil
}

// head reads the head at off and returns the position behind it.
func head(data []byte, off int) (Head, int, error) {
	if off >= len(data) {
		return Head{}, off, malformed(off, "ends inside an item")
	}
	first := data[off]
	h, info, next := Head{Major: Major(first >> 5)}, first&0x1f, off+1
	switch {
	case info < 24:
		h.Arg = uint64(info)
	case info > 27:
		if info == 31 {
			return Head{}, off, malformed(off, "indefinite length")
		}
		return Head{}, off, malformed(off, "reserved additional information")
	default:
		size := 1 << (info - 24)
		if len(data)-next < size {
			return Head{}, off, malformed(off, "ends inside an item")
		}
		switch size {
		case 1:
			h.Arg = uint64(data[next])
		case 2:
			h.Arg = uint64(binary.BigEndian.Uint16(data[next:]))
		case 4:
			h.Arg = uint64(binary.BigEndian.Uint32(data[next:]))
		case 8:
			h.Arg = binary.BigEndian.Uint64(data[next:])
		}
		next += size
		if h.Major == Simple {
			if size == 1 {
				return Head{}, off, malformed(off, "unknown simple value")
			}
			h.Float = size
		}
	}
	if (h.Major == Bytes || h.Major == Text) && h.Arg > uint64(len(data)-next) {
		return Head{}, off, malformed(off, "string longer than the message")
	}
	return h, next, nil
}

func malformed(off int, what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrMalformed, what, off)
}

func overLimit(off int, what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrLimit, what, off)
}
