package engagement

import (
	"cmp"
	"slices"

	"kazashi/reader/ndef"
	"kazashi/session/fault"
)

// Record types and identifiers of the handover messages.
const (
	typeSelect  = "Hs"
	typeRequest = "Hr"
	typeCarrier = "ac"
	typeDevice  = "iso.org:18013:deviceengagement"

	idDevice = "mdoc"
)

// handoverVersion is Connection Handover 1.5; the major version is in the upper
// four bits.
const handoverVersion = 0x15

// powerActive is the state of a carrier that is ready.
const powerActive = 0x01

// ParseSelect reads a Handover Select message: the phone's engagement and the
// carriers it offers. Records are found by type and reference, since phones do not
// agree on their order.
func ParseSelect(raw []byte) (*Engagement, error) {
	m, err := ndef.Parse(raw)
	if err != nil {
		return nil, fault.Wrap(fault.MalformedNDEF, err, "handover select")
	}
	carriers, err := parseCarriers(m, typeSelect)
	if err != nil {
		return nil, err
	}
	record, ok := m.Find(ndef.External, typeDevice)
	if !ok {
		return nil, fault.New(fault.MalformedHandover, "handover select without device engagement")
	}
	device, err := ParseDevice(record.Payload)
	if err != nil {
		return nil, err
	}
	return &Engagement{
		DeviceEngagement: record.Payload, Device: device, HandoverSelect: raw, Carriers: carriers,
	}, nil
}

// ParseRequest reads a Handover Request message, as the phone's half does.
func ParseRequest(raw []byte) ([]Carrier, error) {
	m, err := ndef.Parse(raw)
	if err != nil {
		return nil, fault.Wrap(fault.MalformedNDEF, err, "handover request")
	}
	return parseCarriers(m, typeRequest)
}

// EncodeSelect encodes a Handover Select message.
func EncodeSelect(deviceEngagement []byte, carriers ...Carrier) ([]byte, error) {
	device := ndef.Record{TNF: ndef.External, Type: typeDevice, ID: idDevice, Payload: deviceEngagement}
	return encode(typeSelect, carriers, device)
}

// EncodeRequest encodes a Handover Request message.
func EncodeRequest(carriers ...Carrier) ([]byte, error) { return encode(typeRequest, carriers) }

// parseCarriers reads the handover record of a type and the carriers it refers to. One
// that cannot be read is of an unknown kind, as it may be of a later version; it is
// the error where none beside it is of a known one.
func parseCarriers(m ndef.Message, typ string) ([]Carrier, error) {
	handover, ok := m.Find(ndef.WellKnown, typ)
	if !ok {
		return nil, fault.New(fault.MalformedHandover, "no %s record", typ)
	}
	if len(handover.Payload) == 0 || handover.Payload[0]>>4 != handoverVersion>>4 {
		return nil, fault.New(fault.MalformedHandover, "%s record of another major version than 1", typ)
	}
	if len(handover.Payload) == 1 {
		return nil, nil
	}
	references, err := ndef.Parse(handover.Payload[1:])
	if err != nil {
		return nil, fault.Wrap(fault.MalformedNDEF, err, "inside the %s record", typ)
	}
	var carriers []Carrier
	var bad error
	usable := false
	for _, r := range references {
		if r.TNF != ndef.WellKnown || r.Type != typeCarrier {
			continue // a collision record, or one of a later version
		}
		c, err := referredCarrier(m, r)
		if err != nil {
			bad, c = cmp.Or(bad, err), Carrier{}
		}
		usable = usable || c.Kind != Unknown
		carriers = append(carriers, c)
	}
	if bad != nil && !usable {
		return nil, bad
	}
	return carriers, nil
}

// referredCarrier reads the carrier to which an alternative carrier record refers.
func referredCarrier(m ndef.Message, reference ndef.Record) (Carrier, error) {
	id, err := carrierReference(reference.Payload)
	if err != nil {
		return Carrier{}, err
	}
	record, ok := m.FindID(id)
	if !ok {
		return Carrier{}, fault.New(fault.MalformedHandover, "a carrier is named whose record is missing")
	}
	return parseCarrier(record)
}

// carrierReference returns the identifier in an alternative carrier record, whose
// auxiliary references say nothing that the record types do not.
func carrierReference(payload []byte) (string, error) {
	if len(payload) < 2 || len(payload) < 2+int(payload[1])+1 {
		return "", fault.New(fault.MalformedHandover, "alternative carrier record of %d bytes", len(payload))
	}
	return string(payload[2 : 2+payload[1]]), nil
}

// encode builds a handover message. Each of the extra records is referred to by
// every carrier.
func encode(typ string, carriers []Carrier, extra ...ndef.Record) ([]byte, error) {
	var references, records ndef.Message
	for _, c := range carriers {
		record, err := c.record()
		if err != nil {
			return nil, err
		}
		reference := append([]byte{powerActive, byte(len(record.ID))}, record.ID...)
		reference = append(reference, byte(len(extra)))
		for _, e := range extra {
			reference = append(append(reference, byte(len(e.ID))), e.ID...)
		}
		references = append(references, ndef.Record{TNF: ndef.WellKnown, Type: typeCarrier, Payload: reference})
		records = append(records, record)
	}
	payload := []byte{handoverVersion}
	if len(references) > 0 {
		inner, err := references.Bytes()
		if err != nil {
			return nil, err
		}
		payload = append(payload, inner...)
	}
	handover := ndef.Message{{TNF: ndef.WellKnown, Type: typ, Payload: payload}}
	return slices.Concat(handover, extra, records).Bytes()
}
