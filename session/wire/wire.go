// Package wire is the fence around CBOR: what comes from a phone is read only
// through it. [Unmarshal] works in three passes. [Precheck] walks the received
// bytes and refuses what ISO/IEC 18013-5 does not allow or what is larger than
// its kind of message may be, before anything is allocated. Then the shape of
// the message is held against the Go type: a member that must be there is there,
// is of its major type, and hides behind no null and no stray tag. Only then is
// it decoded.
//
// Nothing is ever encoded again to be hashed or verified: [Raw] and [Embedded]
// keep the received bytes, and share memory with them, so that wiping the
// message wipes every value that was read out of it.
package wire

import (
	"errors"
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// What is wrong with a message. Every error of this package is one of these and
// holds positions and member names of the standard, never values.
var (
	// ErrLimit means that a message is larger, deeper or has more members than
	// its kind may have.
	ErrLimit = errors.New("cbor over its limit")
	// ErrMalformed means that the bytes are not the CBOR that ISO/IEC 18013-5
	// allows: not well-formed, indefinite lengths, a map key twice, and the like.
	ErrMalformed = errors.New("malformed cbor")
	// ErrShape means that the CBOR is sound but is not the expected structure.
	ErrShape = errors.New("unexpected cbor structure")
)

// Unmarshal reads one CBOR item into the value that v points to. Structures name
// their members with `cbor` tags; a member without omitempty or
// omitzero has to be there.
// Unknown members are skipped, as the standard asks of a reader. Raw and Embedded
// members alias data.
func Unmarshal(data []byte, v any, l Limits) error {
	if err := Precheck(data, l); err != nil {
		return err
	}
	if err := checkShape(data, v); err != nil {
		return err
	}
	mode := decoding
	if l.BigNumbers {
		mode = decodingBig
	}
	if err := mode().Unmarshal(data, v); err != nil {
		if errors.Is(err, ErrShape) || errors.Is(err, ErrMalformed) || errors.Is(err, ErrLimit) {
			return err
		}
		// The library's texts may quote what they stumble over.
		return fmt.Errorf("%w: not readable as %T", ErrShape, v)
	}
	return nil
}

// Marshal encodes v in preferred serialisation, definite lengths, keys in
// bytewise order.
func Marshal(v any) ([]byte, error) {
	b, err := encoding().Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding %T: %w", v, err)
	}
	return b, nil
}

// decoding holds what is left to refuse after Precheck and the shape. Its bounds
// are the library's own; the bounds that count are those of [Limits].
var (
	decoding = sync.OnceValue(func() cbor.DecMode { return newDecoding(cbor.BignumTagForbidden) })
	// decodingBig lets big numbers pass; the shape has put them into Raw only.
	decodingBig = sync.OnceValue(func() cbor.DecMode { return newDecoding(cbor.BignumTagAllowed) })
)

func newDecoding(big cbor.BignumTagMode) cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		MaxNestedLevels:   maxDepth + 1,
		MaxArrayElements:  maxCount,
		MaxMapPairs:       maxCount,
		BignumTag:         big,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		UTF8:              cbor.UTF8RejectInvalid,
		IntDec:            cbor.IntDecConvertSignedOrFail,
		TimeTag:           cbor.DecTagRequired,
		NaN:               cbor.NaNDecodeForbidden,
		Inf:               cbor.InfDecodeForbidden,
		BinaryUnmarshaler: cbor.BinaryUnmarshalerNone,
	}.DecMode()
	if err != nil {
		panic(err) // constants above do not fit the library
	}
	return mode
}

var encoding = sync.OnceValue(func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // constants above do not fit the library
	}
	return mode
})
