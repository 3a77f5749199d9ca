package mdoc

import (
	"fmt"

	"kazashi/session/wire"
)

// MinRandom is how many bytes of random an IssuerSignedItem has at least, so that
// the digests of elements that are not returned tell nothing.
const MinRandom = 16

// IssuerSignedItem is one element with what its digest needs.
type IssuerSignedItem struct {
	// Bytes is IssuerSignedItemBytes as received: what the digest is taken of.
	Bytes wire.Embedded
	// DigestID should be below 2^31, clause 9.1.2.4. A widespread issuer library
	// takes 32 random bits, so that no more than that is asked for.
	DigestID          uint32
	Random            []byte
	ElementIdentifier string
	// ElementValue is the encoded value; it aliases Bytes.
	ElementValue wire.Raw
}

type issuerSignedItem struct {
	DigestID          uint32   `cbor:"digestID"`
	Random            []byte   `cbor:"random"`
	ElementIdentifier string   `cbor:"elementIdentifier"`
	ElementValue      wire.Raw `cbor:"elementValue"`
}

// NewIssuerSignedItem encodes an element on the issuer's side. The value is what
// package wire can encode: text, numbers, booleans, bytes, wire.FullDate,
// wire.TDate, arrays and maps of these, or wire.Raw.
func NewIssuerSignedItem(digestID uint32, random []byte, identifier string, value any) (IssuerSignedItem, error) {
	encoded, err := wire.Marshal(value)
	if err != nil {
		return IssuerSignedItem{}, fmt.Errorf("element %s: %w", identifier, err)
	}
	content, err := wire.Marshal(issuerSignedItem{digestID, random, identifier, encoded})
	if err != nil {
		return IssuerSignedItem{}, err
	}
	var item IssuerSignedItem
	return item, item.UnmarshalCBOR(wire.Embed(content))
}

// UnmarshalCBOR reads IssuerSignedItemBytes and keeps data itself, no copy.
func (i *IssuerSignedItem) UnmarshalCBOR(data []byte) error {
	if err := i.Bytes.UnmarshalCBOR(data); err != nil {
		return fmt.Errorf("issuer signed item: %w", err)
	}
	var item issuerSignedItem
	if err := wire.Unmarshal(i.Bytes.Content(), &item, wire.ItemLimits); err != nil {
		return fmt.Errorf("issuer signed item: %w", err)
	}
	i.DigestID, i.Random = item.DigestID, item.Random
	i.ElementIdentifier, i.ElementValue = item.ElementIdentifier, item.ElementValue
	return nil
}

// MarshalCBOR returns IssuerSignedItemBytes as they are.
func (i IssuerSignedItem) MarshalCBOR() ([]byte, error) { return i.Bytes.MarshalCBOR() }
