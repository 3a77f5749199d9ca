package engagement

import (
	"bytes"
	"encoding/binary"
	"slices"

	"kazashi/reader/ndef"
	"kazashi/session/fault"
)

// A Kind is a way to move session messages.
type Kind int

// The kinds of the standard.
const (
	Unknown Kind = iota
	NFC
	BLE
	WiFiAware
)

// String returns the kind's name as people know it.
func (k Kind) String() string {
	switch k {
	case NFC:
		return "NFC"
	case BLE:
		return "BLE"
	case WiFiAware:
		return "Wi-Fi Aware"
	}
	return "an unknown carrier"
}

// A Carrier is one offer to move session messages.
type Carrier struct {
	Kind Kind
	// MaxCommand and MaxResponse, for NFC, are the sender's limits in bytes of data
	// field, as it states them; 0 where it does not. The standard allows from
	// apdu.MaxShortData and apdu.MaxShortExpected to apdu.MaxExtendedData and
	// apdu.MaxExtendedExpected.
	MaxCommand, MaxResponse int
	// Role, for BLE, is the sender's LE role: 0 peripheral only, 1 central only,
	// 2 and 3 both with that one preferred, RoleUnknown where it says none.
	Role byte
	// UUID, for BLE, is the service's, 16 bytes in the order they are written, or nil.
	UUID []byte
}

// RoleUnknown is the LE role of a phone that does not say one.
const RoleUnknown = 0xff

// Types of the carrier records.
const (
	typeNFC       = "iso.org:18013:nfc"
	typeBLE       = "application/vnd.bluetooth.le.oob"
	typeWiFiAware = "application/vnd.wfa.nan"
)

// kindOf tells a carrier record by its type. The standard's own examples and phones
// do not agree on the type name format of the NFC record.
func kindOf(r ndef.Record) Kind {
	switch {
	case r.Type == typeNFC && (r.TNF == ndef.External || r.TNF == ndef.WellKnown):
		return NFC
	case r.Type == typeBLE && r.TNF == ndef.MIME:
		return BLE
	case r.Type == typeWiFiAware && r.TNF == ndef.MIME:
		return WiFiAware
	}
	return Unknown
}

func parseCarrier(r ndef.Record) (Carrier, error) {
	c := Carrier{Kind: kindOf(r)}
	var err error
	switch c.Kind {
	case NFC:
		err = c.parseNFC(r.Payload)
	case BLE:
		c.Role = RoleUnknown
		c.parseBLE(r.Payload)
	}
	return c, err
}

// The fields of the NFC carrier record. Before each stands the length of type
// and value together.
const (
	nfcVersion     = 0x01
	nfcMaxCommand  = 0x01
	nfcMaxResponse = 0x02
)

func (c *Carrier) parseNFC(payload []byte) error {
	if len(payload) == 0 || payload[0] != nfcVersion {
		return fault.New(fault.MalformedHandover, "NFC carrier record of another version than 1")
	}
	for rest := payload[1:]; len(rest) > 0; {
		n := int(rest[0])
		if n < 1 || n >= len(rest) {
			return fault.New(fault.MalformedHandover, "NFC carrier record is cut short")
		}
		value := 0
		if n > 4 {
			value = 1 << 24
		} else {
			for _, b := range rest[2 : 1+n] {
				value = value<<8 | int(b)
			}
		}
		switch rest[1] {
		case nfcMaxCommand:
			c.MaxCommand = value
		case nfcMaxResponse:
			c.MaxResponse = value
		}
		rest = rest[1+n:]
	}
	return nil
}

// The data types of the Bluetooth record that are read.
const (
	bleRole = 0x1c
	bleUUID = 0x07 // complete list of 128-bit service UUIDs
)

// parseBLE reads a list of length, type and value; what it does not know or cannot
// read it skips, as phones add types of their own.
func (c *Carrier) parseBLE(payload []byte) {
	for len(payload) > 1 {
		n := int(payload[0])
		if n < 1 || n >= len(payload) {
			return
		}
		value := payload[2 : 1+n]
		switch {
		case payload[1] == bleRole && len(value) == 1:
			c.Role = value[0]
		case payload[1] == bleUUID && len(value) == 16:
			c.UUID = bytes.Clone(value)
			slices.Reverse(c.UUID)
		}
		payload = payload[1+n:]
	}
}

// record encodes the carrier with the identifier that refers to it.
func (c Carrier) record() (ndef.Record, error) {
	switch c.Kind {
	case NFC:
		// All fields, always: some phones read on without looking at the length.
		payload := binary.BigEndian.AppendUint16([]byte{nfcVersion, 3, nfcMaxCommand}, uint16(c.MaxCommand))
		payload = append(payload, 4, nfcMaxResponse, byte(c.MaxResponse>>16), byte(c.MaxResponse>>8), byte(c.MaxResponse))
		return ndef.Record{TNF: ndef.External, Type: typeNFC, ID: "nfc", Payload: payload}, nil
	case BLE:
		payload := []byte{2, bleRole, c.Role}
		if len(c.UUID) == 16 {
			uuid := bytes.Clone(c.UUID)
			slices.Reverse(uuid)
			payload = append(append(payload, 17, bleUUID), uuid...)
		}
		return ndef.Record{TNF: ndef.MIME, Type: typeBLE, ID: "0", Payload: payload}, nil
	}
	return ndef.Record{}, fault.New(fault.MalformedHandover, "no record for %s", c.Kind)
}
