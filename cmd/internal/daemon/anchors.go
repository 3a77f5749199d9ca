package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
	"kazashi/transport/api"
)

// anchors are what verification rests on: loaded once, read by every tap.
type anchors struct {
	store    *trust.Store
	loaded   time.Time
	specimen bool
	bad      []api.HealthItem // files that could not be read
}

// loadAnchors reads the trust files of the configuration and adds the specimens.
// A file that cannot be read is no reason not to start: what it would have
// vouched for is refused, and health says why.
func loadAnchors(c configs.Trust, specimens []trust.Anchor, specimen bool) *anchors {
	a := &anchors{loaded: time.Now().UTC().Round(0), specimen: specimen}
	var all []trust.Anchor
	for _, source := range c.Anchors {
		load := trust.LoadFile
		if info, err := os.Stat(source.Path); err == nil && info.IsDir() {
			load = trust.LoadDir
		}
		found, err := load(source.Path)
		if err != nil {
			a.bad = append(a.bad, api.HealthItem{
				Code: fault.TrustFileInvalid, Severity: api.SeverityError,
				Subject: filepath.Base(source.Path), Detail: err.Error(),
			})
		}
		for _, anchor := range found {
			anchor.DocTypes = source.DocTypes
			all = append(all, anchor)
		}
	}
	a.store = trust.NewStore(append(all, specimens...), trust.Options{AcceptSpecimen: specimen})
	return a
}

// findings are what is wrong with the anchors, with respect to the profiles.
func (a *anchors) findings(profiles map[string]profile, now time.Time) []api.HealthItem {
	items := slices.Clone(a.bad)
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
			DocTypes: append([]string{}, anchor.DocTypes...), Specimen: anchor.Specimen,
		}
		if len(c.Subject.Country) > 0 {
			shown.Country = c.Subject.Country[0]
		}
		t.Anchors = append(t.Anchors, shown)
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
