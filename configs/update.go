package configs

import (
	"net/netip"
	"net/url"
	"regexp"

	"kazashi/session/trust"
)

// maxSources is more lists than any terminal needs; an update asks them one by one.
const maxSources = 64

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// validateUpdate tells wrong what cannot be accepted of the update.
func (t Trust) validateUpdate(wrong func(key, format string, args ...any)) {
	u := t.Update
	if u.MaxBytes < 1024 || u.MaxBytes > trust.MaxList {
		wrong("trust.update.max_bytes", "%d is not between 1024 and %d", u.MaxBytes, trust.MaxList)
	}
	if len(u.Sources) > maxSources {
		wrong("trust.update.sources", "%d sources, at most %d", len(u.Sources), maxSources)
	}
	if len(u.Sources) > 0 && t.Dir == "" {
		wrong("trust.update.sources", "trust.dir is empty: there is no place for what they give")
	}
	names := map[string]bool{}
	for i, s := range u.Sources {
		key := "trust.update.sources[" + itoa(i) + "]"
		switch {
		case !sourceName.MatchString(s.Name):
			wrong(key+".name", "%q is no name of at most 32 small letters, digits and hyphens", s.Name)
		case names[s.Name]:
			wrong(key+".name", "%q stands there twice", s.Name)
		}
		names[s.Name] = true
		switch trust.Kind(s.Kind) {
		case trust.KindVICAL, trust.KindCRL, trust.KindStatus:
		default:
			wrong(key+".kind", "%q is none of vical, crl, status", s.Kind)
		}
		if problem := s.checkURL(); problem != "" {
			wrong(key+".url", "%s", problem)
		}
	}
}

// checkURL says what is wrong with the URL, "" for nothing. It is not repeated: it may
// hold what admits to the source.
func (s Source) checkURL() string {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "no URL such as https://example.org/list.crl"
	case u.User != nil:
		return "holds a user or a password"
	case u.Fragment != "":
		return "has a fragment"
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "is not https"
	}
	return ""
}

// isLoopback reports whether a host is this machine by its address, so that no name
// service has a say in it.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
