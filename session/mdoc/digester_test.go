package mdoc

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	_ "crypto/sha512" // registers what an MSO may name
	"reflect"
	"testing"

	"kazashi/session/wire"
)

// Whatever the length of an item, no byte of it stays in the hash once it is wiped. That is looked at
// where crypto/sha256 and crypto/sha512 keep the block under way.
func TestF56_WipedDigesterKeepsNothing(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		d := NewDigester(h)
		block := reflect.ValueOf(d.hash).Elem().FieldByName("x")
		if !block.IsValid() || block.Len() != d.hash.BlockSize() {
			t.Fatalf("%s keeps its block elsewhere: this test sees nothing", h)
		}
		for length := range 3 * d.hash.BlockSize() {
			d.Digest(wire.Embedded(bytes.Repeat([]byte{0xa5}, length)))
			d.Digest(wire.Embedded("x")) // leaves the most of the one before
			d.Wipe()
			for i := range block.Len() {
				if block.Index(i).Uint() == 0xa5 {
					t.Fatalf("%s keeps byte %d of its block after items of %d bytes", h, i, length)
				}
			}
		}
	}
}

func TestDigesterStartsAnew(t *testing.T) {
	d := NewDigester(crypto.SHA256)
	for _, item := range []string{"one", "two", "one", ""} {
		if want := sha256.Sum256([]byte(item)); !bytes.Equal(d.Digest(wire.Embedded(item)), want[:]) {
			t.Errorf("another digest of %q", item)
		}
	}
}
