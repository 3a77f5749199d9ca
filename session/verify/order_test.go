package verify

import (
	"crypto/elliptic"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// However many things are wrong with a document, and whichever of the signatures is
// checked first, the first failure in the order of the checks is the one that is told.
func TestVerify_FirstFailureOfMany(t *testing.T) {
	l, stranger := newLab(t), newLab(t)
	afterIssue := func(d *draft, spoil func(*mdoc.Document)) {
		before := d.issued
		d.issued = func(doc *mdoc.Document) {
			if before != nil {
				before(doc)
			}
			spoil(doc)
		}
	}
	inOrder := []spoiled{
		{"issuerAuth", func(d *draft) {
			afterIssue(d, func(doc *mdoc.Document) { doc.IssuerSigned.IssuerAuth = wire.Raw{0x80} })
		}, CheckIssuerAuth, fault.MalformedIssuerAuth},
		{"path", func(d *draft) { d.chain = [][]byte{stranger.leaf} }, CheckPath, fault.CertificateSignature},
		{"issuer signature", func(d *draft) { d.signer = newKey(t, elliptic.P256()) }, CheckIssuerSignature, fault.IssuerSignatureInvalid},
		{"mso", func(d *draft) { d.mso.Version = "2.0" }, CheckMSO, fault.MSOVersion},
		{"digest", func(d *draft) {
			afterIssue(d, func(doc *mdoc.Document) {
				items := doc.IssuerSigned.NameSpaces[ns]
				item, err := mdoc.NewIssuerSignedItem(items[0].DigestID, items[0].Random, "full_name_unicode", "x")
				if err != nil {
					t.Fatal(err)
				}
				items[0] = item
			})
		}, CheckDigests, fault.DigestMismatch},
		{"docType", func(d *draft) { d.mso.DocType = "x" }, CheckDocType, fault.DocTypeMismatch},
		{"validity", func(d *draft) {
			d.mso.ValidityInfo.ValidUntil = wire.TDate(l.now.Add(-time.Hour))
		}, CheckValidity, fault.Expired},
		{"device key", func(d *draft) { d.mso.DeviceKeyInfo.DeviceKey = wire.Raw{0xa0} }, CheckDeviceKey, fault.DeviceKeyInvalid},
		{"device element", func(d *draft) {
			d.deviceElements = map[string]map[string]any{ns: {"x": 1}}
		}, CheckKeyAuthorizations, fault.KeyNotAuthorized},
		{"device signature", func(d *draft) { d.device = newKey(t, elliptic.P256()) }, CheckDeviceAuth, fault.DeviceSignatureInvalid},
		{"incomplete", func(d *draft) { d.attributes = d.attributes[:4] }, CheckComplete, fault.Incomplete},
	}
	requested := all(l.draft(t))
	for first := range inOrder {
		t.Run(inOrder[first].name, func(t *testing.T) {
			d := l.draft(t)
			for _, c := range inOrder[first:] {
				c.spoil(d)
			}
			raw := l.answer(t, d)
			for range 20 {
				_, err := l.verify(raw, requested)
				var failure *Failure
				if !errors.As(err, &failure) || failure.Check != inOrder[first].check || failure.Code() != inOrder[first].want {
					t.Fatalf("got %v, want %s at %s", err, inOrder[first].want, inOrder[first].check)
				}
			}
		})
	}
	goleak.VerifyNone(t)
}

// A signature that would verify with the key of an MSO that nobody signed is worth
// nothing, though it is checked before that is known.
func TestVerify_DeviceSignatureAloneIsWorthNothing(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.signer = newKey(t, elliptic.P256())
	if _, err := l.verify(l.answer(t, d), nil); fault.CodeOf(err) != fault.IssuerSignatureInvalid {
		t.Errorf("got %v", err)
	}
}
