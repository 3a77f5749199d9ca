// Package trust decides whether a document signer may vouch for a document. Its
// anchors are pinned IACA certificates, bound to docTypes; a [Store] without an
// anchor for a docType refuses every document of it.
//
// The path is validated by hand, after ISO/IEC 18013-5, clause 9.3.3 and Annex B,
// since crypto/x509 knows neither the extended key usages of the standard nor a
// critical issuerAltName, and folds the reasons for a refusal into few.
//
// Beside the pinned ones, anchors come from VICALs, signed lists of IACAs
// ([ParseVICAL]). Whether a document signer or a document was revoked is looked up
// in CRLs and status lists ([Store.Revocation]); a Path says nothing of it. All of
// these are files ([Sources]) that another program fetches: [Load] takes them in,
// [Import] puts a new one in place. Neither takes an older one for a newer, and a
// file that turns bad takes nothing away from what counted before.
package trust

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"kazashi/session/fault"
)

// Extended key usages of document signers.
var (
	// UsageMDLSigner is that of ISO/IEC 18013-5, Annex B.
	UsageMDLSigner = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
	// UsageMDocSigner is that of ISO/IEC 23220-4.
	UsageMDocSigner = asn1.ObjectIdentifier{1, 0, 23220, 4, 1, 2}
)

// SpecimenOrganization is the organization in the subject of specimen authorities
// and of nobody else. An anchor that bears it is a specimen one.
const SpecimenOrganization = "KAZASHI SPECIMEN 見本"

// An Anchor is a pinned IACA certificate.
type Anchor struct {
	Certificate *x509.Certificate
	// DocTypes are the documents that it may vouch for; none means any.
	DocTypes []string
	// Specimen marks an anchor of test documents, which count in specimen mode only.
	Specimen bool
	// Source says where it comes from, for people: a file or a VICAL.
	Source string
	// Until is when it ceases to count, whatever its certificate says: a VICAL that
	// nobody renews vouches for nothing any more. Zero sets no such end.
	Until time.Time
}

func (a Anchor) covers(docType string) bool {
	return len(a.DocTypes) == 0 || slices.Contains(a.DocTypes, docType)
}

// Options say what a Store accepts beside its anchors.
type Options struct {
	// AcceptSpecimen lets specimen anchors count.
	AcceptSpecimen bool
	// SignerUsages holds, by docType, the extended key usages of which a document
	// signer needs one. A docType that is not listed takes UsageMDLSigner or
	// UsageMDocSigner; an empty list accepts none.
	SignerUsages map[string][]asn1.ObjectIdentifier
	// Revocations are the lists that Revocation looks into.
	Revocations Revocations
}

// A Store is a set of anchors. It does not change; to reload, make another. It
// remembers the chains of some document signers that it found good, so that their
// signatures need not be checked again; see [Store.Path]. It is safe for concurrent
// use. The zero value has no anchor and refuses everything.
type Store struct {
	anchors []Anchor
	options Options
	chains  chainCache
}

// NewStore returns a Store of these anchors. Anchors without a certificate are
// left out.
func NewStore(anchors []Anchor, o Options) *Store {
	usable := slices.DeleteFunc(slices.Clone(anchors), func(a Anchor) bool { return a.Certificate == nil })
	for i, a := range usable {
		// Whatever file it came from: the key of such an authority lies beside its
		// certificate.
		usable[i].Specimen = a.Specimen || slices.Contains(a.Certificate.Subject.Organization, SpecimenOrganization)
	}
	return &Store{anchors: usable, options: o}
}

// Anchors returns the anchors, for showing them.
func (s *Store) Anchors() []Anchor { return slices.Clone(s.anchors) }

// Covers reports whether an anchor that counts may vouch for a docType.
func (s *Store) Covers(docType string) bool {
	return slices.ContainsFunc(s.anchors, func(a Anchor) bool { return a.covers(docType) && s.counts(a) })
}

func (s *Store) counts(a Anchor) bool { return !a.Specimen || s.options.AcceptSpecimen }

// A Path leads from a document signer to the anchor that issued its certificate.
type Path struct {
	Leaf   *x509.Certificate
	Anchor Anchor
	// DocType is that of the documents for which the path was validated.
	DocType string
	// Departures are those of the leaf from its profile, see [Departures].
	Departures []string
}

