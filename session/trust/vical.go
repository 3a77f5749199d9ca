package trust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"math/big"
	"regexp"
	"slices"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// A VICAL is a list of IACA certificates that a provider vouches for, ISO/IEC
// 18013-5, Annex C: verified up to a pinned root.
type VICAL struct {
	Provider string
	// IssueID grows with each issue; nil when the provider does not number them.
	IssueID *uint64
	Date    time.Time
	// NextUpdate and NotAfter are zero when the list does not say them.
	NextUpdate, NotAfter time.Time
	// Anchors are the usable entries, bound to the docTypes that the list gives
	// them. None is bound to no docType.
	Anchors []Anchor
	// Skipped are the entries that cannot be used.
	Skipped []Skipped
	// Root is the pinned certificate to which the signer's chain leads.
	Root *x509.Certificate

	chain []*x509.Certificate // signer first, Root last
}

// Skipped is one entry of a list that was left out, which takes nothing from the
// others.
type Skipped struct {
	Entry int    // its place in the list, from 0
	Name  string // common name of its certificate, "" when that cannot be read
	Err   error
}

// A Root is a pinned certificate of a VICAL provider, and what its lists may
// speak of.
type Root struct {
	Certificate *x509.Certificate
	DocTypes    []string // none means any
}

type receivedVICAL struct {
	Version      string      `cbor:"version"`
	Provider     string      `cbor:"vicalProvider"`
	Date         wire.TDate  `cbor:"date"`
	IssueID      *uint64     `cbor:"vicalIssueID,omitzero"`
	NextUpdate   *wire.TDate `cbor:"nextUpdate,omitzero"`
	NotAfter     *wire.TDate `cbor:"notAfter,omitzero"`
	Certificates []wire.Raw  `cbor:"certificateInfos"`
}

type receivedEntry struct {
	Certificate  []byte   `cbor:"certificate"`
	SerialNumber wire.Raw `cbor:"serialNumber"`
	SKI          []byte   `cbor:"ski"`
	DocTypes     []string `cbor:"docType"`
}

// maxProvider bounds the provider's name, which people see.
const maxProvider = 256

// ParseVICAL reads a VICAL and verifies it as of a time: its signature, its
// signer's profile (Annex B.1.8) and chain, which may have one CA or more between
// signer and root, and the form of the list. An entry that cannot be used is
// skipped, and told of in Skipped.
//
// Whether the list is still fresh is not judged here, see [VICAL.Until]. Errors
// are KZ-513 for what is no VICAL, KZ-502 to KZ-531 for its signer, KZ-516 for its
// signature and KZ-532 for a list from the future.
func ParseVICAL(raw []byte, roots []Root, at time.Time) (*VICAL, error) {
	message, err := cose.ParsePublished(raw, wire.VICALLimits)
	switch {
	case err != nil:
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "vical")
	case raw[0]>>5 == byte(wire.Tag):
		return nil, fault.New(fault.TrustFileInvalid, "vical is tagged")
	case message.Payload == nil:
		return nil, fault.New(fault.TrustFileInvalid, "vical without its payload")
	}
	chain, err := signerChain(message, vicalSigner.who)
	if err != nil {
		return nil, err
	}
	certificates := make([]*x509.Certificate, 0, len(roots))
	for _, r := range roots {
		certificates = append(certificates, r.Certificate)
	}
	root, err := vicalSigner.lead(chain, certificates, at)
	if err != nil {
		return nil, err
	}
	if err := message.Verify(chain[0].PublicKey); err != nil {
		return nil, fault.Wrap(fault.TrustSignature, err, "vical")
	}
	allowed := roots[slices.Index(certificates, root)].DocTypes
	v, err := readVICAL(message.Payload, allowed, at)
	if err != nil {
		return nil, err
	}
	v.Root, v.chain = root, append(upTo(chain, root), root)
	return v, nil
}

func readVICAL(payload []byte, allowed []string, at time.Time) (*VICAL, error) {
	var r receivedVICAL
	if err := wire.Unmarshal(payload, &r, wire.VICALLimits); err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "vical")
	}
	v := &VICAL{Provider: r.Provider, IssueID: r.IssueID, Date: r.Date.Time()}
	if r.NextUpdate != nil {
		v.NextUpdate = r.NextUpdate.Time()
	}
	if r.NotAfter != nil {
		v.NotAfter = r.NotAfter.Time()
	}
	switch {
	case !mdoc.IsVersion1(r.Version):
		return nil, fault.New(fault.TrustFileInvalid, "vical is not of version 1.x")
	case r.Provider == "" || len(r.Provider) > maxProvider:
		return nil, fault.New(fault.TrustFileInvalid, "vical does not name its provider")
	case v.Date.After(at):
		return nil, fault.New(fault.TrustFromFuture, "vical is of %s", v.Date.Format(time.RFC3339))
	}
	for i, entry := range r.Certificates {
		v.add(i, entry, allowed, at)
	}
	if len(v.Anchors) == 0 {
		return nil, fault.New(fault.TrustFileInvalid, "vical without a usable entry")
	}
	return v, nil
}

