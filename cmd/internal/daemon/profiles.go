package daemon

import (
	"slices"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

// A profile is what the configuration says may be asked, in the two forms in
// which it is used: what the phone is asked, and what the kiosk shows.
type profile struct {
	request mdoc.Request
	shown   api.Profile // Usable is filled in when it is asked for
	// undetermined is what becomes of a document that may have been revoked.
	undetermined verify.Policy
}

// loadProfiles turns profiles into requests. What mdoc refuses to ask, such as
// more than two age_over_NN, is refused here, before anybody arms it.
func loadProfiles(dir string) (map[string]profile, []string, error) {
	loaded, err := configs.LoadProfiles(dir)
	if err != nil {
		return nil, nil, err
	}
	profiles := make(map[string]profile, len(loaded))
	names := make([]string, 0, len(loaded))
	for _, c := range loaded {
		p := profileOf(c)
		for _, document := range p.request.Documents {
			if _, err := document.ItemsRequestBytes(); err != nil {
				code := fault.CodeOf(err)
				if code == fault.Internal {
					code = fault.ProfileInvalid
				}
				return nil, nil, fault.Wrap(code, err, "profile %s", c.Name)
			}
		}
		profiles[c.Name] = p
		names = append(names, c.Name)
	}
	return profiles, names, nil
}

func profileOf(c configs.Profile) profile {
	shown := api.Profile{Name: c.Name, Title: api.Text(c.Title)}
	for _, e := range c.Elements {
		asked := api.AskedElement{
			ElementName: api.ElementName{DocType: c.DocType, Namespace: e.Namespace, Element: e.Identifier},
			Label:       api.Text(e.Label),
			Retain:      e.Retain,
		}
		if e.Retain {
			purpose := api.Text(c.Retention.Purpose)
			asked.RetainPurpose, asked.RetainDays = &purpose, c.Retention.Days
		}
		shown.Asked = append(shown.Asked, asked)
	}
	shown.Evidence = c.Evidence
	return profile{request: requestOf(shown.Asked), shown: shown, undetermined: policyOf(c.Undetermined)}
}

func policyOf(undetermined string) verify.Policy {
	switch undetermined {
	case configs.UndeterminedAccept:
		return verify.AcceptUndetermined
	case configs.UndeterminedReject:
		return verify.RejectUndetermined
	}
	return verify.AcceptUnlisted
}

// requestOf is what a phone is asked for the elements that the kiosk was shown.
func requestOf(asked []api.AskedElement) mdoc.Request {
	var r mdoc.Request
	for _, e := range asked {
		i := slices.IndexFunc(r.Documents, func(d mdoc.DocRequest) bool { return d.DocType == e.DocType })
		if i < 0 {
			i = len(r.Documents)
			r.Documents = append(r.Documents, mdoc.DocRequest{DocType: e.DocType})
		}
		r.Documents[i].Elements = append(r.Documents[i].Elements, mdoc.ElementRequest{
			Namespace: e.Namespace, Identifier: e.Element, Retain: e.Retain,
		})
	}
	return r
}

// docTypes returns the docTypes that a profile asks for.
func (p profile) docTypes() []string {
	types := make([]string, 0, len(p.request.Documents))
	for _, d := range p.request.Documents {
		types = append(types, d.DocType)
	}
	return types
}
