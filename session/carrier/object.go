package carrier

import "kazashi/session/fault"

// tag is the data object of ISO/IEC 7816-4 that one message travels in.
const tag = 0x53

// maxHeader is the longest header of a data object that is read: the tag, and a
// length of at most three bytes after its own marker.
const maxHeader = 5

// wrap puts a message into its data object, with the shortest form of length.
func wrap(message []byte) []byte {
	n := len(message)
	out := make([]byte, 0, maxHeader+n)
	switch {
	case n < 0x80:
		out = append(out, tag, byte(n))
	case n <= 0xFF:
		out = append(out, tag, 0x81, byte(n))
	case n <= 0xFFFF:
		out = append(out, tag, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, tag, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, message...)
}

// A gatherer collects one data object from pieces.
type gatherer struct {
	limit int // of the whole object, in bytes
	buf   []byte
	head  int // bytes of header, 0 until it is complete
	size  int // bytes of header and message, once the header is complete
}

// add takes the next piece. It refuses what is no data object '53', what goes
// on after the object's end and what is too large, as soon as that shows: by what
// has come before it is kept, by what is announced before the rest of it comes.
func (g *gatherer) add(piece []byte) error {
	if n := len(g.buf) + len(piece); n > g.limit {
		return fault.New(fault.MessageTooLarge, "%d bytes have come, at most %d are taken", n, g.limit)
	}
	g.buf = append(g.buf, piece...)
	if g.head == 0 {
		if err := g.header(); err != nil {
			return err
		}
	}
	if g.head > 0 && len(g.buf) > g.size {
		return fault.New(fault.MalformedTransfer, "%d bytes after the end of the data object", len(g.buf)-g.size)
	}
	return nil
}

// header reads tag and length, if they are there already.
func (g *gatherer) header() error {
	b := g.buf
	if len(b) > 0 && b[0] != tag {
		return fault.New(fault.MalformedTransfer, "data object %02X instead of 53", b[0])
	}
	if len(b) < 2 {
		return nil
	}
	head, n := 2, int(b[1])
	if b[1] >= 0x80 {
		digits := int(b[1] & 0x7F)
		if digits < 1 || digits > 3 {
			return fault.New(fault.MalformedTransfer, "length byte %02X of the data object", b[1])
		}
		if len(b) < 2+digits {
			return nil
		}
		head, n = 2+digits, 0
		for _, d := range b[2:head] {
			n = n<<8 | int(d)
		}
	}
	if head+n > g.limit {
		return fault.New(fault.MessageTooLarge, "data object of %d bytes is announced, at most %d are taken", head+n, g.limit)
	}
	g.head, g.size = head, head+n
	return nil
}

// complete reports whether all bytes are there.
func (g *gatherer) complete() bool { return g.head > 0 && len(g.buf) == g.size }

// message returns the content of a complete object.
func (g *gatherer) message() []byte { return g.buf[g.head:g.size:g.size] }
