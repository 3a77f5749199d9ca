// Package asked turns what the configuration says may be asked into what the kiosk
// shows and what the phone is sent.
package asked

import (
	"slices"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/transport/api"
)

// Profile returns what the kiosk shows of a profile. It leaves Usable to those who
// know the trust anchors.
//
// It fails with a code, ProfileInvalid where nothing else fits, for a profile that
// cannot be sent to a phone, such as one with more than two age_over_NN. So that is
// known before anybody arms it.
func Profile(c configs.Profile) (api.Profile, error) {
	shown := api.Profile{Name: c.Name, Title: api.Text(c.Title), Evidence: c.Evidence}
	for _, e := range c.Elements {
		one := api.AskedElement{
			ElementName: api.ElementName{DocType: c.DocType, Namespace: e.Namespace, Element: e.Identifier},
			Label:       api.Text(e.Label),
			Retain:      e.Retain,
		}
		if e.Retain {
			purpose := api.Text(c.Retention.Purpose)
			one.RetainPurpose, one.RetainDays = &purpose, c.Retention.Days
		}
		shown.Asked = append(shown.Asked, one)
	}
	if _, err := Request(shown.Asked).ItemsRequests(); err != nil {
		code := fault.CodeOf(err)
		if code == fault.Internal {
			code = fault.ProfileInvalid
		}
		return api.Profile{}, fault.Wrap(code, err, "profile %s", c.Name)
	}
	return shown, nil
}

// Request returns what a phone is asked for the elements that the kiosk was shown.
func Request(elements []api.AskedElement) mdoc.Request {
	var r mdoc.Request
	for _, e := range elements {
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

// DocTypes returns the docTypes of the elements, each once.
func DocTypes(elements []api.AskedElement) []string {
	var types []string
	for _, e := range elements {
		if !slices.Contains(types, e.DocType) {
			types = append(types, e.DocType)
		}
	}
	return types
}
