package verify

import (
	"bytes"
	"cmp"
	"crypto"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
)

// An examination takes one document through its checks.
type examination struct {
	verifier *Verifier
	in       Input
	now      time.Time
	document *mdoc.Document

	issuerAuth *cose.Sign1
	path       *trust.Path
	mso        *mdoc.MobileSecurityObject
	deviceKey  crypto.PublicKey
	elements   []Element // all that were returned and are vouched for

	size     int // of the JSON form of what was asked for
	out      Document
	warnings []Warning
}

// A step is one check of a document.
type step struct {
	check Check
	run   func(*examination) error
}

// steps are the checks in the order of the standard: first the issuer's data, then
// the device's, then what we want of them.
var steps = []step{
	{CheckIssuerAuth, (*examination).readIssuerAuth},
	{CheckPath, (*examination).buildPath},
	{CheckIssuerSignature, (*examination).verifyIssuerSignature},
	{CheckMSO, (*examination).readMSO},
	{CheckDigests, (*examination).compareDigests},
	{CheckDocType, (*examination).compareDocType},
	{CheckValidity, (*examination).checkValidity},
	{CheckIssuingCountry, (*examination).compareCountry},
	{CheckRevocation, (*examination).checkRevocation},
	{CheckDeviceKey, (*examination).readDeviceKey},
	{CheckKeyAuthorizations, (*examination).checkKeyAuthorizations},
	{CheckDeviceAuth, (*examination).verifyDeviceAuth},
	{CheckComplete, (*examination).minimise},
}

// run makes the checks up to the first that fails.
func (d *examination) run() *Failure {
	for _, s := range steps {
		if err := s.run(d); err != nil {
			return fail(s.check, err)
		}
	}
	return nil
}

func (d *examination) readIssuerAuth() error {
	var err error
	d.issuerAuth, err = cose.ParseSign1(d.document.IssuerSigned.IssuerAuth)
	switch {
	case errors.Is(err, cose.ErrAlgorithm):
		return fault.Wrap(fault.AlgorithmNotAllowed, err, "issuerAuth")
	case err != nil:
		return fault.Wrap(fault.MalformedIssuerAuth, err, "issuerAuth")
	case d.issuerAuth.Payload == nil:
		return fault.New(fault.MalformedIssuerAuth, "issuerAuth without its payload")
	}
	return nil
}

func (d *examination) buildPath() error {
	chain, err := d.issuerAuth.X5Chain()
	switch {
	case errors.Is(err, cose.ErrChainMissing):
		return fault.Wrap(fault.X5ChainMissing, err, "issuerAuth")
	case err != nil:
		return fault.Wrap(fault.X5ChainMalformed, err, "issuerAuth")
	}
	store := cmp.Or(d.verifier.Trust, &trust.Store{})
	if d.path, err = store.Path(chain, d.document.DocType, d.now); err != nil {
		return err
	}
	if len(d.path.Departures) > 0 {
		d.warn(fault.CertificateDeparture, 0)
	}
	// That the signer is not revoked belongs to its path, clause 9.3.3. What becomes of
	// a document where that cannot be told is decided with its own status.
	if r := store.Revocation(d.path, nil, d.now); r.State == trust.Revoked {
		return r.Err
	}
	return nil
}

func (d *examination) verifyIssuerSignature() error {
	err := d.issuerAuth.Verify(d.path.Leaf.PublicKey)
	if errors.Is(err, cose.ErrAlgorithm) || errors.Is(err, cose.ErrKeyUnsupported) {
		return fault.Wrap(fault.AlgorithmNotAllowed, err, "issuerAuth")
	}
	return fault.Wrap(fault.IssuerSignatureInvalid, err, "issuerAuth")
}

func (d *examination) readMSO() error {
	var err error
	d.mso, err = mdoc.ParseMSO(d.issuerAuth.Payload)
	return err
}

