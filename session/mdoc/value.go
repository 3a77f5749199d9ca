package mdoc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"

	"kazashi/session/wire"
)

// ErrValue means that an element value has no form in the API. Its texts name the
// kind of CBOR that was met, never the value.
var ErrValue = errors.New("element value without a json form")

// MaxValueJSON is how long the JSON form of an element value may be, in bytes. A
// value within wire.ItemLimits could have one of over fifty times its size.
const MaxValueJSON = 4 << 20

// ErrValueSize means that the JSON form of a value would be over MaxValueJSON. It
// is an ErrValue too.
var ErrValueSize = fmt.Errorf("%w: it is too large", ErrValue)

// AppendValueJSON appends an element value as the API shows it: text, tdate and
// full-date as strings, booleans, numbers, arrays and maps as in JSON, a byte
// string as {"media_type", "base64"}, null as null. birth_date becomes YYYY-MM-DD
// whether it is a full-date, a tdate, bare text or the map of ISO/IEC 23220-2; one
// of which that map says that it is approximate has no form, for it would read as
// exact.
//
// It writes from value straight into dst. When dst has not the room, the array it
// leaves behind is cleared, so that no copy of the value stays there.
func AppendValueJSON(dst []byte, identifier string, value wire.Raw) ([]byte, error) {
	if err := wire.Precheck(value, wire.ItemLimits); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrValue, err)
	}
	if identifier == birthDate {
		day, err := day(value)
		if err != nil {
			return dst, err
		}
		return appendText(roomFor(dst, len(day)+2), day), nil
	}
	bound := jsonBound(value)
	if bound > MaxValueJSON {
		return dst, ErrValueSize
	}
	dst = roomFor(dst, bound)
	out, _, err := appendItem(dst, value)
	if err != nil {
		clear(dst[len(dst):cap(dst)]) // what was written before the error
		return dst, err
	}
	return out, nil
}

// jsonBound is an upper bound of the length of a value's JSON form: exact but for
// a comma or colon behind every item.
func jsonBound(value []byte) int {
	bound := 0
	for len(value) > 0 {
		h, rest, err := wire.ReadHead(value)
		if err != nil {
			break
		}
		value = rest
		switch h.Major {
		case wire.Bytes:
			bound += bytesLen(rest[:h.Arg]) + 1
			value = rest[h.Arg:]
		case wire.Text:
			bound += textLen(rest[:h.Arg]) + 1
			value = rest[h.Arg:]
		case wire.Array, wire.Map:
			bound += len("[],")
		case wire.Tag:
		default:
			var room [32]byte // no number is longer
			scalar, _ := appendScalar(room[:0], h)
			bound += len(scalar) + 1
		}
	}
	return bound
}

func bytesLen(b []byte) int {
	return len(`{"media_type":"","base64":""}`) + len(MediaType(b)) + base64.StdEncoding.EncodedLen(len(b))
}

func textLen(text []byte) int {
	n := len(text) + 2
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			n++
		case c < 0x20 || c == 0x7f:
			n += 5
		}
	}
	return n
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
	dst, err = appendScalar(dst, h)
	return dst, rest, err
}

// appendScalar appends what is all in its head.
func appendScalar(dst []byte, h wire.Head) ([]byte, error) {
	switch h.Major {
	case wire.Unsigned:
		return strconv.AppendUint(dst, h.Arg, 10), nil
	case wire.Negative:
		if h.Arg > math.MaxInt64 {
			return dst, fmt.Errorf("%w: number below -2^63", ErrValue)
		}
		return strconv.AppendInt(dst, -1-int64(h.Arg), 10), nil
	}
	if b, ok := h.Bool(); ok {
		return strconv.AppendBool(dst, b), nil
	}
	if f, ok := h.Float64(); ok {
		return strconv.AppendFloat(dst, f, 'g', -1, 64), nil
	}
	return append(dst, "null"...), nil
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
