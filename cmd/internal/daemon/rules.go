package daemon

import (
	"errors"
	"os"
	"time"

	"kazashi/configs"
	"kazashi/session/key"
	"kazashi/session/trust"
	"kazashi/session/verify"
	"kazashi/transport/server"
)

// rules are what the configuration decides and a reload can change, beside the
// anchors. They are replaced as a whole and never altered.
type rules struct {
	profiles     map[string]profile
	profileNames []string    // sorted
	readerAuth   *key.Reader // nil when requests go out unsigned
	access       server.Access
	trust        configs.Trust
	stepTimeout  time.Duration
	clock        syncWatch
}

// undetermined returns what a profile says of documents of which it cannot be told
// whether they were revoked. A profile that is gone gets the strictest answer.
func (r *rules) undetermined(name string) verify.Policy {
	p, ok := r.profiles[name]
	if !ok {
		return verify.RejectUndetermined
	}
	return p.undetermined
}

// read reads and checks everything that a configuration points to, but the
// anchors. It changes nothing. The error joins all that is wrong.
func (d *daemon) read(c configs.Config) (*rules, error) {
	r := &rules{trust: c.Trust, stepTimeout: c.StepTimeout, clock: newSyncWatch(c.Clock)}
	var profiles, key, access error
	r.profiles, r.profileNames, profiles = loadProfiles(c.Profiles.Dir)
	r.readerAuth, key = readerKey(c.ReaderKey, d.pki)
	if d.options.Specimen {
		r.access, access = sandboxAccess(os.Getuid())
	} else {
		r.access, access = accessOf(c.Access)
	}
	if err := errors.Join(profiles, key, access); err != nil {
		if r.readerAuth != nil {
			_ = r.readerAuth.Close() // a token's session
		}
		return nil, err
	}
	return r, nil
}

// readAnchors reads the anchors of a configuration, and the specimens' own.
func (d *daemon) readAnchors(c configs.Config) *anchors {
	var specimens []trust.Anchor
	if d.pki != nil {
		specimens = []trust.Anchor{{Certificate: d.pki.IACA.Certificate, Specimen: true}}
	}
	return loadAnchors(c.Trust, specimens, d.options.Specimen, d.anchors.Load())
}
