package pcsc

import "encoding/binary"

// What PC/SC part 10 has for asking a reader about itself.
const (
	// getFeatureRequest is CM_IOCTL_GET_FEATURE_REQUEST as pcsc-lite writes control codes.
	getFeatureRequest control = 0x42000000 + 3400
	// tlvProperties is FEATURE_GET_TLV_PROPERTIES (2.6.14).
	tlvProperties = 0x12
	// maxAPDUDataSize is the property dwMaxAPDUDataSize.
	maxAPDUDataSize = 0x0a
)

// A control is a control code of SCardControl.
type control uint32

// apduSize returns how many bytes of data one APDU can have with this reader and its
// driver: 0 for short APDUs only, else 256 to 65536. It is false when they do not say.
func apduSize(h handle) (size int, ok bool) {
	features, err := h.control(getFeatureRequest)
	if err != nil {
		return 0, false
	}
	code, ok := element(features, tlvProperties)
	if !ok || len(code) != 4 {
		return 0, false
	}
	properties, err := h.control(control(binary.BigEndian.Uint32(code)))
	if err != nil {
		return 0, false
	}
	value, ok := element(properties, maxAPDUDataSize)
	if !ok || len(value) != 4 {
		return 0, false
	}
	switch n := binary.LittleEndian.Uint32(value); {
	case n == 0, n >= 256 && n <= 65536:
		return int(n), true
	}
	return 0, false
}

// element returns the value of a tag in a list of a byte each for tag and length, and
// the value.
func element(list []byte, tag byte) (value []byte, ok bool) {
	for len(list) >= 2 && len(list) >= 2+int(list[1]) {
		value, list, ok = list[2:2+int(list[1])], list[2+int(list[1]):], list[0] == tag
		if ok {
			return value, true
		}
	}
	return nil, false
}