// Path validates the certificates of an x5chain, DER, leaf first, for a docType
// at a time. The leaf is signed by an anchor itself: the standard has no
// certificate in between. Whatever else the x5chain carries, most often the IACA,
// is held only to its order. Every reason to refuse has its own code, KZ-402 or
// KZ-5xx.
//
// Of an x5chain that was good before, for the same docType and to the byte, the
// certificates are not read and their signatures not checked again. All else is
// judged each time, what depends on the time above all. Leaf is shared with other
// Paths and is not to be changed; it does not lie in the memory of x5chain.
func (s *Store) Path(x5chain [][]byte, docType string, at time.Time) (*Path, error) {
	known, err := s.readChain(docType, x5chain)
	if err != nil {
		return nil, err
	}
	leaf, tried := known.chain.leaf, len(known.chain.tried)
	anchor, err := s.issuer(&known.chain, docType, at)
	if err != nil {
		return nil, err
	}
	for _, check := range []error{
		checkValidity(leaf, "document signer", at),
		CheckAnchor(anchor.Certificate),
		checkLeaf(leaf),
		checkCritical(leaf, "document signer"),
		checkUsage(leaf, s.usages(docType), "document signer"),
		checkNames(leaf, anchor.Certificate),
		checkKeyIdentifier(leaf, anchor.Certificate),
	} {
		if check != nil {
			return nil, check
		}
	}
	if len(known.chain.tried) > tried {
		s.chains.keep(known)
	}
	return &Path{Leaf: leaf, Anchor: anchor, DocType: docType, Departures: Departures(leaf)}, nil
}

// checkFresh holds the anchor to the list that it comes from.
func checkFresh(a Anchor, at time.Time) error {
	if !a.Until.IsZero() && at.After(a.Until) {
		return fault.New(fault.TrustStale, "anchor of %s counted until %s", a.Source, a.Until.Format(time.RFC3339))
	}
	return nil
}

// parseChain reads all certificates and returns the leaf. Each has to be followed
// by the one that bears its issuer's name, so that the leaf can only be first.
func parseChain(x5chain [][]byte) (*x509.Certificate, error) {
	if len(x5chain) == 0 {
		return nil, fault.New(fault.X5ChainMissing, "no certificate")
	}
	var leaf, last *x509.Certificate
	for i, der := range x5chain {
		c, err := parseCertificate(der)
		if err != nil {
			// The text of what reads certificates may quote them, and this one is
			// whatever the phone sent.
			return nil, fault.New(fault.CertificateMalformed, "certificate %d", i)
		}
		if last == nil {
			leaf = c
		} else if !bytes.Equal(last.RawIssuer, c.RawSubject) {
			return nil, fault.New(fault.X5ChainMalformed, "certificate %d did not issue the one before it", i)
		}
		last = c
	}
	return leaf, nil
}

// issuer finds the anchor that signed the leaf and counts at a time. Several anchors
// may bear the same name, as when an IACA renews its key, and even the same key, as
// when it renews its certificate or stands in two lists: one that is past its time
// hides none that is not.
func (s *Store) issuer(c *chain, docType string, at time.Time) (Anchor, error) {
	if !slices.ContainsFunc(s.anchors, func(a Anchor) bool { return a.covers(docType) }) {
		return Anchor{}, fault.New(fault.NoAnchor, "no anchor is installed for this docType")
	}
	var named, signable, specimen, elsewhere bool
	var past error
	for i, a := range s.anchors {
		if !bytes.Equal(a.Certificate.RawSubject, c.leaf.RawIssuer) {
			continue
		}
		named = true
		if !c.signedBy(i, a.Certificate) {
			signable = signable || !misfits(c.leaf, a.Certificate)
			continue
		}
		switch {
		case !a.covers(docType):
			elsewhere = true
		case !s.counts(a):
			specimen = true
		default:
			err := cmp.Or(checkFresh(a, at), checkValidity(a.Certificate, "iaca", at))
			if err == nil {
				return a, nil
			}
			past = cmp.Or(past, err)
		}
	}
	switch {
	case past != nil:
		return Anchor{}, past
	case specimen:
		return Anchor{}, fault.New(fault.SpecimenAnchor, "specimen documents count in specimen mode only")
	case !s.Covers(docType):
		return Anchor{}, fault.New(fault.NoAnchor, "no anchor is installed for this docType")
	case elsewhere:
		return Anchor{}, fault.New(fault.UnknownIssuer, "its anchor is bound to other docTypes")
	case named && !signable:
		return Anchor{}, fault.New(fault.CertificateAlgorithm, "document signer is signed with an algorithm that does not fit the key of its iaca")
	case named:
		return Anchor{}, fault.New(fault.CertificateSignature, "document signer is not signed by the iaca it names")
	}
	return Anchor{}, fault.New(fault.UnknownIssuer, "no anchor bears the name of the issuer")
}

func (s *Store) usages(docType string) []asn1.ObjectIdentifier {
	if usages, ok := s.options.SignerUsages[docType]; ok {
		return usages
	}
	return defaultUsages
}
