package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"strings"
)

// The base names, without extension, under which lists are installed. Each list
// has one name as long as it is renewed, so that the new one takes the place of
// the old.

func vicalName(v *VICAL) string {
	root := authorityID(v.Root)
	provider := sha256.Sum256([]byte(v.Provider))
	return plainName(v.Provider) + "-" + hex.EncodeToString(append(root[:4:4], provider[:4]...))
}

func crlName(authority *x509.Certificate) string {
	id := authorityID(authority)
	return plainName(authority.Subject.CommonName) + "-" + hex.EncodeToString(id[:8])
}

func statusName(uri string, authority [32]byte) string {
	id := sha256.Sum256(append(authority[:], uri...))
	return hex.EncodeToString(id[:16])
}

// plainName makes a name that a person recognises out of one that anybody chose.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	plain = strings.Trim(plain, "-")
	return plain[:min(len(plain), 40)]
}
