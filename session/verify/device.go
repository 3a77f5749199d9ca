package verify

import (
	"errors"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

func (d *examination) readDeviceKey() error {
	var err error
	d.deviceKey, err = cose.ParseKey(d.mso.DeviceKeyInfo.DeviceKey)
	return fault.Wrap(fault.DeviceKeyInvalid, err, "device key")
}

// checkKeyAuthorizations wants the issuer's leave for every element that the
// phone signed itself, and none of them twice in the document. They answer no
// request, see minimise.
func (d *examination) checkKeyAuthorizations() error {
	elements, err := d.document.DeviceSigned.Elements()
	if err != nil {
		return err
	}
	for _, e := range elements {
		if !d.mso.DeviceKeyInfo.KeyAuthorizations.Allows(e.Namespace, e.Identifier) {
			return fault.New(fault.KeyNotAuthorized, "a device-signed element without the issuer's leave")
		}
		for _, other := range d.elements {
			if other.Namespace == e.Namespace && other.Identifier == e.Identifier {
				return fault.New(fault.DuplicateElement, "an element is signed by issuer and device")
			}
		}
		d.elements = append(d.elements, Element{Namespace: e.Namespace, Identifier: e.Identifier, Raw: e.Value, DeviceSigned: true})
	}
	return nil
}

func (d *examination) verifyDeviceAuth() error {
	auth := d.document.DeviceSigned.DeviceAuth
	if (auth.Signature == nil) == (auth.MAC == nil) {
		return fault.New(fault.DeviceAuthMalformed, "neither or both of signature and mac")
	}
	if auth.Signature != nil {
		return d.verifySignature()
	}
	return d.verifyMAC()
}

func (d *examination) verifySignature() error {
	signed, err := d.authentication()
	if err != nil {
		return err
	}
	defer clear(signed)
	s, err := cose.ParseSign1(d.document.DeviceSigned.DeviceAuth.Signature)
	if err == nil {
		err = s.VerifyDetached(d.deviceKey, signed)
	}
	return deviceFault(err, fault.DeviceSignatureInvalid)
}

func (d *examination) verifyMAC() error {
	signed, err := d.authentication()
	if err != nil {
		return err
	}
	defer clear(signed)
	m, err := cose.ParseMac0(d.document.DeviceSigned.DeviceAuth.MAC)
	if err != nil {
		return deviceFault(err, fault.DeviceMACInvalid)
	}
	if d.in.ReaderKey == nil {
		return fault.New(fault.DeviceMACUncheckable, "a mac without the reader's key")
	}
	macKey, err := d.in.ReaderKey.MACKey(d.deviceKey, d.in.Transcript)
	if err != nil {
		return fault.Wrap(fault.DeviceMACImpossible, err, "no common mac key")
	}
	defer clear(macKey)
	return deviceFault(m.VerifyDetached(macKey, signed), fault.DeviceMACInvalid)
}

// authentication returns what the phone has signed, for the caller to clear.
func (d *examination) authentication() ([]byte, error) {
	return mdoc.DeviceAuthenticationBytes(d.in.Transcript, d.document.DocType, d.document.DeviceSigned.NameSpaces)
}

// deviceFault gives an error of package cose its code.
func deviceFault(err error, invalid fault.Code) error {
	switch {
	case errors.Is(err, cose.ErrSignature):
		return fault.Wrap(invalid, err, "deviceAuth")
	case errors.Is(err, cose.ErrAlgorithm):
		return fault.Wrap(fault.AlgorithmNotAllowed, err, "deviceAuth")
	}
	return fault.Wrap(fault.DeviceAuthMalformed, err, "deviceAuth")
}
