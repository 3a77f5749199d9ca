package mdoc

import (
	"crypto"
	"hash"

	"kazashi/session/wire"
)

// A Digester computes the digests of items, one after the other.
type Digester struct {
	hash hash.Hash
	sum  []byte
}

// NewDigester returns a Digester for one of the hashes of [MobileSecurityObject.Hash].
func NewDigester(h crypto.Hash) *Digester {
	d := &Digester{hash: h.New()}
	d.sum = make([]byte, 0, d.hash.Size())
	return d
}

// Digest returns the digest of an item, over its bytes as received, the head of tag
// 24 included. It is valid until the next call.
func (d *Digester) Digest(item wire.Embedded) []byte {
	d.hash.Reset()
	d.hash.Write(item)
	d.sum = d.hash.Sum(d.sum[:0])
	return d.sum
}

// Wipe overwrites what the Digester keeps of the items: the ends of some, in which
// values may lie, stay in the hash's block until another block comes, and Reset
// leaves them there.
func (d *Digester) Wipe() {
	d.hash.Reset()
	block := make([]byte, d.hash.BlockSize())
	// In two pieces: a whole block would not go through the hash's own.
	d.hash.Write(block[:1])
	d.hash.Write(block[1:])
}
