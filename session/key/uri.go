package key

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"kazashi/session/fault"
)

// A uri is what of RFC 7512 it takes to find one private key. An attribute that is not
// there is "" or -1 and matches everything.
type uri struct {
	token, serial, manufacturer, model string
	slot                               int
	object, id                         string
	module                             string // path of the library
	pin                                string // the place that holds it, "" for none
}

// parseURI reads a PKCS #11 URI. It is stricter than RFC 7512 where guessing could sign
// with another key: an attribute that is not known is refused, and so is one twice. A
// PIN in the URI itself is refused too, since configurations are shown and copied.
func parseURI(text string) (uri, error) {
	u := uri{slot: -1}
	path, query, _ := strings.Cut(strings.TrimPrefix(text, schemePKCS11), "?")
	seen := map[string]bool{}
	each := func(attributes, separator string, take func(name, value string) error) error {
		for part := range strings.SplitSeq(attributes, separator) {
			if part == "" {
				continue
			}
			name, escaped, ok := strings.Cut(part, "=")
			if !ok || seen[name] {
				return malformed("attribute %q without value, or twice", name)
			}
			seen[name] = true
			value, err := url.PathUnescape(escaped)
			if err != nil {
				return malformed("attribute %s is not percent-encoded", name)
			}
			if err := take(name, value); err != nil {
				return err
			}
		}
		return nil
	}
	if err := each(path, ";", u.pathAttribute); err != nil {
		return uri{}, err
	}
	if err := each(query, "&", u.queryAttribute); err != nil {
		return uri{}, err
	}
	if u.module == "" {
		return uri{}, malformed("module-path has to name the token's library")
	}
	if u.object == "" && u.id == "" {
		return uri{}, malformed("object or id has to name the key")
	}
	return u, nil
}

func (u *uri) pathAttribute(name, value string) error {
	switch name {
	case "token":
		u.token = value
	case "serial":
		u.serial = value
	case "manufacturer":
		u.manufacturer = value
	case "model":
		u.model = value
	case "object":
		u.object = value
	case "id":
		u.id = value
	case "type":
		if value != "private" {
			return malformed("type %q, the key is private", value)
		}
	case "slot-id":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return malformed("slot-id is no number")
		}
		u.slot = int(n)
	default:
		return malformed("attribute %q is not supported", name)
	}
	return nil
}

func (u *uri) queryAttribute(name, value string) error {
	switch name {
	case "module-path":
		if !filepath.IsAbs(value) {
			return malformed("module-path is no absolute path")
		}
		u.module = value
	case "pin-source":
		if !absolute(value) {
			return malformed("pin-source is neither an absolute path nor a credential")
		}
		u.pin = value
	case "pin-value":
		return malformed("pin-value is refused: put the PIN into a file and name it by pin-source")
	default:
		return malformed("attribute %q is not supported", name)
	}
	return nil
}

// matches reports whether a token is the one that is meant, as far as the URI says.
func (u uri) matches(slot int, label, serial, manufacturer, model string) bool {
	for _, pair := range [][2]string{{u.token, label}, {u.serial, serial}, {u.manufacturer, manufacturer}, {u.model, model}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return u.slot < 0 || u.slot == slot
}

// malformed is the error of a URI. It never quotes the URI.
func malformed(format string, args ...any) error {
	return fault.New(fault.ReaderKeyUnreadable, "pkcs11 URI: "+format, args...)
}
