//go:build !cgo

package key

import (
	"crypto"

	"kazashi/session/fault"
)

func openToken(uri, crypto.PublicKey) (crypto.Signer, error) {
	return nil, fault.New(fault.ReaderKeyUnreadable, "built without PKCS#11")
}
