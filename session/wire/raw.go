package wire

import (
	"fmt"
	"slices"
)

// The tags of the standard.
const (
	tagDate           = 0
	tagEpoch          = 1
	tagBignum         = 2
	tagNegativeBignum = 3
	tagEmbedded       = 24
	tagFullDate       = 1004
	tagSelfDescribed  = 55799
)

// Raw is one CBOR item as it was received, of any kind, null included.
type Raw []byte

// UnmarshalCBOR keeps data itself, no copy: a Raw lives as long as its message.
func (r *Raw) UnmarshalCBOR(data []byte) error {
	*r = data
	return nil
}

// MarshalCBOR returns the item as it is; an empty Raw is none. A member that may
// be left out is tagged omitzero: the library takes types that encode themselves
// as never empty.
func (r Raw) MarshalCBOR() ([]byte, error) {
	if len(r) == 0 {
		return nil, fmt.Errorf("%w: no item", ErrShape)
	}
	return r, nil
}

// Head returns the head of the item; of an empty Raw, the head of null.
func (r Raw) Head() Head {
	h, _, err := head(r, 0)
	if err != nil {
		return Head{Major: Simple, Arg: simpleNull}
	}
	return h
}

// Null reports whether the item is null, undefined or absent.
func (r Raw) Null() bool { return r.Head().Null() }

// Embedded is #6.24(bstr .cbor X): a CBOR item inside a byte string, as it was
// received, the tag's head included. These are the bytes that ISO/IEC 18013-5
// hashes and signs under names that end in Bytes.
type Embedded []byte

// Embed wraps one encoded CBOR item.
func Embed(content []byte) Embedded {
	e := make(Embedded, 0, len(content)+11)
	e = append(e, 0xd8, tagEmbedded)
	e = appendHead(e, Bytes, uint64(len(content)))
	return append(e, content...)
}

// Content returns the item inside, which aliases e, or nil when e is not
// #6.24(bstr).
func (e Embedded) Content() []byte {
	tag, rest, err := ReadHead(e)
	if err != nil || tag.Major != Tag || tag.Arg != tagEmbedded {
		return nil
	}
	h, content, err := ReadHead(rest)
	if err != nil || h.Major != Bytes || h.Arg != uint64(len(content)) {
		return nil
	}
	return content
}

// UnmarshalCBOR keeps data itself, no copy, and refuses what is not #6.24(bstr).
func (e *Embedded) UnmarshalCBOR(data []byte) error {
	if Embedded(data).Content() == nil {
		return fmt.Errorf("%w: no #6.24(bstr)", ErrShape)
	}
	*e = data
	return nil
}

// MarshalCBOR returns the item as it is.
func (e Embedded) MarshalCBOR() ([]byte, error) {
	if e.Content() == nil {
		return nil, fmt.Errorf("%w: no #6.24(bstr)", ErrShape)
	}
	return slices.Clone(e), nil
}

// appendHead appends the shortest head.
func appendHead(dst []byte, m Major, arg uint64) []byte {
	first := byte(m) << 5
	switch {
	case arg < 24:
		return append(dst, first|byte(arg))
	case arg < 1<<8:
		return append(dst, first|24, byte(arg))
	case arg < 1<<16:
		return append(dst, first|25, byte(arg>>8), byte(arg))
	case arg < 1<<32:
		return append(dst, first|26, byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
	}
	return append(dst, first|27, byte(arg>>56), byte(arg>>48), byte(arg>>40), byte(arg>>32),
		byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
}
