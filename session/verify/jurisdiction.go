package verify

import (
	"strings"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// The elements that say again what the document signer's certificate says.
const (
	issuingCountry      = "issuing_country"
	issuingJurisdiction = "issuing_jurisdiction"
)

// compareCountry wants issuing_country, where it was returned, to be the country of
// the certificate.
func (d *examination) compareCountry() error {
	for _, e := range d.elements {
		if !namesIssuer(e.Namespace) {
			continue
		}
		switch e.Identifier {
		case issuingCountry:
			var country string
			if err := wire.Unmarshal(e.Raw, &country, wire.ItemLimits); err != nil {
				return fault.Wrap(fault.IssuingCountryMismatch, err, "%s", issuingCountry)
			}
			if country != d.path.Leaf.Subject.Country[0] {
				return fault.New(fault.IssuingCountryMismatch, "%s is not the country of the document signer", issuingCountry)
			}
		case issuingJurisdiction:
			if !d.inJurisdiction(e.Raw) {
				d.warn(fault.IssuingStateMismatch, 0)
			}
		}
	}
	return nil
}

// namesIssuer reports whether the elements above mean the issuer of the document in a
// namespace: those of ISO/IEC 18013-5 and 23220 and what is below them, of a country
// or of AAMVA. What an element of that name is in another, its owner decides.
func namesIssuer(namespace string) bool {
	for _, known := range []string{mdoc.NamespaceDrivingLicence, mdoc.NamespaceISO23220} {
		if namespace == known || strings.HasPrefix(namespace, known+".") {
			return true
		}
	}
	return false
}

// inJurisdiction reports whether issuing_jurisdiction, ISO 3166-2, is the state of
// the certificate, as far as that names one. Certificates of real issuers leave out
// the country ("LA" for "US-LA"); so it is no more than a warning when they differ,
// and the issuer has signed both.
func (d *examination) inJurisdiction(raw wire.Raw) bool {
	subject := d.path.Leaf.Subject
	if len(subject.Province) == 0 {
		return true
	}
	var jurisdiction string
	if err := wire.Unmarshal(raw, &jurisdiction, wire.ItemLimits); err != nil {
		return false
	}
	state := subject.Province[0]
	return jurisdiction == state || jurisdiction == subject.Country[0]+"-"+state
}
