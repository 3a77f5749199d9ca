package engagement

import (
	"bytes"
	"crypto"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

// cipherSuite is the only one that the standard has.
const cipherSuite = 1

// A Device is the content of a DeviceEngagement.
type Device struct {
	Version  string        // "1.0", or "1.1" with capabilities; other minor versions are taken too
	KeyBytes wire.Embedded // EDeviceKeyBytes, as received
	Key      crypto.PublicKey
	Capabilities
	// Methods are the retrieval methods that stand in the engagement itself. Over
	// NFC there are none: there the handover names the carriers.
	Methods []Carrier
}

// Capabilities are what a phone announces in version 1.1 that it can do.
type Capabilities struct {
	// ReaderAuthAll means that the phone reads readerAuthAll.
	ReaderAuthAll bool
	// ExtendedRequest means that it reads deviceRequestInfo.
	ExtendedRequest bool
}

type deviceEngagement struct {
	Version      string     `cbor:"0,keyasint"`
	Security     security   `cbor:"1,keyasint"`
	Methods      []wire.Raw `cbor:"2,keyasint,omitempty"`
	OriginInfos  wire.Raw   `cbor:"5,keyasint,omitzero"`
	Capabilities wire.Raw   `cbor:"6,keyasint,omitzero"`
}

type security struct {
	_     struct{} `cbor:",toarray"`
	Suite int64
	Key   wire.Embedded
}

// The capabilities that are read.
const (
	capabilityReaderAuthAll   = 3
	capabilityExtendedRequest = 4
)

// ParseDevice reads a DeviceEngagement. What it does not know it skips, as the
// standard asks: other keys, other minor versions. Errors are KZ-206, KZ-207 for
// the cipher suite and KZ-208 for the key.
func ParseDevice(raw []byte) (Device, error) {
	var w deviceEngagement
	if err := wire.Unmarshal(raw, &w, wire.EngagementLimits); err != nil {
		return Device{}, fault.Wrap(fault.MalformedEngagement, err, "device engagement")
	}
	if !mdoc.IsVersion1(w.Version) {
		return Device{}, fault.New(fault.MalformedEngagement, "device engagement is not of version 1.x")
	}
	if w.Security.Suite != cipherSuite {
		return Device{}, fault.New(fault.UnsupportedCipherSuite, "cipher suite %d", w.Security.Suite)
	}
	key, err := seal.ParsePublic(w.Security.Key.Content())
	if err != nil {
		return Device{}, err
	}
	d := Device{Version: w.Version, KeyBytes: w.Security.Key, Key: key}
	d.Capabilities = parseCapabilities(w.Capabilities)
	for _, m := range w.Methods {
		d.Methods = append(d.Methods, parseMethod(m))
	}
	return d, nil
}

// parseCapabilities reads what it knows. A capability that is not plainly announced
// is none: the phone is then asked in the older way.
func parseCapabilities(raw wire.Raw) (c Capabilities) {
	var announced map[int64]wire.Raw
	if len(raw) == 0 || wire.Unmarshal(raw, &announced, wire.EngagementLimits) != nil {
		return c
	}
	c.ReaderAuthAll, _ = announced[capabilityReaderAuthAll].Head().Bool()
	c.ExtendedRequest, _ = announced[capabilityExtendedRequest].Head().Bool()
	return c
}

// EncodeDevice encodes a DeviceEngagement for use over NFC: version 1.1 with
// capabilities, 1.0 without any. The key is an encoded COSE_Key.
func EncodeDevice(eDeviceKey []byte, c Capabilities) ([]byte, error) {
	w := deviceEngagement{Version: "1.0", Security: security{Suite: cipherSuite, Key: wire.Embed(eDeviceKey)}}
	if c == (Capabilities{}) {
		return wire.Marshal(w)
	}
	announced := map[int64]bool{}
	if c.ReaderAuthAll {
		announced[capabilityReaderAuthAll] = true
	}
	if c.ExtendedRequest {
		announced[capabilityExtendedRequest] = true
	}
	var err error
	if w.Capabilities, err = wire.Marshal(announced); err != nil {
		return nil, err
	}
	w.Version, w.OriginInfos = "1.1", wire.Raw{emptyArray} // which has to be there with capabilities
	return wire.Marshal(w)
}

const emptyArray = 0x80

// The kinds of retrieval methods.
const (
	methodNFC  = 1
	methodBLE  = 2
	methodWiFi = 3
)

// parseMethod reads one retrieval method. One that it cannot read is a carrier
// of no kind: it names what is offered and stops nothing.
func parseMethod(raw wire.Raw) Carrier {
	var m struct {
		_       struct{} `cbor:",toarray"`
		Type    uint64
		Version uint64
		Options wire.Raw
	}
	if wire.Unmarshal(raw, &m, wire.EngagementLimits) != nil {
		return Carrier{}
	}
	switch m.Type {
	case methodNFC:
		var o struct {
			MaxCommand  uint32 `cbor:"0,keyasint"`
			MaxResponse uint32 `cbor:"1,keyasint"`
		}
		if wire.Unmarshal(m.Options, &o, wire.EngagementLimits) != nil {
			return Carrier{}
		}
		return Carrier{Kind: NFC, MaxCommand: int(o.MaxCommand), MaxResponse: int(o.MaxResponse)}
	case methodBLE:
		return parseBLEOptions(m.Options)
	case methodWiFi:
		return Carrier{Kind: WiFiAware}
	}
	return Carrier{}
}

// parseBLEOptions reads which modes of Bluetooth the phone has, and the service of the
// one that the standard prefers.
func parseBLEOptions(raw wire.Raw) Carrier {
	var o struct {
		Peripheral     *bool  `cbor:"0,keyasint,omitempty"`
		Central        *bool  `cbor:"1,keyasint,omitempty"`
		PeripheralUUID []byte `cbor:"10,keyasint,omitempty"`
		CentralUUID    []byte `cbor:"11,keyasint,omitempty"`
	}
	c := Carrier{Kind: BLE, Role: RoleUnknown}
	if wire.Unmarshal(raw, &o, wire.EngagementLimits) != nil {
		return c
	}
	var uuid []byte
	peripheral, central := o.Peripheral != nil && *o.Peripheral, o.Central != nil && *o.Central
	switch {
	case central && peripheral:
		c.Role, uuid = 3, o.CentralUUID
	case central:
		c.Role, uuid = 1, o.CentralUUID
	case peripheral:
		c.Role, uuid = 0, o.PeripheralUUID
	}
	if len(uuid) == 16 {
		c.UUID = bytes.Clone(uuid)
	}
	return c
}
