package configs

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Shown returns the configuration by its keys, as it may be shown to those who mend
// the terminal elsewhere: the PKCS#11 URI of a key keeps the names of its attributes
// and loses their values but token, object and module-path; the URL of a source of
// lists its scheme and host, for the rest may admit to it; of users, whose names may be
// those of people, it tells how many there are.
func (c Config) Shown() map[string]any {
	shown := map[string]any{}
	for key, value := range leaves(reflect.ValueOf(c)) {
		switch v := value.Interface().(type) {
		case time.Duration:
			shown[key] = v.String()
		case fmt.Stringer:
			shown[key] = v.String()
		case []Anchor:
			anchors := make([]string, 0, len(v))
			for _, a := range v {
				anchors = append(anchors, a.Path+" for "+strings.Join(a.DocTypes, ", "))
			}
			shown[key] = anchors
		case []Source:
			sources := slices.Clone(v)
			for i := range sources {
				sources[i].URL = hostOf(sources[i].URL)
			}
			shown[key] = sources
		case string:
			shown[key] = withoutSecrets(v)
		default:
			shown[key] = v
		}
		if users, ok := value.Interface().([]string); ok && strings.HasPrefix(key, "access.") && strings.HasSuffix(key, ".users") {
			shown[key] = fmt.Sprintf("users: %d", len(users))
		}
	}
	return shown
}

// hostOf returns scheme and host of a URL, as it may be shown; nothing of one that
// cannot be read.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "..."
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host}
	return shown.String()
}

// withoutSecrets takes out of a PKCS#11 URI (RFC 7512) what could help to use a token.
func withoutSecrets(place string) string {
	const scheme = "pkcs11:"
	if !strings.HasPrefix(place, scheme) {
		return place
	}
	var b strings.Builder
	b.WriteString(scheme)
	for i, part := range strings.FieldsFunc(place[len(scheme):], func(r rune) bool { return strings.ContainsRune(";?&", r) }) {
		name, value, _ := strings.Cut(part, "=")
		if name != "token" && name != "object" && name != "module-path" {
			value = "..."
		}
		if i > 0 {
			b.WriteString(";")
		}
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		b.WriteString(name + "=" + value)
	}
	return b.String()
}
