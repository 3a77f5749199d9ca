package engagement

import (
	"encoding/base64"
	"strings"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// qrScheme begins the text of a QR code.
const qrScheme = "mdoc:"

// ParseQR reads the text of a QR code: "mdoc:" and the DeviceEngagement in
// base64url without padding. Errors are those of [ParseDevice].
func ParseQR(text string) (*Engagement, error) {
	encoded, ok := strings.CutPrefix(text, qrScheme)
	if !ok {
		return nil, fault.New(fault.MalformedEngagement, "QR code does not begin with %s", qrScheme)
	}
	if base64.RawURLEncoding.DecodedLen(len(encoded)) > wire.EngagementLimits.Bytes {
		return nil, fault.New(fault.MalformedEngagement, "QR code of %d characters", len(encoded))
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
