package engagement

import (
	"crypto"
	"encoding/base64"
	"strings"

	"kazashi/session/fault"
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
	// ReaderAuthAll and ExtendedRequest are capabilities of the second edition.
	ReaderAuthAll, ExtendedRequest bool
	// Methods are the retrieval methods that stand in the engagement itself. Over
	// NFC there are none: there the handover names the carriers.
	Methods []Carrier
}

type deviceEngagement struct {
	Version      string             `cbor:"0,keyasint"`
	Security     security           `cbor:"1,keyasint"`
	Methods      []wire.Raw         `cbor:"2,keyasint,omitempty"`
	OriginInfos  wire.Raw           `cbor:"5,keyasint,omitzero"`
	Capabilities map[int64]wire.Raw `cbor:"6,keyasint,omitempty"`
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
	if !strings.HasPrefix(w.Version, "1.") {
		return Device{}, fault.New(fault.MalformedEngagement, "device engagement of another major version than 1")
	}
	if w.Security.Suite != cipherSuite {
		return Device{}, fault.New(fault.UnsupportedCipherSuite, "cipher suite %d", w.Security.Suite)
	}
	key, err := seal.ParsePublic(w.Security.Key.Content())
	if err != nil {
		return Device{}, err
	}
	d := Device{Version: w.Version, KeyBytes: w.Security.Key, Key: key}
	d.ReaderAuthAll, _ = w.Capabilities[capabilityReaderAuthAll].Head().Bool()
	d.ExtendedRequest, _ = w.Capabilities[capabilityExtendedRequest].Head().Bool()
	for _, m := range w.Methods {
		d.Methods = append(d.Methods, parseMethod(m))
	}
	return d, nil
}

// EncodeDevice encodes a DeviceEngagement, version 1.0, for use over NFC. The key
// is an encoded COSE_Key.
func EncodeDevice(eDeviceKey []byte) ([]byte, error) {
	return wire.Marshal(deviceEngagement{
		Version: "1.0", Security: security{Suite: cipherSuite, Key: wire.Embed(eDeviceKey)},
	})
}

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
		return Carrier{Kind: BLE}
	case methodWiFi:
		return Carrier{Kind: WiFiAware}
	}
	return Carrier{}
}

// qrScheme begins the text of a QR code.
const qrScheme = "mdoc:"

// ParseQR reads the text of a QR code: "mdoc:" and the DeviceEngagement in
// base64url without padding.
func ParseQR(text string) (*Engagement, error) {
	encoded, ok := strings.CutPrefix(text, qrScheme)
	if !ok {
		return nil, fault.New(fault.MalformedEngagement, "QR code does not begin with %s", qrScheme)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, fault.New(fault.MalformedEngagement, "QR code is not base64url without padding")
	}
	device, err := ParseDevice(raw)
	if err != nil {
		return nil, err
	}
	return &Engagement{DeviceEngagement: raw, Device: device, Carriers: device.Methods}, nil
}
