package trust

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// State is what is known of the revocation of a document or certificate.
type State uint8

// The states. What has not been looked into is undetermined.
const (
	Undetermined State = iota
	Valid
	Revoked
)

func (s State) String() string {
	return [...]string{"undetermined", "valid", "revoked"}[min(s, Revoked)]
}

// Revocations are the lists that a Store knows.
type Revocations struct {
	CRLs  []*CRL
	Lists []*StatusList
	// Damaged are the CRL files that cannot be used, by base name. A file that bears
	// the name under which an authority's CRL is installed stands for that authority's;
	// any other may have been anybody's.
	Damaged []string
}

// A Revocation is the answer for one document.
type Revocation struct {
	State State
	// Listed means that a list speaks, or should speak, of the document or of its
	// signer: the document names one, or a CRL of the IACA is installed. Without it
	// State is Undetermined, since nobody said anything.
	Listed bool
	// Err says why the document is revoked (KZ-509 its signer, KZ-451 itself) or why
	// that is undetermined (KZ-452), and is nil for one that is valid. It names no
	// index and no address, which would tell one document from another.
	Err error
}

// Revocation looks up a document whose path was validated: its signer in the CRL
// of the IACA, itself in the lists that its MSO names; status is nil for an MSO
// that names none.
//
// A list counts when its signature leads to the certificate that the MSO gives
// for it or, without one, to the IACA of the document. What any list calls revoked
// is revoked, even when that list is stale: revocations are not taken back. What
// none calls revoked is valid only when all that should speak of it do.
func (s *Store) Revocation(path *Path, status *mdoc.Status, at time.Time) Revocation {
	parts := []Revocation{s.ofSigner(path, at)}
	if status != nil {
		parts = append(parts, s.ofDocument(path, status, at)...)
	}
	result := Revocation{Err: undetermined("no list speaks of it")}
	for _, p := range parts {
		if !p.Listed {
			continue
		}
		if !result.Listed || p.State == Revoked || result.State == Valid {
			result = p
		}
		if p.State == Revoked {
			break
		}
	}
	return result
}

func undetermined(why string) error {
	return fault.New(fault.RevocationUndetermined, "%s", why)
}

// ofSigner asks the CRL of the IACA.
func (s *Store) ofSigner(path *Path, at time.Time) Revocation {
	authority := path.Anchor.Certificate
	crl := s.crl(authority)
	switch {
	case crl == nil && s.damaged(authority):
		return Revocation{Listed: true, Err: undetermined("a crl is installed that cannot be used")}
	case crl == nil:
		return Revocation{}
	case crl.lists(path.Leaf):
		return Revocation{State: Revoked, Listed: true, Err: fault.New(fault.CertificateRevoked, "document signer is on the crl of its iaca")}
	case crl.Stale(at) != nil:
		return Revocation{Listed: true, Err: undetermined("the crl of the iaca is past its next update")}
	}
	return Revocation{State: Valid, Listed: true}
}

// crl returns the CRL of an authority, nil when none is installed.
func (s *Store) crl(authority *x509.Certificate) *CRL {
	for _, c := range s.options.Revocations.CRLs {
		if c.by(authority) {
			return c
		}
	}
	return nil
}

// damaged reports whether a CRL of an authority may have been in a file that
// cannot be used.
func (s *Store) damaged(authority *x509.Certificate) bool {
	return slices.ContainsFunc(s.options.Revocations.Damaged, func(name string) bool {
		other := slices.ContainsFunc(s.anchors, func(a Anchor) bool {
			return name == crlName(a.Certificate) && authorityID(a.Certificate) != authorityID(authority)
		})
		return !other
	})
}

// ofDocument asks the lists that the MSO names.
func (s *Store) ofDocument(path *Path, status *mdoc.Status, at time.Time) []Revocation {
	var parts []Revocation
	if l := status.StatusList; l != nil {
		parts = append(parts, s.inList(path, l.URI, l.Certificate, at, func(list *StatusList) State { return list.at(l.Index) }))
	}
	if l := status.IdentifierList; l != nil {
		parts = append(parts, s.inList(path, l.URI, l.Certificate, at, func(list *StatusList) State { return list.holds(l.ID) }))
	}
	if len(parts) == 0 {
		parts = append(parts, Revocation{Listed: true, Err: undetermined("its status is of an unknown kind")})
	}
	return parts
}

// inList looks into the list of a URI that is trusted for the document.
func (s *Store) inList(path *Path, uri string, certificate []byte, at time.Time, look func(*StatusList) State) Revocation {
	r := Revocation{Listed: true, Err: undetermined("the list that it names is not installed")}
	for _, list := range s.options.Revocations.Lists {
		if list.URI != uri {
			continue
		}
		if err := s.trusts(path, list, certificate, at); err != nil {
			r.Err = fault.Wrap(fault.RevocationUndetermined, err, "the list that it names")
			continue
		}
		switch state := look(list); {
		case state == Revoked:
			return Revocation{State: Revoked, Listed: true, Err: fault.New(fault.DocumentRevoked, "listed by its issuer")}
		case list.Stale(at) != nil:
			r.Err = undetermined("the list that it names has expired")
		case list.bits > 1 && path.DocType == mdoc.DocTypeDrivingLicence:
			// The standard gives an mDL one bit. With more, 0 may mean that the other bits
			// are somewhere else.
			r.Err = undetermined("the list that it names has more than the one bit of an mDL")
		case state == Undetermined:
			r.Err = undetermined("the list that it names says nothing that can be understood")
		default:
			return Revocation{State: Valid, Listed: true}
		}
	}
	return r
}

// trusts returns why a list may not speak of a document.
func (s *Store) trusts(path *Path, list *StatusList, certificate []byte, at time.Time) error {
	iaca := path.Anchor.Certificate
	authority := iaca
	if certificate != nil {
		c, err := parseCertificate(certificate)
		if err != nil {
			return fault.New(fault.CertificateMalformed, "certificate that the mso gives for it")
		}
		authority = c
	}
	chain := list.chain[:1:1]
	if bytes.Equal(authority.Raw, chain[0].Raw) {
		if err := statusSigner.check(authority, at); err != nil {
			return err
		}
	} else {
		if _, err := statusSigner.lead(list.chain, []*x509.Certificate{authority}, at); err != nil {
			return err
		}
		chain = append(upTo(list.chain, authority), authority)
	}
	// What the MSO gives may itself be the IACA's, which then can take it back.
	if last := chain[len(chain)-1]; !last.Equal(iaca) && issuerAmong(last, []*x509.Certificate{iaca}) != nil {
		chain = append(chain, iaca)
	}
	if revokedIn(chain, s.options.Revocations.CRLs) {
		return fault.New(fault.CertificateRevoked, "status list signer, or a ca above it")
	}
	return nil
}
