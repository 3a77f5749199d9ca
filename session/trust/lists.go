package trust

import (
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kazashi/session/fault"
)

// ReadRevocations reads the CRLs and status lists in files, and in folders with what
// lies below them, as of a time: for judging an answer away from a terminal. Each
// file is one of them, CRLs are those of the anchors, and of several lists of one
// authority, and of one authority's of one URI, the newest counts. In a folder VICALs, CRLs of other authorities
// and files whose names begin with a dot are passed over; a folder with no list in it
// is refused. Errors name the file and are KZ-513 for what cannot be read, and those
// of [ParseCRL] and [ParseStatusList].
func ReadRevocations(paths []string, anchors []Anchor, at time.Time) (Revocations, error) {
	r := revocationReader{at: at}
	for _, a := range anchors {
		r.authorities = append(r.authorities, a.Certificate)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return Revocations{}, fault.Wrap(fault.TrustFileInvalid, err, "trust file")
		}
		if !info.IsDir() {
			err = r.file(path)
		} else {
			err = r.folder(path)
		}
		if err != nil {
			return Revocations{}, err
		}
	}
	var out Revocations
	for _, c := range r.crls {
		out.CRLs = append(out.CRLs, c.List)
	}
	for _, l := range r.lists {
		out.Lists = append(out.Lists, l.List)
	}
	return out, nil
}

type revocationReader struct {
	at          time.Time
	authorities []*x509.Certificate
	crls        []Installed[*CRL]
	lists       []Installed[*StatusList]
}

func (r *revocationReader) folder(path string) error {
	found := false
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fault.Wrap(fault.TrustFileInvalid, err, "trust folder")
		case file != path && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() && file != path && entry.Name() == vicalFolder:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		err = r.file(file)
		found = found || err == nil
		if fault.CodeOf(err) == fault.UnknownIssuer {
			return nil
		}
		return err
	})
	if err == nil && !found {
		err = fault.New(fault.TrustFileInvalid, "%s holds neither crl nor status list", path)
	}
	return err
}

func (r *revocationReader) file(path string) error {
	data, err := readFile(path, MaxList)
	if err != nil {
		return err
	}
	kind, err := KindOf(data)
	switch kind {
	case KindCRL:
		var c *CRL
		if c, err = ParseCRL(data, r.authorities, r.at); err == nil {
			r.crls = newest(r.crls, Installed[*CRL]{path, c})
		}
	case KindStatus:
		var l *StatusList
		if l, err = ParseStatusList(data, r.at); err == nil {
			r.lists = newest(r.lists, Installed[*StatusList]{path, l.settled(r.authorities, r.at)})
		}
	case KindVICAL:
		err = fault.New(fault.TrustFileInvalid, "a vical, which says nothing of revocations")
	}
	return fault.Wrap(fault.CodeOf(err), err, "%s", path)
}

// newest takes a list in unless a newer one of its id is there.
func newest[T list[T]](lists []Installed[T], found Installed[T]) []Installed[T] {
	taken, _ := take(lists, found) // the error says that the one which is there is newer
	return taken
}
