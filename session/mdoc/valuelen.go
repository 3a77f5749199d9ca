package mdoc

import (
	"fmt"

	"kazashi/session/wire"
)

// ValueJSONLen returns how many bytes AppendValueJSON appends for a value, and its
// error where it has one, without writing anything anywhere.
func ValueJSONLen(identifier string, value wire.Raw) (int, error) {
	if err := wire.Precheck(value, wire.ItemLimits); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrValue, err)
	}
	if identifier == birthDate {
		day, err := day(value)
		if err != nil {
			return 0, err
		}
		return textLen(day), nil
	}
	if jsonBound(value) > MaxValueJSON {
		return 0, ErrValueSize
	}
	n, _, err := itemLen(value)
	return n, err
}

// itemLen is appendItem without the appending.
func itemLen(data []byte) (int, []byte, error) {
	h, rest, err := wire.ReadHead(data)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	switch h.Major {
	case wire.Bytes:
		return bytesLen(rest[:h.Arg]), rest[h.Arg:], nil
	case wire.Text:
		return textLen(rest[:h.Arg]), rest[h.Arg:], nil
	case wire.Array, wire.Map:
		return membersLen(h, rest)
	case wire.Tag:
		return itemLen(rest)
	}
	var room [32]byte // no number is longer
	scalar, err := appendScalar(room[:0], h)
	return len(scalar), rest, err
}

// membersLen is appendArray and appendMap without the appending.
func membersLen(h wire.Head, data []byte) (int, []byte, error) {
	n := len("[]")
	for i := range h.Arg {
		if i > 0 {
			n += len(",")
		}
		if h.Major == wire.Map {
			k, rest, err := wire.ReadHead(data)
			if err != nil || k.Major != wire.Text {
				return 0, nil, fmt.Errorf("%w: %v as a map key", ErrValue, k.Major)
			}
			n += textLen(rest[:k.Arg]) + len(":")
			data = rest[k.Arg:]
		}
		length, rest, err := itemLen(data)
		if err != nil {
			return 0, nil, err
		}
		n, data = n+length, rest
	}
	return n, data, nil
}
