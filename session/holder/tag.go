package holder

import (
	"encoding/binary"
	"fmt"
	"time"

	"kazashi/reader/apdu"
	"kazashi/reader/ndef"
	"kazashi/session/carrier"
	"kazashi/session/engagement"
	"kazashi/session/seal"
)

// The files of the tag.
const (
	containerID = 0xE103
	ndefID      = 0xE104
	maxFile     = 0x0800
)

// The waiting times that the tag asks for in negotiated handover: 8 ms, twice.
const (
	minWait  = 8 * time.Millisecond
	maxWaits = 2
)

// A tag is the Type 4 Tag that a phone plays.
type tag struct {
	container []byte
	file      []byte // of the NDEF file: NLEN and message
	selected  uint16

	// answerTo takes a message that was written and returns the next one to be
	// read; nil for a tag that is read-only.
	answerTo func(message []byte) ([]byte, error)

	handoverSelect, handoverRequest []byte
}

// engage makes the tag of a new tap.
func (p *Phone) engage() error {
	key, err := seal.Generate(p.options.Curve)
	if err != nil {
		return err
	}
	device, err := engagement.EncodeDevice(key.COSE(), p.options.Capabilities)
	if err != nil {
		return err
	}
	p.session = session{key: key, deviceEngagement: device}
	offer := engagement.Carrier{Kind: engagement.NFC, MaxCommand: p.options.MaxCommand, MaxResponse: p.options.MaxResponse}
	if p.options.Scenario == BLEOnly {
		offer = engagement.Carrier{Kind: engagement.BLE, Role: 1}
	}
	hs, err := engagement.EncodeSelect(device, offer)
	if err != nil {
		return err
	}
	cc := ndef.CapabilityContainer{
		Version: 0x20, MaxResponse: 0x7FFF, MaxCommand: 0x7FFF, FileID: ndefID, MaxFile: maxFile, WriteAccess: ndef.AccessDenied,
	}
	p.tag = tag{}
	initial := hs
	if p.options.Negotiated {
		cc.WriteAccess = ndef.AccessFree
		if initial, err = serviceParameter(); err != nil {
			return err
		}
		p.tag.answerTo = func(message []byte) ([]byte, error) { return p.tag.negotiate(message, hs) }
	} else {
		p.tag.handoverSelect = hs
	}
	p.tag.put(initial)
	p.tag.container, err = cc.Bytes()
	return err
}

func serviceParameter() ([]byte, error) {
	payload, err := ndef.ServiceParameter{
		ServiceName: ndef.HandoverService, MinWait: minWait, MaxWaits: maxWaits, MaxMessage: maxFile - 2,
	}.Bytes()
	if err != nil {
		return nil, err
	}
	return ndef.Message{{TNF: ndef.WellKnown, Type: ndef.TypeServiceParameter, Payload: payload}}.Bytes()
}

// negotiate answers the choice of the service with a status, and a request with
// the engagement.
func (t *tag) negotiate(message, hs []byte) ([]byte, error) {
	m, err := ndef.Parse(message)
	if err != nil {
		return nil, err
	}
	if r, ok := m.Find(ndef.WellKnown, ndef.TypeServiceSelect); ok {
		choice, err := ndef.ParseServiceSelect(r.Payload)
		answer := ndef.StatusSuccess
		if err != nil || choice.ServiceName != ndef.HandoverService {
			answer = ndef.StatusProtocolError
		}
		return ndef.Message{{TNF: ndef.WellKnown, Type: ndef.TypeStatus, Payload: answer.Bytes()}}.Bytes()
	}
	if _, err := engagement.ParseRequest(message); err != nil {
		return nil, err
	}
	t.handoverRequest, t.handoverSelect = message, hs
	return hs, nil
}

func (t *tag) put(message []byte) {
	t.file = append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

// answer answers in the NDEF application.
func (t *tag) answer(c apdu.Command) (apdu.Response, error) {
	const readBinary, updateBinary = 0xB0, 0xD6
	offset := int(c.P1)<<8 | int(c.P2)
	switch c.INS {
	case carrier.INSSelect:
		if len(c.Data) != 2 {
			return status(apdu.WrongLength)
		}
		if t.selected = binary.BigEndian.Uint16(c.Data); t.selected != containerID && t.selected != ndefID {
			return status(apdu.FileNotFound)
		}
		return status(apdu.OK)
	case readBinary:
		content := t.file
		if t.selected == containerID {
			content = t.container
		}
		if t.selected == 0 || offset > len(content) {
			return status(apdu.WrongOffset)
		}
		content = content[offset:]
		n := min(c.Expected, len(content))
		return apdu.Response{Data: content[:n:n], SW: apdu.OK}, nil
	case updateBinary:
		if t.selected != ndefID || t.answerTo == nil {
			return status(apdu.SecurityNotSatisfied)
		}
		return t.update(offset, c.Data)
	}
	return status(apdu.INSNotSupported)
}

// update writes into the file. A message is complete when NLEN says so.
func (t *tag) update(offset int, data []byte) (apdu.Response, error) {
	if offset+len(data) > maxFile {
		return status(apdu.WrongOffset)
	}
	if short := offset + len(data) - len(t.file); short > 0 {
		t.file = append(t.file, make([]byte, short)...)
	}
	copy(t.file[offset:], data)
	n := int(binary.BigEndian.Uint16(t.file))
	if offset > 0 || n == 0 || 2+n > len(t.file) {
		return status(apdu.OK)
	}
	next, err := t.answerTo(append([]byte(nil), t.file[2:2+n]...))
	if err != nil {
		return apdu.Response{SW: apdu.WrongData}, nil //nolint:nilerr // the reader is told by the status word
	}
	t.put(next)
	return status(apdu.OK)
}

// transcript returns SessionTranscript for a reader's key.
func (p *Phone) transcript(eReaderKey []byte) ([]byte, error) {
	if p.tag.handoverSelect == nil {
		return nil, fmt.Errorf("no handover")
	}
	return engagement.Transcript(p.session.deviceEngagement, eReaderKey, p.tag.handoverSelect, p.tag.handoverRequest)
}
