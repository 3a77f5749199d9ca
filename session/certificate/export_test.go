package certificate

import "golang.org/x/crypto/cryptobyte"

// Rebuild makes another certificate of one: with another SubjectPublicKeyInfo, and
// another signature with the same algorithm.
func Rebuild(der, spki []byte, sign func(tbs []byte) []byte) []byte {
	p, ok := split(der)
	if !ok {
		panic("no certificate")
	}
	rest := cryptobyte.String(p.rest)
	var algorithm cryptobyte.String
	if !rest.ReadASN1Element(&algorithm, 0x30) {
		panic("no signature algorithm")
	}
	sequence := func(contents ...[]byte) []byte {
		var b cryptobyte.Builder
		b.AddASN1(0x30, func(b *cryptobyte.Builder) {
			for _, c := range contents {
				b.AddBytes(c)
			}
		})
		return b.BytesOrPanic()
	}
	tbs := sequence(p.before, spki, p.after)
	var signature cryptobyte.Builder
	signature.AddASN1BitString(sign(tbs))
	return sequence(tbs, algorithm, signature.BytesOrPanic())
}
