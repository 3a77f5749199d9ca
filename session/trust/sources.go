package trust

import (
	"crypto/x509"
	"slices"
	"strconv"
	"time"
)

// Sources say where trust comes from.
type Sources struct {
	// Anchors are pinned IACA certificates.
	Anchors []Pin
	// Roots are the pinned certificates of VICAL providers.
	Roots []Pin
	// Dir holds what changes by itself, one file each: VICALs in vical/, CRLs in crl/
	// and status lists in status/. A folder that is not there holds nothing; an empty
	// Dir is none. Files whose names begin with a dot are not looked at.
	Dir string
	// Grace is how long past its next update a VICAL's anchors count.
	Grace time.Duration
}

// A Pin is a file of certificates, PEM or DER, or a folder of such files, and the
// docTypes for which they count; none means any.
type Pin struct {
	Path     string
	DocTypes []string
}

// The folders of Dir.
const (
	vicalFolder  = "vical"
	crlFolder    = "crl"
	statusFolder = "status"
)

// A Finding is something that is wrong with one file, or one entry of it.
type Finding struct {
	File string // as it was opened
	Err  error  // with a code
	// Warning means that nothing is lost by it: an entry of a VICAL that was skipped, a
	// CRL of an authority that is not trusted, an anchor that departs from its profile.
	Warning bool
	// Kept means that what the file held before still counts.
	Kept bool
}

// A Set is all that was found, at one time, in its Sources. It does not change.
type Set struct {
	// Anchors are the pinned ones and, after them, those of VICALs.
	Anchors []Anchor
	VICALs  []Installed[*VICAL]
	CRLs    []Installed[*CRL]
	Lists   []Installed[*StatusList]

	pinned
	findings []Finding // of lists
	damaged  []string
}

// pinned is what the pinned files hold.
type pinned struct {
	anchors    []Anchor
	vicalRoots []Root
	byFile     map[string][]*x509.Certificate
	findings   []Finding
}

// Installed is a list with the file that it is in.
type Installed[T any] struct {
	File string
	List T
}

// Revocations returns the CRLs and status lists for a Store.
func (s *Set) Revocations() Revocations {
	r := Revocations{Damaged: s.damaged}
	for _, c := range s.CRLs {
		r.CRLs = append(r.CRLs, c.List)
	}
	for _, l := range s.Lists {
		r.Lists = append(r.Lists, l.List)
	}
	return r
}

// Pinned returns what is wrong with the files of pinned certificates.
func (s *Set) Pinned() []Finding { return slices.Clone(s.pinned.findings) }

// Findings returns what is wrong as of a time: what was found on loading, and
// the lists that have become stale since.
func (s *Set) Findings(at time.Time) []Finding {
	return slices.Concat(s.pinned.findings, s.findings, stale(s.VICALs, at), stale(s.CRLs, at), stale(s.Lists, at))
}

func stale[T list[T]](lists []Installed[T], at time.Time) []Finding {
	var found []Finding
	for _, l := range lists {
		if err := l.List.Stale(at); err != nil {
			found = append(found, Finding{File: l.File, Err: err})
		}
	}
	return found
}

// list is what VICALs, CRLs and status lists have in common.
type list[T any] interface {
	// id tells lists apart: a newer list of the same id takes the place of an older.
	id() string
	Stale(at time.Time) error
	Supersedes(old T) error
}

func (v *VICAL) id() string      { return vicalName(v) }
func (c *CRL) id() string        { return crlName(c.Issuer) }
func (l *StatusList) id() string { return statusName(l.URI, l.authority()) }

// Files returns every file that was tried, in the order of its name; also those
// that could not be used.
func (s *Set) Files() []string {
	var files []string
	for file := range s.byFile {
		files = append(files, file)
	}
	for _, l := range s.VICALs {
		files = append(files, l.File)
	}
	for _, l := range s.CRLs {
		files = append(files, l.File)
	}
	for _, l := range s.Lists {
		files = append(files, l.File)
	}
	for _, f := range slices.Concat(s.pinned.findings, s.findings) {
		files = append(files, f.File)
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// Freshness is one list in short.
type Freshness struct {
	Kind    string // "vical", "crl", "status list" or "identifier list"
	Of      string // provider, issuer or URI
	File    string
	Number  string // of a VICAL or a CRL, "" without one
	Entries int    // usable anchors, revoked certificates, or see StatusList.Entries
	// Issued and NextUpdate are the list's own; NextUpdate is zero for a VICAL that
	// does not say it.
	Issued, NextUpdate time.Time
	Fresh              bool
}

// Freshness returns every list in short, as of a time.
func (s *Set) Freshness(at time.Time) []Freshness {
	var all []Freshness
	for _, i := range s.VICALs {
		f := Freshness{Kind: "vical", Of: i.List.Provider, File: i.File, Entries: len(i.List.Anchors),
			Issued: i.List.Date, NextUpdate: i.List.Until(0), Fresh: i.List.Stale(at) == nil}
		if i.List.IssueID != nil {
			f.Number = strconv.FormatUint(*i.List.IssueID, 10)
		}
		all = append(all, f)
	}
	for _, i := range s.CRLs {
		all = append(all, Freshness{Kind: "crl", Of: i.List.Issuer.Subject.CommonName, File: i.File, Number: i.List.Number.String(),
			Entries: i.List.Entries(), Issued: i.List.ThisUpdate.UTC(), NextUpdate: i.List.NextUpdate.UTC(), Fresh: i.List.Stale(at) == nil})
	}
	for _, i := range s.Lists {
		all = append(all, Freshness{Kind: i.List.Kind(), Of: i.List.URI, File: i.File, Entries: i.List.Entries(),
			Issued: i.List.IssuedAt, NextUpdate: i.List.Expires, Fresh: i.List.Stale(at) == nil})
	}
	return all
}
