package daemon

import (
	"kazashi/cmd/internal/asked"
	"kazashi/configs"
	"kazashi/session/verify"
	"kazashi/transport/api"
)

// A profile is what may be asked, as the kiosk is shown it.
type profile struct {
	shown api.Profile // Usable is filled in when it is asked for
	// undetermined is what becomes of a document that may have been revoked.
	undetermined verify.Policy
}

// docTypes returns the docTypes that a profile asks for.
func (p profile) docTypes() []string { return asked.DocTypes(p.shown.Asked) }

// loadProfiles returns the profiles by name, and their names in order.
func loadProfiles(dir string) (map[string]profile, []string, error) {
	loaded, err := configs.LoadProfiles(dir)
	if err != nil {
		return nil, nil, err
	}
	profiles := make(map[string]profile, len(loaded))
	names := make([]string, 0, len(loaded))
	for _, c := range loaded {
		shown, err := asked.Profile(c)
		if err != nil {
			return nil, nil, err
		}
		profiles[c.Name] = profile{shown: shown, undetermined: policyOf(c.Undetermined)}
		names = append(names, c.Name)
	}
	return profiles, names, nil
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
