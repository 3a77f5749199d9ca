package engagement

import (
	"slices"
	"time"

	"kazashi/reader/ndef"
	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// How long a phone is waited for in TNEP. Phones name 8 to 16 ms and need some
// tens of them; what one may name goes up to half a minute.
const (
	retryWait = 10 * time.Millisecond // the least between two looks at a message that is not ready
	leastWait = 2 * time.Second       // for a message, however little the phone asked for
	mostWait  = 5 * time.Second       // for a message, however much it asked for
)

// negotiate selects the handover service, and then says what the reader has.
func (h *Handover) negotiate(service ndef.ServiceParameter) (*conversation.Step, error) {
	var err error
	if h.request, err = EncodeRequest(h.offer...); err != nil {
		return nil, err
	}
	if len(h.request) > service.MaxMessage {
		return nil, fault.New(fault.HandoverRefused, "request of %d bytes, the phone takes %d", len(h.request), service.MaxMessage)
	}
	choice, err := ndef.ServiceSelect{ServiceName: ndef.HandoverService}.Bytes()
	if err != nil {
		return nil, err
	}
	message, err := ndef.Message{{TNF: ndef.WellKnown, Type: ndef.TypeServiceSelect, Payload: choice}}.Bytes()
	if err != nil {
		return nil, err
	}
	status := patienceOf(service, fault.New(fault.HandoverTimeout, "the status of the handover service did not become ready"))
	// A phone that has taken the request and stays silent has found nothing in it.
	selected := patienceOf(service, h.declined("an empty file"))
	return h.write("select-handover-service", message, func() (*conversation.Step, error) {
		return h.read("read-service-status", status, func(raw []byte) (*conversation.Step, error) {
			if err := serviceStatus(raw); err != nil {
				return nil, err
			}
			return h.write("write-handover-request", h.request, func() (*conversation.Step, error) {
				return h.read("read-handover-select", selected, h.negotiated)
			})
		})
	})
}

// patienceOf turns what the phone asks for into what it gets: its own waiting time
// before the first look, since an earlier one could find the reader's own message
// there, and then as often as it likes within what a person at a kiosk bears.
func patienceOf(service ndef.ServiceParameter, silent error) patience {
	wait := min(service.MinWait, mostWait)
	again := max(wait, retryWait)
	tries := min(max(service.MaxWaits, int(leastWait/again)), int((mostWait-wait)/again))
	return patience{wait: wait, again: again, tries: tries, silent: silent}
}

// serviceStatus reads a TNEP status message.
func serviceStatus(raw []byte) error {
	m, err := ndef.Parse(raw)
	if err != nil {
		return fault.Wrap(fault.MalformedNDEF, err, "service status")
	}
	record, ok := m.Find(ndef.WellKnown, ndef.TypeStatus)
	if !ok {
		return fault.New(fault.MalformedHandover, "no status record in the phone's answer")
	}
	status, err := ndef.ParseStatus(record.Payload)
	if err != nil {
		return fault.Wrap(fault.MalformedHandover, err, "status record")
	}
	if status != ndef.StatusSuccess {
		return fault.New(fault.HandoverRefused, "the phone answered %s", status)
	}
	return nil
}

// negotiated takes the answer to the request: the engagement and one carrier, or a
// sign that there was nothing in the request that the phone could take.
func (h *Handover) negotiated(raw []byte) (*conversation.Step, error) {
	m, err := ndef.Parse(raw)
	if err != nil {
		return nil, fault.Wrap(fault.MalformedNDEF, err, "handover select")
	}
	if err := h.without(m); err != nil {
		return nil, err
	}
	step, err := h.finish(raw)
	if err != nil {
		return nil, err
	}
	if n := len(h.result.Carriers); n > 1 && slices.ContainsFunc(h.result.Carriers, h.offered) {
		h.result = nil
		return nil, fault.New(fault.MalformedHandover, "handover select of %d carriers, a negotiated one names one", n)
	}
	return step, nil
}

// without returns the error of a message by which a phone says that it takes none of
// the carriers in the request, KZ-209. What is neither such a message nor a Handover
// Select, or breaks its form, is for others to refuse.
func (h *Handover) without(m ndef.Message) error {
	if !slices.ContainsFunc(m, func(r ndef.Record) bool { return r.TNF != ndef.Empty }) {
		return h.declined("an empty record")
	}
	if record, ok := m.Find(ndef.WellKnown, ndef.TypeStatus); ok && len(m) == 1 {
		if status, err := ndef.ParseStatus(record.Payload); err == nil && status != ndef.StatusSuccess {
			return h.declined(status.String())
		}
	}
	if _, engaged := m.Find(ndef.External, typeDevice); engaged {
		return nil // then the session sees what it offers
	}
	carriers, err := parseCarriers(m, typeSelect)
	if err != nil || slices.ContainsFunc(carriers, h.offered) {
		return nil //nolint:nilerr // whoever reads it whole says what is wrong
	}
	return h.declined(offered(carriers))
}

// offered reports whether the request offered a carrier of c's kind.
func (h *Handover) offered(c Carrier) bool {
	return slices.ContainsFunc(h.offer, func(o Carrier) bool { return o.Kind == c.Kind })
}

// declined is the error of a phone that takes none of what was offered.
func (h *Handover) declined(by string) error {
	return fault.New(fault.NoCommonTransport, "the phone answered the offer of %s with %s", offered(h.offer), by)
}
