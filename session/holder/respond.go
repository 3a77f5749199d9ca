package holder

import (
	"crypto"
	"slices"

	"kazashi/session/cose"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

// response makes the DeviceResponse: of each document that is asked for and there,
// the elements that are asked for and there.
func (p *Phone) response(request *mdoc.DeviceRequest) ([]byte, error) {
	response := &mdoc.DeviceResponse{Version: "1.0"}
	for _, d := range request.DocRequests {
		asked, err := d.Request()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(p.wallet, func(c *specimen.Credential) bool { return c.DocType == asked.DocType })
		if i < 0 || p.options.Scenario == ReturnsNothing {
			response.DocumentErrors = append(response.DocumentErrors, map[string]int64{asked.DocType: 0})
			continue
		}
		document, err := p.document(p.wallet[i], asked)
		if err != nil {
			return nil, err
		}
		response.Documents = append(response.Documents, document)
	}
	return response.Bytes()
}

func (p *Phone) document(c *specimen.Credential, asked mdoc.DocRequest) (mdoc.Document, error) {
	elements := asked.Elements
	switch p.options.Scenario {
	case WithholdsElement:
		elements = elements[1:]
	case IndividualNumber:
		elements = append(slices.Clone(elements), mdoc.ElementRequest{
			Namespace: mdoc.NamespaceMyNumberCard, Identifier: mdoc.IndividualNumber,
		})
	}
	signed := mdoc.IssuerSigned{NameSpaces: make(map[string][]mdoc.IssuerSignedItem), IssuerAuth: c.IssuerAuth}
	for _, e := range elements {
		for _, item := range c.Items[e.Namespace] {
			if item.ElementIdentifier == e.Identifier {
				signed.NameSpaces[e.Namespace] = append(signed.NameSpaces[e.Namespace], item)
			}
		}
	}
	if p.options.Scenario == TamperedElement {
		if err := tamper(signed.NameSpaces); err != nil {
			return mdoc.Document{}, err
		}
	}
	device, err := p.authenticate(c)
	return mdoc.Document{
		DocType: c.DocType, IssuerSigned: signed, DeviceSigned: device, Errors: missing(signed.NameSpaces, asked),
	}, err
}

// missing lists what was asked for and is not returned, each with error 0.
func missing(returned map[string][]mdoc.IssuerSignedItem, asked mdoc.DocRequest) map[string]map[string]int64 {
	var errors map[string]map[string]int64
	for _, e := range asked.Elements {
		if slices.ContainsFunc(returned[e.Namespace], func(i mdoc.IssuerSignedItem) bool {
			return i.ElementIdentifier == e.Identifier
		}) {
			continue
		}
		if errors == nil {
			errors = make(map[string]map[string]int64)
		}
		if errors[e.Namespace] == nil {
			errors[e.Namespace] = make(map[string]int64)
		}
		errors[e.Namespace][e.Identifier] = 0
	}
	return errors
}

// tamper gives the first element of each namespace another value, with all else
// as it was issued.
func tamper(namespaces map[string][]mdoc.IssuerSignedItem) error {
	for _, items := range namespaces {
		changed, err := mdoc.NewIssuerSignedItem(items[0].DigestID, items[0].Random, items[0].ElementIdentifier, "見本（改ざん）")
		if err != nil {
			return err
		}
		items[0] = changed
	}
	return nil
}

// authenticate signs for the phone, over an empty list of elements of its own.
func (p *Phone) authenticate(c *specimen.Credential) (mdoc.DeviceSigned, error) {
	key, transcript := c.DeviceKey, p.session.transcript
	switch p.options.Scenario {
	case WrongDeviceKey:
		var err error
		if key, err = p.options.DeviceCurve.Generate(); err != nil {
			return mdoc.DeviceSigned{}, err
		}
	case OtherSession:
		other, err := seal.Generate(p.options.Curve)
		if err != nil {
			return mdoc.DeviceSigned{}, err
		}
		if transcript, err = p.transcript(other.COSE()); err != nil {
			return mdoc.DeviceSigned{}, err
		}
	}
	own, err := mdoc.EncodeDeviceNameSpaces(nil)
	if err != nil {
		return mdoc.DeviceSigned{}, err
	}
	signed := mdoc.DeviceSigned{NameSpaces: own}
	payload, err := mdoc.DeviceAuthenticationBytes(transcript, c.DocType, own)
	if err != nil {
		return mdoc.DeviceSigned{}, err
	}
	signer, signs := key.(crypto.Signer)
	if p.options.MAC || !signs {
		macKey, err := p.macKey(key, transcript)
		if err == nil {
			signed.DeviceAuth.MAC, err = cose.MacDetached(macKey, payload)
			return signed, err
		}
		if !signs {
			return signed, err
		}
	}
	signed.DeviceAuth.Signature, err = cose.SignDetached(signer, payload)
	return signed, err
}

// macKey returns EMacKey, which exists where the keys share a curve.
func (p *Phone) macKey(key crypto.PrivateKey, transcript []byte) ([]byte, error) {
	private, err := seal.FromKey(key)
	if err != nil {
		return nil, err
	}
	return private.MACKey(p.session.eReaderKey, transcript)
}
