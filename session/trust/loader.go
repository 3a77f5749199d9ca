package trust

import (
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kazashi/session/fault"
)

// Load reads all sources as of a time. It never fails: what cannot be used is in
// the Findings, and takes nothing from the rest.
//
// Previous is the set that counted until now, nil at the start. What it holds
// keeps counting where its file has become bad, older or has vanished: a CRL that
// is gone revokes as before. Only pinned certificates vanish with their file when
// that was one of a folder, for it is by removing it that somebody stops trusting
// an issuer.
func Load(s Sources, previous *Set, at time.Time) *Set {
	if previous == nil {
		previous = &Set{}
	}
	p := pinned{byFile: map[string][]*x509.Certificate{}}
	for _, pin := range s.Anchors {
		p.load(pin, previous, parseAnchors, func(file string, c *x509.Certificate) {
			p.anchors = append(p.anchors, Anchor{Certificate: c, DocTypes: pin.DocTypes, Source: file})
			if d := Departures(c); d != nil {
				err := fault.New(fault.CertificateDeparture, "%s", strings.Join(d, ", "))
				p.findings = append(p.findings, Finding{File: file, Err: err, Warning: true})
			}
		})
	}
	for _, pin := range s.Roots {
		p.load(pin, previous, parseRoots, func(_ string, c *x509.Certificate) {
			p.vicalRoots = append(p.vicalRoots, Root{Certificate: c, DocTypes: pin.DocTypes})
		})
	}
	return loadSet(s, p, previous, at)
}

// Refresh reads the lists under s.Dir anew, as Load does after s, and leaves the
// pinned certificates as they are.
func (s *Set) Refresh(sources Sources, at time.Time) *Set { return loadSet(sources, s.pinned, s, at) }

func loadSet(s Sources, p pinned, previous *Set, at time.Time) *Set {
	l := &loader{at: at, set: &Set{Anchors: slices.Clone(p.anchors), pinned: p}}
	l.set.VICALs = loadLists(l, s.Dir, vicalFolder, previous.VICALs, func(data []byte) (*VICAL, error) {
		return ParseVICAL(data, p.vicalRoots, at)
	}, take)
	l.set.CRLs = loadLists(l, s.Dir, crlFolder, previous.CRLs, func(data []byte) (*CRL, error) {
		return ParseCRL(data, l.set.authorities(), at)
	}, take)
	l.takeVICALs(s.Grace)
	l.takeStatusLists(s.Dir, previous.Lists)
	return l.set
}

type loader struct {
	at  time.Time
	set *Set
}

func (l *loader) find(f Finding) { l.set.findings = append(l.set.findings, f) }

// files returns the certificate files of a pin; bad is why a folder cannot be
// read.
func (p Pin) files() (files []string, bad error) {
	info, err := os.Stat(p.Path)
	if err != nil || !info.IsDir() {
		return []string{p.Path}, nil //nolint:nilerr // opening it says what is wrong
	}
	entries, err := os.ReadDir(p.Path)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "trust folder")
	}
	for _, entry := range entries {
		if !entry.IsDir() && isCertificateFile(entry.Name()) {
			files = append(files, filepath.Join(p.Path, entry.Name()))
		}
	}
	return files, nil
}

// load reads a pin and hands each certificate on. The certificates that a file
// held before stay when it cannot be read.
func (p *pinned) load(pin Pin, previous *Set, parse func(file string) ([]*x509.Certificate, error), add func(file string, c *x509.Certificate)) {
	files, err := pin.files()
	if err != nil {
		p.findings = append(p.findings, Finding{File: pin.Path, Err: err})
	}
	for _, file := range files {
		found, err := parse(file)
		if err != nil {
			found = previous.byFile[file]
			p.findings = append(p.findings, Finding{File: file, Err: err, Kept: found != nil})
		}
		p.byFile[file] = found
		for _, c := range found {
			add(file, c)
		}
	}
}

func parseAnchors(file string) ([]*x509.Certificate, error) {
	anchors, err := LoadFile(file)
	var all []*x509.Certificate
	for _, a := range anchors {
		all = append(all, a.Certificate)
	}
	return all, err
}

// parseRoots reads the certificates of VICAL providers in one file.
func parseRoots(path string) ([]*x509.Certificate, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, err
	}
	ders, err := certificates(data)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "%s", path)
	}
	var roots []*x509.Certificate
	for i, der := range ders {
		c, err := parseCertificate(der)
		if err == nil && !c.IsCA {
			err = errors.New("no ca")
		}
		if err != nil {
			return nil, fault.Wrap(fault.TrustFileInvalid, err, "%s: certificate %d", path, i)
		}
		roots = append(roots, c)
	}
	return roots, nil
}

