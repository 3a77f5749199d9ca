package cli

import (
	"slices"
	"time"

	"kazashi/cmd/internal/asked"
	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
)

// coverageOf returns a row for every issuer that is out of its time, and one for every
// docType of the profiles that no issuer within its time vouches for. Something is lost
// by an issuer out of its time, and where nobody at all can be verified.
func coverageOf(set *trust.Set, at time.Time, docTypes []string, config string) (rows []findingJSON, failed bool) {
	anchors := trust.NewStore(set.Anchors, trust.Options{}).Anchors()
	var valid []trust.Anchor
	for _, a := range anchors {
		code, end := fault.OK, a.Certificate.NotAfter
		if !a.Until.IsZero() && a.Until.Before(end) {
			end = a.Until
		}
		switch {
		case at.Before(a.Certificate.NotBefore):
			code = fault.CertificateNotYetValid
		case at.After(end):
			code = fault.CertificateExpired
		default:
			valid = append(valid, a)
			continue
		}
		failed = true
		rows = append(rows, findingJSON{
			a.Source, code, code.Slug(), a.Certificate.Subject.CommonName + ": " + day(a.Certificate.NotBefore) + " - " + day(end), false,
		})
	}
	for _, docType := range docTypes {
		covers := func(a trust.Anchor) bool { return len(a.DocTypes) == 0 || slices.Contains(a.DocTypes, docType) }
		if !slices.ContainsFunc(valid, covers) {
			rows = append(rows, findingJSON{
				config, fault.NoAnchor, fault.NoAnchor.Slug(), "no valid trust anchor for " + docType, len(valid) > 0,
			})
		}
	}
	return rows, failed || len(valid) == 0
}

// docTypes are those of the profiles that the configuration names, each once. Profiles
// that cannot be read are for `kazashi profiles check`.
func (o *trustOrder) docTypes() []string {
	c, err := configs.Load(o.config)
	if err != nil {
		return nil
	}
	results, _ := configs.CheckProfiles(c.Profiles.Dir)
	var types []string
	for _, r := range results {
		if r.Err != nil {
			continue
		}
		if shown, err := asked.Profile(*r.Profile); err == nil {
			types = append(types, asked.DocTypes(shown.Asked)...)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}
