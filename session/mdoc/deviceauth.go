package mdoc

import "kazashi/session/wire"

// DeviceAuthenticationBytes returns what the phone signs or authenticates, clause
// 9.1.3.4, for a SessionTranscript in its array form and DeviceNameSpacesBytes as
// received. A transcript that is none is KZ-709.
func DeviceAuthenticationBytes(transcript []byte, docType string, deviceNameSpaces wire.Embedded) (wire.Embedded, error) {
	return authenticationBytes("DeviceAuthentication", transcript, docType, deviceNameSpaces)
}