// authorities are the certificates whose CRLs matter.
func (s *Set) authorities() []*x509.Certificate {
	var all []*x509.Certificate
	for _, a := range s.Anchors {
		all = append(all, a.Certificate)
	}
	for _, r := range s.vicalRoots {
		all = append(all, r.Certificate)
	}
	for _, v := range s.VICALs {
		all = append(all, v.List.chain[1:]...)
		for _, a := range v.List.Anchors {
			all = append(all, a.Certificate)
		}
	}
	return all
}

// takeVICALs adds the anchors of the VICALs, unless a CRL says that their signer
// is not to be believed any more.
func (l *loader) takeVICALs(grace time.Duration) {
	crls := l.set.Revocations().CRLs
	for _, v := range l.set.VICALs {
		if revokedIn(v.List.chain, crls) {
			l.find(Finding{File: v.File, Err: fault.New(fault.CertificateRevoked, "signer of the vical, or a ca above it")})
			continue
		}
		for _, a := range v.List.Anchors {
			a.Until = v.List.Until(grace)
			l.set.Anchors = append(l.set.Anchors, a)
		}
		for _, s := range v.List.Skipped {
			err := fault.Wrap(fault.CodeOf(s.Err), s.Err, "entry %d %s", s.Entry, s.Name)
			l.find(Finding{File: v.File, Err: err, Warning: true})
		}
	}
}

// revokedIn reports whether a certificate of a chain, its root last, is on the CRL
// of the one above it.
func revokedIn(chain []*x509.Certificate, crls []*CRL) bool {
	for i := range chain[:len(chain)-1] {
		if slices.ContainsFunc(crls, func(c *CRL) bool { return c.by(chain[i+1]) && c.lists(chain[i]) }) {
			return true
		}
	}
	return false
}

// loadLists reads the lists in one folder. The newest of an id counts, and never
// one that is older than what counted before.
func loadLists[T list[T]](l *loader, dir, folder string, previous []Installed[T], parse func([]byte) (T, error),
	take func([]Installed[T], Installed[T]) ([]Installed[T], error)) []Installed[T] {
	counts := slices.Clone(previous)
	if dir == "" {
		return nil
	}
	path := filepath.Join(dir, folder)
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.find(Finding{File: path, Err: fault.Wrap(fault.TrustFileInvalid, err, "trust folder"), Kept: len(previous) > 0})
		l.damage(folder, path)
		return counts
	}
	seen, other := map[string]bool{}, map[string]bool{}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		file := filepath.Join(path, entry.Name())
		found, err := loadList(file, parse)
		if err != nil {
			l.unusable(folder, file, err, slices.ContainsFunc(previous, func(i Installed[T]) bool { return i.File == file }))
			continue
		}
		seen[found.id()], other[file] = true, true
		if counts, err = take(counts, Installed[T]{file, found}); err != nil {
			kept := slices.ContainsFunc(counts, func(i Installed[T]) bool { return i.List.id() == found.id() })
			l.find(Finding{File: file, Err: err, Kept: kept})
		}
	}
	for _, p := range previous {
		if seen[p.List.id()] {
			continue
		}
		if other[p.File] {
			l.find(Finding{File: p.File, Err: fault.New(fault.TrustFileInvalid, "holds another list than before"), Kept: true})
		} else if _, err := os.Lstat(p.File); errors.Is(err, fs.ErrNotExist) {
			l.find(Finding{File: p.File, Err: fault.New(fault.TrustFileInvalid, "has vanished"), Kept: true})
		}
	}
	return counts
}

// unusable tells of a list that cannot be used; kept means that its file was good
// before.
func (l *loader) unusable(folder, file string, err error, kept bool) {
	unused := folder == crlFolder && fault.CodeOf(err) == fault.UnknownIssuer
	l.find(Finding{File: file, Err: err, Warning: unused, Kept: kept})
	if !unused && !kept {
		l.damage(folder, file)
	}
}

// damage remembers a CRL file that cannot be used.
func (l *loader) damage(folder, file string) {
	if folder == crlFolder {
		name := filepath.Base(file)
		l.set.damaged = append(l.set.damaged, strings.TrimSuffix(name, filepath.Ext(name)))
	}
}

func loadList[T list[T]](file string, parse func([]byte) (T, error)) (T, error) {
	data, err := readFile(file, MaxList)
	if err != nil {
		var none T
		return none, err
	}
	return parse(data)
}

// take puts a list in the place of the one with its id, unless that is newer.
func take[T list[T]](lists []Installed[T], found Installed[T]) ([]Installed[T], error) {
	i := slices.IndexFunc(lists, func(l Installed[T]) bool { return l.List.id() == found.List.id() })
	if i < 0 {
		return append(lists, found), nil
	}
	if err := found.List.Supersedes(lists[i].List); err != nil {
		return lists, err
	}
	lists[i] = found
	return lists, nil
}
