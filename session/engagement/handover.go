package engagement

import (
	"encoding/binary"

	"kazashi/reader/apdu"
	"kazashi/reader/ndef"
	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// The NDEF application of a Type 4 Tag, and its capability container.
var ndefAID = []byte{0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01}

const fileCC = 0xE103

// NFCOffer is what the reader says of the NFC carrier in a handover request. The
// limits are the form's largest, since they bind the phone only.
var NFCOffer = Carrier{Kind: NFC, MaxCommand: apdu.MaxExtendedData, MaxResponse: apdu.MaxExtendedExpected}

// A Handover is the machine that reads a phone's engagement over a Type 4 Tag. The
// phone decides whether it is static or negotiated.
type Handover struct {
	file
	offer   []Carrier
	request []byte
	result  *Engagement
}

// NewHandover returns the machine. offer is what the reader has; it is said only
// in negotiated handover.
func NewHandover(offer ...Carrier) *Handover { return &Handover{offer: offer} }

// Result returns what was read, or nil before the machine has ended well.
func (h *Handover) Result() *Engagement { return h.result }

// Next implements [conversation.Machine].
func (h *Handover) Next(answer *apdu.Response) (*conversation.Step, error) {
	if answer != nil {
		return h.next(answer)
	}
	h.next = h.application
	return &conversation.Step{Name: "select-ndef-application", Command: apdu.Command{
		INS: 0xA4, P1: 0x04, Data: ndefAID, Expected: apdu.MaxShortExpected,
	}}, nil
}

// application takes the answer that tells a phone which is ready from one which
// is locked, and both from all other cards.
func (h *Handover) application(answer *apdu.Response) (*conversation.Step, error) {
	switch answer.SW {
	case apdu.OK:
		h.next = h.container
		return selectFile("select-capability-container", fileCC), nil
	case apdu.FileNotFound, apdu.SecurityNotSatisfied, apdu.ConditionsNotMet:
		return nil, fault.New(fault.PhoneLocked, "NDEF application answered %s", answer.SW)
	}
	return nil, fault.New(fault.NotAPhone, "NDEF application answered %s", answer.SW)
}

func selectFile(name string, id uint16) *conversation.Step {
	return &conversation.Step{Name: name, Command: apdu.Command{
		INS: 0xA4, P2: 0x0C, Data: binary.BigEndian.AppendUint16(nil, id),
	}}
}

func (h *Handover) container(answer *apdu.Response) (*conversation.Step, error) {
	if !answer.SW.OK() {
		return nil, fault.New(fault.UnexpectedStatus, "selecting the capability container answered %s", answer.SW)
	}
	h.next = h.readContainer
	return &conversation.Step{Name: "read-capability-container", Command: apdu.Command{
		INS: 0xB0, Expected: ndef.CapabilityContainerSize,
	}}, nil
}

func (h *Handover) readContainer(answer *apdu.Response) (*conversation.Step, error) {
	if !answer.SW.OK() {
		return nil, fault.New(fault.UnexpectedStatus, "reading the capability container answered %s", answer.SW)
	}
	var err error
	if h.cc, err = ndef.ParseCapabilityContainer(answer.Data); err != nil {
		return nil, fault.Wrap(fault.MalformedTag, err, "type 4 tag")
	}
	h.next = h.selected
	return selectFile("select-ndef-file", h.cc.FileID), nil
}

func (h *Handover) selected(answer *apdu.Response) (*conversation.Step, error) {
	if !answer.SW.OK() {
		return nil, fault.New(fault.UnexpectedStatus, "selecting the NDEF file answered %s", answer.SW)
	}
	return h.read("read-ndef-message", patience{}, h.initial)
}

// initial takes the tag's first message, which says how the phone wants it.
func (h *Handover) initial(raw []byte) (*conversation.Step, error) {
	m, err := ndef.Parse(raw)
	if err != nil {
		return nil, fault.Wrap(fault.MalformedNDEF, err, "initial message")
	}
	for _, r := range m {
		if r.TNF != ndef.WellKnown || r.Type != ndef.TypeServiceParameter {
			continue
		}
		service, err := ndef.ParseServiceParameter(r.Payload)
		if err != nil {
			return nil, fault.Wrap(fault.MalformedHandover, err, "service parameter")
		}
		if service.ServiceName == ndef.HandoverService {
			if service.Mode != ndef.ModeSingleResponse {
				return nil, fault.New(fault.MalformedHandover, "handover service of communication mode %02X, the standard has it in %02X",
					service.Mode, ndef.ModeSingleResponse)
			}
			return h.negotiate(service)
		}
	}
	if _, ok := m.Find(ndef.WellKnown, typeSelect); !ok {
		return nil, fault.New(fault.NotAPhone, "the NDEF message offers no handover")
	}
	return h.finish(raw)
}

// finish takes the message that holds the engagement.
func (h *Handover) finish(raw []byte) (*conversation.Step, error) {
	result, err := ParseSelect(raw)
	if err != nil {
		return nil, err
	}
	result.HandoverRequest = h.request
	h.result = result
	return nil, nil
}
