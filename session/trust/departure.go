package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
)

// Extensions whose presence or criticality Annex B prescribes.
var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidSubjectKey       = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidCRLPoints        = asn1.ObjectIdentifier{2, 5, 29, 31}
)

// maxSerial is how long a serial number may be, in octets.
const maxSerial = 20

// emptySequence is the value of an extension that lists nothing.
var emptySequence = []byte{0x30, 0x00}

// Departures tells where the certificate of an IACA or of a document signer departs
// from its profile in Annex B and is taken all the same: real issuers do, and it opens
// nothing, since every extension is read and held to the profile whether it is
// critical or not, and the path rests on signatures and not on key identifiers. One
// short phrase each, none of which comes out of the certificate; nil for none.
func Departures(c *x509.Certificate) []string {
	wanted := []wantedExtension{
		{oidKeyUsage, true, "key usage"},
		{oidSubjectKey, false, "subject key identifier"},
	}
	var found []string
	if c.Subject.CommonName == "" {
		found = append(found, "common name is missing")
	}
	if c.SerialNumber.BitLen() >= 8*maxSerial { // DER has a sign bit too
		found = append(found, "serial number is longer than 20 octets")
	}
	if c.IsCA {
		wanted = append(wanted, wantedExtension{oidBasicConstraints, true, "basic constraints"})
		if c.MaxPathLen < 0 {
			found = append(found, "path length is not limited")
		}
		if c.KeyUsage&x509.KeyUsageDigitalSignature != 0 {
			found = append(found, "iaca has the key usage digitalSignature")
		}
	} else {
		wanted = append(wanted,
			wantedExtension{oidExtendedKeyUsage, true, "extended key usage"},
			wantedExtension{oidAuthorityKey, false, "authority key identifier"},
			wantedExtension{oidCRLPoints, false, "crl distribution points"})
	}
	wanted = append(wanted, wantedExtension{issuerAltName, false, "issuer alternative name"})
	for _, w := range wanted {
		if why := w.departs(c); why != "" {
			found = append(found, w.name+" "+why)
		}
	}
	return found
}

// wantedExtension is one that has to be there, and critical where that is set.
type wantedExtension struct {
	id       asn1.ObjectIdentifier
	critical bool
	name     string
}

func (w wantedExtension) departs(c *x509.Certificate) string {
	for _, e := range c.Extensions {
		switch {
		case !e.Id.Equal(w.id):
		case w.critical && !e.Critical:
			return "is not critical"
		case bytes.Equal(e.Value, emptySequence):
			return "is empty"
		default:
			return ""
		}
	}
	return "is missing"
}
