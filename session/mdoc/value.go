package mdoc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"kazashi/session/wire"
)

// ErrValue means that an element value has no form in the API. Its texts name the
// kind of CBOR that was met, never the value.
var ErrValue = errors.New("element value without a json form")

// birthDate is the identifier whose many encodings become one, YYYY-MM-DD.
const birthDate = "birth_date"

// AppendValueJSON appends an element value as the API shows it: text, tdate and
// full-date as strings, booleans, numbers, arrays and maps as in JSON, a byte
// string as {"media_type", "base64"}, null as null. birth_date becomes YYYY-MM-DD
// whether it is a full-date, a tdate, bare text or the map of ISO/IEC 23220-2.
//
// It writes from value straight into dst. When dst has not the room, the array it
// leaves behind is cleared, so that no copy of the value stays there.
func AppendValueJSON(dst []byte, identifier string, value wire.Raw) ([]byte, error) {
	if err := wire.Precheck(value, wire.ItemLimits); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrValue, err)
	}
	dst = roomFor(dst, jsonBound(value))
	if identifier == birthDate {
		day, err := day(value)
		if err != nil {
			return dst, err
		}
		return appendText(dst, day), nil
	}
	out, _, err := appendItem(dst, value)
	if err != nil {
		clear(dst[len(dst):cap(dst)]) // what was written before the error
		return dst, err
	}
	return out, nil
}

// jsonBound is an upper bound of the length of a value's JSON form, with a comma
// or colon behind every item. It is close enough that no value makes more memory
// than some twenty times its size.
func jsonBound(value []byte) int {
	bound := 0
	for len(value) > 0 {
		h, rest, err := wire.ReadHead(value)
		if err != nil {
			break
		}
		size := len(value) - len(rest)
		value = rest
		switch h.Major {
		case wire.Unsigned, wire.Negative:
			bound += 3*size + 2 // digits of what fits into the head, and a sign
		case wire.Bytes:
			bound += 64 + base64.StdEncoding.EncodedLen(int(h.Arg)) // the frame around base64
			value = rest[h.Arg:]
		case wire.Text:
			bound += 3 + 6*int(h.Arg) // a control character as \u00xx
			value = rest[h.Arg:]
		case wire.Array, wire.Map:
			bound += 3
		case wire.Tag:
		default:
			bound += 26 // the longest float
		}
	}
	return bound
}

func roomFor(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	grown := make([]byte, len(dst), len(dst)+n)
	copy(grown, dst)
	clear(dst)
	return grown
}

// appendItem appends the first item of data and returns what follows it. data has
// been checked, so recursion is bounded and heads are sound.
func appendItem(dst, data []byte) ([]byte, []byte, error) {
	h, rest, err := wire.ReadHead(data)
	if err != nil {
		return dst, nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	switch h.Major {
	case wire.Unsigned:
		return strconv.AppendUint(dst, h.Arg, 10), rest, nil
	case wire.Negative:
		if h.Arg > math.MaxInt64 {
			return dst, nil, fmt.Errorf("%w: number below -2^63", ErrValue)
		}
		return strconv.AppendInt(dst, -1-int64(h.Arg), 10), rest, nil
	case wire.Bytes:
		return appendBytes(dst, rest[:h.Arg]), rest[h.Arg:], nil
	case wire.Text:
		return appendText(dst, rest[:h.Arg]), rest[h.Arg:], nil
	case wire.Array:
		return appendArray(dst, rest, h.Arg)
	case wire.Map:
		return appendMap(dst, rest, h.Arg)
	case wire.Tag:
		// What a tag says of its content has no place in JSON.
		return appendItem(dst, rest)
	}
	if b, ok := h.Bool(); ok {
		return strconv.AppendBool(dst, b), rest, nil
	}
	if f, ok := h.Float64(); ok {
		return strconv.AppendFloat(dst, f, 'g', -1, 64), rest, nil
	}
	return append(dst, "null"...), rest, nil
}

func appendArray(dst, data []byte, count uint64) ([]byte, []byte, error) {
	dst = append(dst, '[')
	var err error
	for i := range count {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, data, err = appendItem(dst, data); err != nil {
			return dst, nil, err
		}
	}
	return append(dst, ']'), data, nil
}

func appendMap(dst, data []byte, count uint64) ([]byte, []byte, error) {
	dst = append(dst, '{')
	for i := range count {
		if i > 0 {
			dst = append(dst, ',')
		}
		h, rest, err := wire.ReadHead(data)
		if err != nil || h.Major != wire.Text {
			return dst, nil, fmt.Errorf("%w: %v as a map key", ErrValue, h.Major)
		}
		dst = append(appendText(dst, rest[:h.Arg]), ':')
		if dst, data, err = appendItem(dst, rest[h.Arg:]); err != nil {
			return dst, nil, err
		}
	}
	return append(dst, '}'), data, nil
}

func appendBytes(dst, b []byte) []byte {
	dst = append(dst, `{"media_type":"`...)
	dst = append(dst, MediaType(b)...)
	dst = append(dst, `","base64":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, `"}`...)
}

// appendText appends UTF-8 as a JSON string.
func appendText(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20 || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// day returns the YYYY-MM-DD of a date of birth, aliasing value.
func day(value []byte) ([]byte, error) {
	h, rest, err := wire.ReadHead(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	switch h.Major {
	case wire.Tag:
		return day(rest)
	case wire.Map:
		return dayOfMap(rest, h.Arg)
	case wire.Text:
		text := rest[:h.Arg]
		if len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == 'T' {
			text = text[:len(time.DateOnly)]
		}
		if _, err := wire.ParseFullDate(string(text)); err == nil {
			return text, nil
		}
	}
	return nil, fmt.Errorf("%w: date of birth in an unknown form", ErrValue)
}

// dayOfMap finds the date in the structured form of ISO/IEC 23220-2, in which a
// mask may stand beside it.
func dayOfMap(data []byte, pairs uint64) ([]byte, error) {
	for range pairs {
		k, rest, err := wire.ReadHead(data)
		if err != nil || k.Major != wire.Text {
			break
		}
		if bytes.Equal(rest[:k.Arg], []byte(birthDate)) {
			if h, _, err := wire.ReadHead(rest[k.Arg:]); err != nil || h.Major == wire.Map {
				break
			}
			return day(rest[k.Arg:])
		}
		if data, err = wire.Skip(rest[k.Arg:]); err != nil {
			break
		}
	}
	return nil, fmt.Errorf("%w: date of birth in an unknown form", ErrValue)
}

// MediaType tells a portrait's form from its first bytes: image/jpeg, image/jp2
// (JPEG 2000 in its file format), image/j2c (its bare code stream), image/png, or
// application/octet-stream.
func MediaType(b []byte) string {
	for _, known := range []struct{ magic, mediaType string }{
		{"\xff\xd8\xff", "image/jpeg"},
		{"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"},
		{"\xff\x4f\xff\x51", "image/j2c"},
		{"\x89PNG\r\n\x1a\n", "image/png"},
	} {
		if bytes.HasPrefix(b, []byte(known.magic)) {
			return known.mediaType
		}
	}
	return "application/octet-stream"
}
