// Package engagement is how a tap begins: device engagement and NFC handover of
// ISO/IEC 18013-5 (clauses 8.2.1 and 8.2.2 of the 2021 edition). [Handover] is the
// reader's half over a Type 4 Tag, static or negotiated as the phone has it; what
// it yields is an [Engagement], from whose received bytes the session transcript is
// built. The records are encoded here too, for the phone's half.
//
// Nothing here does I/O or keeps a clock.
package engagement

import (
	"crypto/sha256"
	"strings"
	"sync"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// An Engagement is what a phone has said of itself before the first session
// message. The byte slices are as they were received and are not to be changed.
type Engagement struct {
	// DeviceEngagement is the CBOR item, without tag 24.
	DeviceEngagement []byte
	// Device is what stands in it.
	Device Device
	// HandoverSelect and HandoverRequest are the NDEF messages, without NLEN.
	// HandoverRequest is nil in static handover, both are in a QR code.
	HandoverSelect, HandoverRequest []byte
	// Carriers are what the phone offers, in its order.
	Carriers []Carrier
}

// Carrier returns the first offered carrier of a kind.
func (e *Engagement) Carrier(k Kind) (Carrier, bool) {
	for _, c := range e.Carriers {
		if c.Kind == k {
			return c, true
		}
	}
	return Carrier{}, false
}

// Offered names the carriers for an error text, such as "BLE, Wi-Fi Aware".
func (e *Engagement) Offered() string { return offered(e.Carriers) }

func offered(carriers []Carrier) string {
	if len(carriers) == 0 {
		return "nothing"
	}
	names := make([]string, len(carriers))
	for i, c := range carriers {
		names[i] = c.Kind.String()
	}
	return strings.Join(names, ", ")
}

// Transcript returns SessionTranscript with the given EReaderKey, an encoded
// COSE_Key, in its array form.
func (e *Engagement) Transcript(eReaderKey []byte) ([]byte, error) {
	return Transcript(e.DeviceEngagement, eReaderKey, e.HandoverSelect, e.HandoverRequest)
}

// Transcript returns SessionTranscript in its array form, from bytes as they were
// sent and received. Without handoverSelect it is that of a QR code, without
// handoverRequest that of static handover.
func Transcript(deviceEngagement, eReaderKey, handoverSelect, handoverRequest []byte) ([]byte, error) {
	if len(deviceEngagement) == 0 || len(eReaderKey) == 0 || len(handoverSelect) == 0 && len(handoverRequest) > 0 {
		return nil, fault.New(fault.MalformedTranscript, "a part of it is missing")
	}
	const null, pair, triple = 0xf6, 0x82, 0x83
	out := append([]byte{triple}, wire.Embed(deviceEngagement)...)
	out = append(out, wire.Embed(eReaderKey)...)
	if len(handoverSelect) == 0 {
		return append(out, null), nil
	}
	selected, err := wire.Marshal(handoverSelect)
	if err != nil {
		return nil, err
	}
	out = append(append(out, pair), selected...)
	if len(handoverRequest) == 0 {
		return append(out, null), nil
	}
	requested, err := wire.Marshal(handoverRequest)
	if err != nil {
		return nil, err
	}
	return append(out, requested...), nil
}

// memory is how many engagements a [Memory] remembers.
const memory = 64

// A Memory remembers the ephemeral keys of the last taps as hashes, to tell a
// phone that uses one twice. Such a key is no breach by itself, since our own is
// fresh, but it is a sign of a replay or of a careless phone. It is for concurrent
// use; the zero value is ready, and a nil Memory knows nothing.
type Memory struct {
	mu   sync.Mutex
	ring [memory][sha256.Size]byte
	n    int
}

// Reused reports whether e's key was there before, and remembers it.
func (m *Memory) Reused(e *Engagement) bool {
	if m == nil {
		return false
	}
	sum := sha256.Sum256(e.Device.KeyBytes)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range min(m.n, memory) {
		if m.ring[i] == sum {
			return true
		}
	}
	m.ring[m.n%memory] = sum
	m.n++
	return false
}
