package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
	"kazashi/transport/api"
)

// anchors are what verification rests on: replaced as a whole, read by every tap.
type anchors struct {
	set       *trust.Set
	specimens []trust.Anchor
	store     *trust.Store
	loaded    time.Time
	specimen  bool
	bad       []api.HealthItem // pinned files that could not be read
	folder    string           // what the folder of lists looked like, see lookOf
}

// loadAnchors reads the trust files of the configuration and adds the specimens.
// A file that cannot be read is no reason not to start: what it would have
// vouched for is refused, and health says why. Previous, nil at the start, is what
// counted until now: no list is taken back for an older one, or for none.
func loadAnchors(c configs.Trust, specimens []trust.Anchor, specimen bool, previous *anchors) *anchors {
	sources := c.Sources()
	var set *trust.Set
	if previous != nil {
		set = previous.set
	}
	folder := lookOf(sources.Dir) // before it is read: what changes meanwhile is seen next time
	return newAnchors(trust.Load(sources, set, time.Now()), c, specimens, specimen, folder)
}

// refreshed reads the lists anew and leaves the pinned certificates as they are.
func (a *anchors) refreshed(c configs.Trust, folder string) *anchors {
	return newAnchors(a.set.Refresh(c.Sources(), time.Now()), c, a.specimens, a.specimen, folder)
}

func newAnchors(set *trust.Set, c configs.Trust, specimens []trust.Anchor, specimen bool, folder string) *anchors {
	a := &anchors{set: set, specimens: specimens, loaded: time.Now().UTC().Round(0), specimen: specimen, folder: folder}
	for _, f := range set.Pinned() {
		if f.Warning {
			continue
		}
		a.bad = append(a.bad, api.HealthItem{
			Code: fault.TrustFileInvalid, Severity: api.SeverityError,
			Subject: filepath.Base(f.File), Detail: f.Err.Error(),
		})
	}
	a.store = trust.NewStore(slices.Concat(set.Anchors, specimens), trust.Options{
		AcceptSpecimen: specimen, SignerUsages: c.Usages(), Revocations: set.Revocations(),
	})
	return a
}

// listFindings are what is wrong with VICALs, CRLs and status lists. What is lost
// by it is refused; entries that were skipped and lists that nobody needs are for
// `kazashi trust check` alone.
func (a *anchors) listFindings(now time.Time) []api.HealthItem {
	var items []api.HealthItem
	for _, f := range a.set.Findings(now)[len(a.set.Pinned()):] {
		if f.Warning {
			continue
		}
		item := api.HealthItem{
			Code: fault.CodeOf(f.Err), Severity: api.SeverityWarning,
			Subject: filepath.Base(f.File), Detail: f.Err.Error(),
		}
		if f.Kept {
			item.Detail += "; what counted before still counts"
		}
		items = append(items, item)
	}
	return items
}

// findings are what is wrong with the anchors, with respect to the profiles.
func (a *anchors) findings(profiles map[string]profile, now time.Time) []api.HealthItem {
	items := slices.Concat(a.bad, a.listFindings(now))
	usable := false
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		if a.covers(profiles[name]) {
			usable = true
			continue
		}
		items = append(items, api.HealthItem{
			Code: fault.NoAnchor, Severity: api.SeverityWarning, Subject: name,
			Detail: "no trust anchor for a docType of this profile",
		})
	}
	if !usable {
		items = append(items, api.HealthItem{
			Code: fault.NoAnchor, Severity: api.SeverityError,
			Detail: "no trust anchor for any profile: nobody can be verified",
		})
	}
	for _, anchor := range a.store.Anchors() {
		c := anchor.Certificate
		if now.After(c.NotAfter) {
			items = append(items, api.HealthItem{
				Code: fault.CertificateExpired, Severity: api.SeverityWarning,
				Subject: c.Subject.CommonName, Detail: "trust anchor expired on " + c.NotAfter.UTC().Format(time.DateOnly),
			})
		}
	}
	return items
}

// covers reports whether anybody could be verified with a profile.
func (a *anchors) covers(p profile) bool {
	return !slices.ContainsFunc(p.docTypes(), func(docType string) bool { return !a.store.Covers(docType) })
}

// trust returns the anchors as the socket shows them.
func (a *anchors) trust() api.Trust {
	t := api.Trust{Specimen: a.specimen, LoadedAt: a.loaded, Anchors: []api.TrustAnchor{}}
	for _, anchor := range a.store.Anchors() {
		c := anchor.Certificate
		sum := sha256.Sum256(c.Raw)
		shown := api.TrustAnchor{
			CommonName: c.Subject.CommonName, Fingerprint: hex.EncodeToString(sum[:]),
			NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
			DocTypes: append([]string{}, anchor.DocTypes...), Specimen: anchor.Specimen, Source: anchor.Source,
		}
		if len(c.Subject.Country) > 0 {
			shown.Country = c.Subject.Country[0]
		}
		if filepath.IsAbs(anchor.Source) {
			shown.Source = filepath.Base(anchor.Source)
		}
		t.Anchors = append(t.Anchors, shown)
	}
	for _, f := range a.set.Freshness(time.Now()) {
		l := api.TrustList{Kind: f.Kind, Of: f.Of, Entries: f.Entries, IssuedAt: f.Issued, Fresh: f.Fresh}
		if !f.NextUpdate.IsZero() {
			l.NextUpdate = &f.NextUpdate
		}
		t.Lists = append(t.Lists, l)
	}
	return t
}

func (a *anchors) summary() api.TrustSummary {
	var s api.TrustSummary
	for _, anchor := range a.store.Anchors() {
		s.Anchors++
		if anchor.Specimen {
			s.Specimen++
		}
		end := anchor.Certificate.NotAfter.UTC()
		if s.NextEnd == nil || end.Before(*s.NextEnd) {
			s.NextEnd = &end
		}
	}
	return s
}
