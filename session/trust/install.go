package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// Kind is a kind of list that can be imported.
type Kind string

// The kinds.
const (
	KindVICAL  Kind = "vical"
	KindCRL    Kind = "crl"
	KindStatus Kind = "status"
)

// An Imported list is one that [Import] verified.
type Imported struct {
	Kind Kind
	// File is where it is installed.
	File string
	// Unchanged means that this very list was installed already.
	Unchanged bool
	// What it is and what it takes the place of; one pair is set, by its kind. The old
	// one is nil when there was none.
	VICAL, OldVICAL   *VICAL
	CRL, OldCRL       *CRL
	Status, OldStatus *StatusList
	// Anchored tells of a status list that its chain leads to an anchor. One that does
	// not, see [ImportUnanchored], counts only for documents that give its certificate
	// themselves.
	Anchored bool
}

// Import verifies a VICAL, a CRL or a status list as of a time, and installs it
// under s.Dir when it is no older than what is installed. The file is replaced at
// once or not at all, also when the machine loses power meanwhile; two imports
// wait for each other. A list that cannot be verified, is stale, or is older
// leaves everything as it was.
//
// Errors are those of [ParseVICAL], [ParseCRL] and [ParseStatusList], KZ-515 for
// a list that is stale, KZ-514 for one that is older, KZ-535 for a status list whose
// chain leads to no anchor, KZ-509 for one whose signer is on a CRL, KZ-536 when there
// is no room for another, and KZ-517 when the folder cannot be written.
func Import(s Sources, data []byte, at time.Time) (*Imported, error) {
	return importList(s, data, at, false)
}

// ImportUnanchored is Import for a list that a person vouches for: it also installs a
// status list that leads to no anchor, for documents that give its certificate
// themselves. Such a list takes no other authority's place.
func ImportUnanchored(s Sources, data []byte, at time.Time) (*Imported, error) {
	return importList(s, data, at, true)
}

func importList(s Sources, data []byte, at time.Time, unanchored bool) (*Imported, error) {
	if s.Dir == "" {
		return nil, fault.New(fault.ConfigInvalid, "trust.dir is not set")
	}
	unlock, err := lock(s.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	set := Load(s, nil, at)
	switch kind, err := KindOf(data); kind {
	case KindVICAL:
		return importVICAL(s, set, data, at)
	case KindCRL:
		return importCRL(s, set, data, at)
	case KindStatus:
		return importStatus(s, set, data, at, unanchored)
	default:
		return nil, err
	}
}

// KindOf tells what kind of list a file holds by its form; nothing is verified. Errors
// are KZ-513.
func KindOf(data []byte) (Kind, error) {
	der := data
	if block, _ := pem.Decode(data); block != nil {
		der = block.Bytes
	}
	if len(der) > 0 && der[0] == 0x30 {
		if _, err := parseCertificate(der); err == nil {
			return "", fault.New(fault.TrustFileInvalid, "a certificate: anchors and roots are named in the configuration, under trust")
		}
		return KindCRL, nil
	}
	message, err := cose.ParsePublished(fromHex(data), wire.VICALLimits)
	switch {
	case err != nil:
		return "", fault.Wrap(fault.TrustFileInvalid, err, "neither vical, nor crl, nor status list")
	case message.Type() != "":
		return KindStatus, nil
	}
	return KindVICAL, nil
}

func importVICAL(s Sources, set *Set, data []byte, at time.Time) (*Imported, error) {
	v, err := ParseVICAL(data, set.vicalRoots, at)
	if err != nil {
		return nil, err
	}
	if revokedIn(v.chain, set.Revocations().CRLs) {
		return nil, fault.New(fault.CertificateRevoked, "signer of the vical, or a ca above it")
	}
	i := &Imported{Kind: KindVICAL, VICAL: v}
	i.OldVICAL, err = install(i, s.Dir, vicalFolder, ".cbor", set.VICALs, v, data, at)
	return i, err
}

func importCRL(s Sources, set *Set, data []byte, at time.Time) (*Imported, error) {
	c, err := ParseCRL(data, set.authorities(), at)
	if err != nil {
		return nil, err
	}
	i := &Imported{Kind: KindCRL, CRL: c}
	i.OldCRL, err = install(i, s.Dir, crlFolder, ".crl", set.CRLs, c, data, at)
	return i, err
}

func importStatus(s Sources, set *Set, data []byte, at time.Time, unanchored bool) (*Imported, error) {
	data = fromHex(data)
	list, err := ParseStatusList(data, at)
	if err != nil {
		return nil, err
	}
	if err := statusSigner.check(list.chain[0], at); err != nil {
		return nil, err
	}
	var anchors []*x509.Certificate
	for _, a := range set.Anchors {
		anchors = append(anchors, a.Certificate)
	}
	anchor, err := statusSigner.lead(list.chain, anchors, at)
	switch {
	case err != nil && !unanchored:
		return nil, fault.Wrap(fault.StatusListUnanchored, err, "")
	case err == nil && slices.ContainsFunc(set.Revocations().CRLs, func(c *CRL) bool { return c.by(anchor) && c.lists(list.chain[0]) }):
		return nil, fault.New(fault.CertificateRevoked, "%s", statusSigner.who)
	}
	i := &Imported{Kind: KindStatus, Status: list.settled(anchors, at), Anchored: err == nil}
	list = i.Status
	if _, _, err := takeStatus(set.Lists, Installed[*StatusList]{List: list}); fault.CodeOf(err) == fault.StatusListsTooMany {
		return nil, err
	}
	i.OldStatus, err = install(i, s.Dir, statusFolder, ".cwt", set.Lists, list, data, at)
	return i, err
}

// install puts a verified list in the place of the one with its id, which it
// returns, and tells i where that is.
func install[T list[T]](i *Imported, dir, folder, extension string, installed []Installed[T], found T, data []byte, at time.Time) (old T, err error) {
	if err := found.Stale(at); err != nil {
		return old, err
	}
	i.File = filepath.Join(dir, folder, found.id()+extension)
	if n := slices.IndexFunc(installed, func(l Installed[T]) bool { return l.List.id() == found.id() }); n >= 0 {
		old, i.File = installed[n].List, installed[n].File
		if err := found.Supersedes(old); err != nil {
			return old, err
		}
		if held, err := readFile(i.File, MaxList); err == nil && bytes.Equal(held, data) {
			i.Unchanged = true
			return old, nil
		}
	}
	return old, replace(i.File, data)
}

// newFiles are lists on their way to their place.
const newFiles = ".new-*"

// replace writes a file in one step. The caller holds the lock: what an import that
// was killed has left behind is removed.
func replace(path string, data []byte) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.Wrap(fault.TrustUnwritable, err, "")
	}
	left, _ := filepath.Glob(filepath.Join(folder, newFiles))
	for _, file := range left {
		_ = os.Remove(file)
	}
	temporary, err := os.CreateTemp(folder, newFiles)
	if err != nil {
		return fault.Wrap(fault.TrustUnwritable, err, "")
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	// What is in it is no secret, and the daemon is another user.
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err == nil {
		err = syncFolder(folder)
	}
	return fault.Wrap(fault.TrustUnwritable, err, "installing")
}

// syncFolder makes a rename survive a loss of power.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// lock keeps other imports out until the function that it returns is called.
func lock(dir string) (func(), error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.TrustUnwritable, err, "")
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, fault.Wrap(fault.TrustUnwritable, err, "")
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fault.Wrap(fault.TrustUnwritable, err, "waiting for another import")
	}
	return func() { _ = f.Close() }, nil
}