// add takes an entry in or skips it.
func (v *VICAL) add(i int, raw wire.Raw, allowed []string, at time.Time) {
	anchor, err := readEntry(raw, allowed, at)
	if err == nil && slices.ContainsFunc(v.Anchors, func(a Anchor) bool { return a.Certificate.Equal(anchor.Certificate) }) {
		err = fault.New(fault.TrustFileInvalid, "stands in the list twice")
	}
	if err != nil {
		s := Skipped{Entry: i, Err: err}
		if anchor.Certificate != nil {
			s.Name = anchor.Certificate.Subject.CommonName
		}
		v.Skipped = append(v.Skipped, s)
		return
	}
	anchor.Source = "VICAL " + v.Provider
	v.Anchors = append(v.Anchors, anchor)
}

// docTypeForm is what a docType looks like; it is shown to people.
var docTypeForm = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$`)

// readEntry reads one entry. With an error, the anchor holds the certificate if
// that could be read.
func readEntry(raw wire.Raw, allowed []string, at time.Time) (a Anchor, err error) {
	var r receivedEntry
	if err := wire.Unmarshal(raw, &r, wire.VICALLimits); err != nil {
		return a, fault.Wrap(fault.TrustFileInvalid, err, "entry")
	}
	if a.Certificate, err = parseCertificate(r.Certificate); err != nil {
		return a, fault.Wrap(fault.CertificateMalformed, err, "entry")
	}
	if err := CheckAnchor(a.Certificate); err != nil {
		return a, err
	}
	if at.After(a.Certificate.NotAfter) {
		return a, checkValidity(a.Certificate, "iaca", at)
	}
	if err := r.contradicts(a.Certificate); err != nil {
		return a, err
	}
	// No docType must not become an anchor for any.
	if len(r.DocTypes) == 0 || slices.ContainsFunc(r.DocTypes, func(d string) bool { return len(d) > 128 || !docTypeForm.MatchString(d) }) {
		return a, fault.New(fault.TrustFileInvalid, "entry is bound to no docType")
	}
	for _, d := range r.DocTypes {
		if (len(allowed) == 0 || slices.Contains(allowed, d)) && !slices.Contains(a.DocTypes, d) {
			a.DocTypes = append(a.DocTypes, d)
		}
	}
	if len(a.DocTypes) == 0 {
		return a, fault.New(fault.NoAnchor, "entry is for docTypes that its provider may not speak of")
	}
	return a, nil
}

// contradicts holds what the entry says of its certificate against it.
func (r *receivedEntry) contradicts(c *x509.Certificate) error {
	// One provider lists the content of the extension instead: the octet string, with
	// its own head or with that and the extension's around it.
	plain := bytes.TrimPrefix(bytes.TrimPrefix(r.SKI, []byte{0x04, 0x16}), []byte{0x04, 0x14})
	if len(c.SubjectKeyId) > 0 && !bytes.Equal(r.SKI, c.SubjectKeyId) && !bytes.Equal(plain, c.SubjectKeyId) {
		return fault.New(fault.TrustFileInvalid, "entry has another subject key identifier than its certificate")
	}
	if number, err := bigNumber(r.SerialNumber); err != nil || number.Cmp(c.SerialNumber) != 0 {
		return fault.New(fault.TrustFileInvalid, "entry has another serial number than its certificate")
	}
	return nil
}

// bigNumber reads a biguint: an unsigned integer, or bytes under tag 2.
func bigNumber(raw wire.Raw) (*big.Int, error) {
	h, rest, err := wire.ReadHead(raw)
	switch {
	case err != nil:
		return nil, err
	case h.Major == wire.Unsigned:
		return new(big.Int).SetUint64(h.Arg), nil
	case h.Major == wire.Tag && h.Arg == 2:
		if h, rest, err = wire.ReadHead(rest); err == nil && h.Major == wire.Bytes {
			return new(big.Int).SetBytes(rest), nil
		}
	}
	return nil, errors.New("no big number")
}

// Until returns up to when the list's anchors count: grace past its next update,
// but not past its notAfter; zero when the list says neither.
func (v *VICAL) Until(grace time.Duration) time.Time {
	until := v.NotAfter
	if !v.NextUpdate.IsZero() && (until.IsZero() || v.NextUpdate.Add(grace).Before(until)) {
		until = v.NextUpdate.Add(grace)
	}
	return until
}

// Stale returns KZ-515 when the list should have been replaced by now.
func (v *VICAL) Stale(at time.Time) error {
	if until := v.Until(0); !until.IsZero() && at.After(until) {
		return fault.New(fault.TrustStale, "vical of %s: next update was due %s", v.Provider, until.Format(time.RFC3339))
	}
	return nil
}

// Supersedes returns KZ-514 when v is older than old, which the same provider
// issued: it has a lower issue number or an earlier date, has lost its number, or
// is another list under the same number.
func (v *VICAL) Supersedes(old *VICAL) error {
	switch {
	case old.IssueID != nil && v.IssueID == nil:
		return fault.New(fault.TrustRollback, "vical has no issue number, the installed one has %d", *old.IssueID)
	case old.IssueID != nil && *v.IssueID < *old.IssueID:
		return fault.New(fault.TrustRollback, "vical has issue number %d, the installed one %d", *v.IssueID, *old.IssueID)
	case old.IssueID != nil && *v.IssueID == *old.IssueID && !v.Date.Equal(old.Date):
		return fault.New(fault.TrustRollback, "vical has issue number %d of the installed one, but another date", *v.IssueID)
	case v.Date.Before(old.Date):
		return fault.New(fault.TrustRollback, "vical is of %s, the installed one of %s", v.Date.Format(time.RFC3339), old.Date.Format(time.RFC3339))
	}
	return nil
}
