package vault

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"kazashi/session/fault"
)

// appendEvidence appends the member evidence of a claim. It waits and is wiped with
// the attributes, which it holds once more.
func (r verifiedResult) appendEvidence(dst []byte) ([]byte, error) {
	dst = appendClearing(dst, `,"evidence":`)
	e, err := r.verified.Evidence()
	if err != nil {
		return appendClearing(dst, `{"withheld":`+quote(string(fault.CodeOf(err)))+`}`), nil
	}
	head, err := json.Marshal(struct {
		At         time.Time `json:"verified_at"`
		Transcript []byte    `json:"session_transcript"`
		Anchors    [][]byte  `json:"trust_anchors"`
	}{e.At.UTC().Round(0), e.Transcript, e.Anchors})
	if err != nil {
		return dst, fault.Wrap(fault.Internal, err, "rendering evidence")
	}
	dst = appendClearing(dst, string(head[:len(head)-1])+`,"device_response":"`)
	dst = base64.StdEncoding.AppendEncode(room(dst, base64.StdEncoding.EncodedLen(len(e.Response))), e.Response)
	return appendClearing(dst, `"}`), nil
}