// compareDigests wants every returned item listed in the MSO with the digest of
// its bytes as received, and no element and no digestID twice in a namespace.
func (d *examination) compareDigests() error {
	hash, err := d.mso.Hash()
	if err != nil {
		return err
	}
	digester := mdoc.NewDigester(hash)
	defer digester.Wipe()
	namespaces := d.document.IssuerSigned.NameSpaces
	for _, ns := range slices.Sorted(maps.Keys(namespaces)) {
		items, digests := namespaces[ns], d.mso.ValueDigests[ns]
		identifiers, ids := make(map[string]bool, len(items)), make(map[uint32]bool, len(items))
		d.elements = slices.Grow(d.elements, len(items))
		for i, item := range items {
			refuse := func(code fault.Code, format string, args ...any) error {
				return fault.New(code, "%s"+format, append([]any{d.label(ns, item.ElementIdentifier, i)}, args...)...)
			}
			if identifiers[item.ElementIdentifier] {
				return refuse(fault.DuplicateElement, " twice in its namespace")
			}
			if ids[item.DigestID] {
				return refuse(fault.DuplicateDigestID, " has the digestID of another")
			}
			identifiers[item.ElementIdentifier], ids[item.DigestID] = true, true
			if len(item.Random) < mdoc.MinRandom {
				return refuse(fault.RandomTooShort, " has %d bytes of random", len(item.Random))
			}
			want, covered := digests[item.DigestID]
			if !covered {
				return refuse(fault.DigestNotCovered, " is not in the mso")
			}
			// Digests are no secret, so that their comparison need not be slow.
			if !bytes.Equal(want, digester.Digest(item.Bytes)) {
				return refuse(fault.DigestMismatch, "")
			}
			d.elements = append(d.elements, Element{Namespace: ns, Identifier: item.ElementIdentifier, Raw: item.ElementValue})
		}
	}
	return nil
}

// label names an element in an error. The identifier is whatever the phone wrote,
// a person's name if it likes: only one that was asked for is repeated, every
// other is counted in its namespace.
func (d *examination) label(namespace, identifier string, index int) string {
	if d.asked(namespace, identifier) {
		return identifier
	}
	return fmt.Sprintf("element %d of its namespace", index)
}

func (d *examination) asked(namespace, identifier string) bool {
	if d.in.Requested == nil {
		return false
	}
	for _, document := range d.in.Requested.Documents {
		if document.DocType == d.document.DocType && slices.ContainsFunc(document.Elements, func(e mdoc.ElementRequest) bool {
			return e.Namespace == namespace && e.Identifier == identifier
		}) {
			return true
		}
	}
	return false
}

// compareDocType closes the gap between the docType under which the path was
// built and asked for, and the one that the issuer signed.
func (d *examination) compareDocType() error {
	if d.mso.DocType != d.document.DocType {
		return fault.New(fault.DocTypeMismatch, "mso is for another docType")
	}
	return nil
}

func (d *examination) checkValidity() error {
	v, leaf := d.mso.ValidityInfo, d.path.Leaf
	signed, from, until := v.Signed.Time(), v.ValidFrom.Time(), v.ValidUntil.Time()
	// The dates of one person's document, to the second, can tell who it is: errors
	// say days.
	if signed.Before(leaf.NotBefore) {
		return fault.New(fault.SignedOutsideDS, "signed %d days before the document signer was valid", days(leaf.NotBefore.Sub(signed)))
	}
	if signed.After(leaf.NotAfter) {
		return fault.New(fault.SignedOutsideDS, "signed %d days after the document signer expired", days(signed.Sub(leaf.NotAfter)))
	}
	if d.now.Add(d.verifier.Skew).Before(from) {
		return fault.New(fault.NotYetValid, "valid in %d days", days(from.Sub(d.now)))
	}
	// Issuers that truncate validFrom to its day let it lie before signed, which opens
	// nothing; a signature of the future, however, was made by another clock than ours.
	if d.now.Add(d.verifier.Skew).Before(signed) {
		return fault.New(fault.SignedInFuture, "signed in %d days", days(signed.Sub(d.now)))
	}
	if d.now.Add(-d.verifier.Skew).After(until) {
		return fault.New(fault.Expired, "%d days ago", days(d.now.Sub(until)))
	}
	// Annex D of the standard does this itself, so it can be no reason to refuse.
	if until.After(leaf.NotAfter) {
		d.warn(fault.OutlivesSigner, 0)
	}
	if v.ExpectedUpdate != nil && d.now.After(v.ExpectedUpdate.Time()) {
		d.warn(fault.UpdateOverdue, 0)
	}
	d.out = Document{
		DocType: d.document.DocType, Specimen: d.path.Anchor.Specimen,
		Issuer: Issuer{Country: leaf.Subject.Country[0], Subject: d.path.Anchor.Certificate.Subject.String()},
		Signed: signed, ValidFrom: from, ValidUntil: until,
	}
	return nil
}

// days returns whole days.
func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

func (d *examination) warn(code fault.Code, count int) {
	d.warnings = append(d.warnings, Warning{Code: code, DocType: d.document.DocType, Count: count})
}
