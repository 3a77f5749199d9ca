package wire

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Precheck reads data as exactly one CBOR item and returns why it is refused:
// over a limit (ErrLimit), or malformed (ErrMalformed): not well-formed, of
// indefinite length, followed by more bytes, with a map key twice or a map key
// that is neither integer nor string, a text string that is not UTF-8, a big
// number where the limits do not allow it, a number that is not finite,
// self-described CBOR, or content that does not belong under tag 0, 24 or 1004. It
// allocates nothing unless a map is unsorted, and then some fifty bytes for each
// pair of the largest such map.
func Precheck(data []byte, l Limits) error {
	if len(data) > l.Bytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(data), l.Bytes)
	}
	s := scanner{data: data, limits: l.clamped()}
	end, err := s.item(0, 0)
	if err != nil {
		return err
	}
	if end != len(data) {
		return malformed(end, "trailing bytes")
	}
	return nil
}

type scanner struct {
	data   []byte
	limits Limits
	keys   []key // room for those of one unsorted map, whose values have been checked by then
}

// item checks the item at off, which lies inside depth arrays, maps and tags, and
// returns the position behind it.
func (s *scanner) item(off, depth int) (int, error) {
	h, next, err := head(s.data, off)
	if err != nil {
		return off, err
	}
	if h.Major >= Array && h.Major <= Tag && depth >= s.limits.Depth {
		return off, overLimit(off, "nested too deeply")
	}
	switch h.Major {
	case Bytes:
		return next + int(h.Arg), nil
	case Text:
		end := next + int(h.Arg)
		if !utf8.Valid(s.data[next:end]) {
			return off, malformed(off, "text that is not utf-8")
		}
		return end, nil
	case Array:
		return s.array(h.Arg, off, next, depth+1)
	case Map:
		return s.pairs(h.Arg, off, next, depth+1)
	case Tag:
		if err := s.tag(h.Arg, off, next); err != nil {
			return off, err
		}
		return s.item(next, depth+1)
	case Simple:
		return next, simple(h, off)
	}
	return next, nil
}

func (s *scanner) array(count uint64, off, next, depth int) (int, error) {
	if count > uint64(s.limits.Items) {
		return off, overLimit(off, "array with too many items")
	}
	if count > uint64(len(s.data)-next) {
		return off, malformed(off, "array longer than the message")
	}
	var err error
	for range count {
		if next, err = s.item(next, depth); err != nil {
			return off, err
		}
	}
	return next, nil
}

func (s *scanner) pairs(count uint64, off, next, depth int) (int, error) {
	if count > uint64(s.limits.Pairs) {
		return off, overLimit(off, "map with too many pairs")
	}
	if 2*count > uint64(len(s.data)-next) {
		return off, malformed(off, "map longer than the message")
	}
	start, sorted := next, true
	var last key
	for i := range count {
		k, behind, err := readKey(s.data, next)
		if err != nil {
			return off, err
		}
		if k.major == Text && !utf8.Valid(k.content) {
			return off, malformed(next, "text that is not utf-8")
		}
		if i > 0 {
			sorted = sorted && last.compare(k) < 0
		}
		last = k
		if next, err = s.item(behind, depth); err != nil {
			return off, err
		}
	}
	if !sorted && s.repeats(count, start) {
		return off, malformed(off, "map with a key twice")
	}
	return next, nil
}

// repeats looks for a key that stands twice in the map whose first key is at
// start. The map has been checked.
func (s *scanner) repeats(count uint64, start int) bool {
	keys := slices.Grow(s.keys[:0], int(count))
	next := start
	for range count {
		k, behind, _ := readKey(s.data, next)
		keys = append(keys, k)
		next = skip(s.data, behind)
	}
	s.keys = keys
	slices.SortFunc(keys, key.compare)
	for i := 1; i < len(keys); i++ {
		if keys[i-1].equal(keys[i]) {
			return true
		}
	}
	return false
}

// tag holds the tags of the standard to their content and refuses big numbers.
// Others may stand inside element values.
func (s *scanner) tag(number uint64, off, next int) error {
	var want Major
	switch number {
	case tagBignum, tagNegativeBignum:
		if !s.limits.BigNumbers {
			return malformed(off, "big number")
		}
		want = Bytes
	case tagSelfDescribed:
		// The library would strip it even from what has to be kept as received.
		return malformed(off, "self-described cbor")
	case tagEmbedded:
		want = Bytes
	case tagDate, tagFullDate:
		want = Text
	case tagEpoch:
		if next < len(s.data) && !startsNumber(s.data[next]) {
			return malformed(off, fmt.Sprintf("tag %d around a %v", number, Major(s.data[next]>>5)))
		}
		return nil
	default:
		return nil
	}
	if next < len(s.data) && Major(s.data[next]>>5) != want {
		return malformed(off, fmt.Sprintf("tag %d around a %v", number, Major(s.data[next]>>5)))
	}
	return nil
}

// startsNumber reports whether an item that begins with a byte is an integer or a
// floating-point number.
func startsNumber(initial byte) bool {
	const half, double = 0xf9, 0xfb
	major := Major(initial >> 5)
	return major == Unsigned || major == Negative || initial >= half && initial <= double
}

// notFinite holds, by size, the exponent bits that NaN and the infinities set.
var notFinite = [9]uint64{2: 0x7c00, 4: 0x7f80_0000, 8: 0x7ff0_0000_0000_0000}

func simple(h Head, off int) error {
	if h.Float != 0 {
		if exponent := notFinite[h.Float]; h.Arg&exponent == exponent {
			return malformed(off, "number that is not finite")
		}
		return nil
	}
	if h.Arg < simpleFalse || h.Arg > simpleUndefined {
		return malformed(off, "unknown simple value")
	}
	return nil
}

// A key is a map key as it compares: by value, however it is encoded.
type key struct {
	major   Major
	arg     uint64
	content []byte
}

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.major, other.major), cmp.Compare(k.arg, other.arg), bytes.Compare(k.content, other.content))
}

func (k key) equal(other key) bool {
	return k.major == other.major && k.arg == other.arg && bytes.Equal(k.content, other.content)
}

// readKey reads the map key at off and returns the position behind it.
func readKey(data []byte, off int) (key, int, error) {
	h, next, err := head(data, off)
	if err != nil {
		return key{}, off, err
	}
	switch h.Major {
	case Unsigned, Negative:
		return key{major: h.Major, arg: h.Arg}, next, nil
	case Bytes, Text:
		end := next + int(h.Arg)
		return key{major: h.Major, arg: h.Arg, content: data[next:end]}, end, nil
	}
	return key{}, off, malformed(off, fmt.Sprintf("%v as a map key", h.Major))
}

// Skip returns what follows the first item of data, which has passed Precheck as
// a part of its message.
func Skip(data []byte) ([]byte, error) {
	if _, _, err := head(data, 0); err != nil {
		return nil, err
	}
	return data[skip(data, 0):], nil
}

// skip returns the position behind the item at off, in data that was checked.
func skip(data []byte, off int) int {
	for left := uint64(1); left > 0; left-- {
		h, next, err := head(data, off)
		if err != nil {
			return len(data)
		}
		off = next
		switch h.Major {
		case Bytes, Text:
			off += int(h.Arg)
		case Array:
			left += h.Arg
		case Map:
			left += 2 * h.Arg
		case Tag:
			left++
		}
	}
	return off
}
