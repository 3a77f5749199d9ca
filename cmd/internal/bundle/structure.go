package bundle

import (
	"bytes"

	"kazashi/session/wire"
)

// structures returns what of bytes is known by its look. Beginnings suffice: a log may
// have cut off the rest.
func structures(data []byte) []Kind {
	var kinds []Kind
	for i := range data {
		rest := data[i:]
		switch rest[0] {
		case derSequence:
			if kind, ok := derKind(rest); ok {
				kinds = append(kinds, kind)
			}
		case 0xff:
			if jpeg(rest, i == 0) || bytes.HasPrefix(rest, codestream) {
				kinds = append(kinds, Image)
			}
		case png[0], jp2[0]:
			if bytes.HasPrefix(rest, png) || bytes.HasPrefix(rest, jp2) {
				kinds = append(kinds, Image)
			}
		}
		if rest[0]&0xe0 == cborMap && privateCOSE(rest) {
			kinds = append(kinds, PrivateKey)
		}
	}
	for _, name := range documentNames {
		if bytes.Contains(data, name) {
			return append(kinds, Document)
		}
	}
	return kinds
}

const (
	derInteger  = 0x02
	derOctets   = 0x04
	derObject   = 0x06
	derSequence = 0x30
	derVersion  = 0xa0 // [0], in a certificate its version
)

// der splits the head off a DER element, whose content may be cut off.
func der(data []byte, tag byte) (content []byte, length int, ok bool) {
	if len(data) < 2 || data[0] != tag {
		return nil, 0, false
	}
	length, data = int(data[1]), data[2:]
	if length >= 0x80 {
		n := length & 0x7f
		if n == 0 || n > 3 || len(data) < n || data[0] == 0 {
			return nil, 0, false
		}
		length = 0
		for _, b := range data[:n] {
			length = length<<8 | int(b)
		}
		data = data[n:]
	}
	return data[:min(length, len(data))], length, true
}

// derKind knows keys of PKCS #8 (RFC 5958), plain and encrypted, SEC 1 (RFC 5915) and
// PKCS #1 (RFC 8017), and certificates (RFC 5280), by their first members.
func derKind(data []byte) (Kind, bool) {
	content, _, ok := der(data, derSequence)
	if !ok || len(content) < 8 {
		return "", false
	}
	if content[0] == derSequence {
		inner, length, ok := der(content, derSequence)
		if !ok {
			return "", false
		}
		if version, n, ok := der(inner, derVersion); ok && n == 3 && bytes.HasPrefix(version, []byte{derInteger, 1}) {
			return Certificate, true
		}
		return PrivateKey, length < 256 && bytes.HasPrefix(inner, pkcs5)
	}
	version := content[2]
	if content[0] != derInteger || content[1] != 1 || version > 1 {
		return "", false
	}
	second := content[3:]
	if inner, length, ok := der(second, derSequence); ok {
		_, n, ok := der(inner, derObject)
		return PrivateKey, ok && n > 2 && n < length
	}
	if _, n, ok := der(second, derOctets); ok && version == 1 {
		return PrivateKey, n >= 20 && n <= 66
	}
	if _, n, ok := der(second, derInteger); ok && version == 0 {
		return PrivateKey, n >= 64 && n <= 2049
	}
	return "", false
}

// pkcs5 begins the algorithm of an encrypted key: the OIDs of PKCS #5 (RFC 8018).
var pkcs5 = []byte{derObject, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05}

var (
	png        = []byte("\x89PNG\r\n\x1a\n")
	jp2        = []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")
	codestream = []byte{0xff, 0x4f, 0xff, 0x51, 0x00} // of JPEG 2000: SOC, SIZ
)

// shortestImage is what no portrait is shorter than. Digests are, among which three bytes
// come about by chance.
const shortestImage = 80

// jpeg knows a JPEG by SOI and the segment behind it: that of JFIF or Exif anywhere, any
// other where the data begins with it.
func jpeg(data []byte, begins bool) bool {
	if len(data) < 6 || data[1] != 0xd8 || data[2] != 0xff || data[3] < 0xc0 {
		return false
	}
	if begins && len(data) >= shortestImage {
		return true
	}
	return len(data) >= 10 && (bytes.HasPrefix(data[6:], []byte("JFIF")) || bytes.HasPrefix(data[6:], []byte("Exif"))) ||
		data[3] == 0xdb && data[4] == 0 && (data[5] == 0x43 || data[5] == 0x84)
}

// documentNames are keys of DeviceResponse, IssuerSigned, IssuerSignedItem and
// MobileSecurityObject (ISO/IEC 18013-5) as CBOR writes them: the head of the text
// before the text, which no other text has.
var documentNames = texts("documents", "issuerSigned", "deviceSigned", "nameSpaces", "issuerAuth", "deviceAuth",
	"digestID", "elementIdentifier", "elementValue", "valueDigests", "deviceKeyInfo", "digestAlgorithm")

func texts(names ...string) [][]byte {
	heads := make([][]byte, len(names))
	for i, name := range names {
		heads[i] = append([]byte{0x60 | byte(len(name))}, name...)
	}
	return heads
}

const cborMap = 0xa0

// COSE_Key (RFC 9052, clause 7, and RFC 9053, clause 7): the label of the type, and the
// private part as label -4 of an OKP (1) or EC2 (2) key, or -3 of an RSA (3) one; the
// whole of a symmetric key (4) is its -1.
const coseType = 1

var cosePrivate = map[uint64]uint64{1: 3, 2: 3, 3: 2, 4: 0} // label -1-n, by type

// privateCOSE reports whether data begins with a COSE_Key that has its private part. The
// end of it may be cut off.
func privateCOSE(data []byte) bool {
	head, rest, err := wire.ReadHead(data)
	if err != nil || head.Major != wire.Map || head.Arg < 2 || head.Arg > 16 {
		return false
	}
	kind, private := uint64(0), map[uint64]bool{}
	for range head.Arg {
		label, value, err := wire.ReadHead(rest)
		if err != nil || label.Major != wire.Unsigned && label.Major != wire.Negative {
			break
		}
		content, _, err := wire.ReadHead(value)
		if err != nil { // cut off, maybe within the private part
			private[label.Arg] = label.Major == wire.Negative && len(value) >= 4 && wire.Major(value[0]>>5) == wire.Bytes
			break
		}
		switch {
		case label.Major == wire.Unsigned && label.Arg == coseType && content.Major == wire.Unsigned:
			kind = content.Arg
		case label.Major == wire.Negative && content.Major == wire.Bytes && content.Arg >= 16:
			private[label.Arg] = true
		}
		if rest, err = wire.Skip(value); err != nil {
			break
		}
	}
	label, known := cosePrivate[kind]
	return known && private[label]
}
