package engagement

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kazashi/session/seal"
)

// A Summary is an engagement in words and numbers, for diagnostics. Nothing in it is
// of the holder.
type Summary struct {
	Handover string // "QR", "static" or "negotiated"
	Version  string
	Curve    string // of the ephemeral key
	// Key is the SHA-256 of EDeviceKeyBytes in hex: two engagements with the same one
	// are a replay, or of a careless phone.
	Key string
	Capabilities
	Carriers []Carrier // in the phone's order; each prints itself
}

// Summary sums an engagement up.
func (e *Engagement) Summary() Summary {
	sum := sha256.Sum256(e.Device.KeyBytes)
	s := Summary{
		Handover: "static", Version: e.Device.Version, Key: hex.EncodeToString(sum[:]),
		Capabilities: e.Device.Capabilities, Carriers: e.Carriers,
	}
	switch {
	case len(e.HandoverSelect) == 0:
		s.Handover = "QR"
	case len(e.HandoverRequest) > 0:
		s.Handover = "negotiated"
	}
	if curve, err := seal.CurveOf(e.Device.Key); err == nil {
		s.Curve = curve.String()
	}
	return s
}

// String returns the carrier with its details, such as
// "NFC, commands of 255 bytes, responses of 256 bytes" or "BLE, central".
func (c Carrier) String() string {
	text := c.Kind.String()
	switch c.Kind {
	case NFC:
		if c.MaxCommand > 0 {
			text += fmt.Sprintf(", commands of %d bytes", c.MaxCommand)
		}
		if c.MaxResponse > 0 {
			text += fmt.Sprintf(", responses of %d bytes", c.MaxResponse)
		}
	case BLE:
		text += ", " + roles[min(int(c.Role), len(roles)-1)]
		if len(c.UUID) == 16 {
			u := c.UUID
			text += fmt.Sprintf(", service %x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
		}
	}
	return text
}

// roles are the LE roles by number, the last one for all that there are not.
var roles = []string{
	"peripheral", "central", "peripheral rather than central", "central rather than peripheral", "in an unknown role",
}
