package daemon

import (
	"errors"
	"fmt"
	"strings"

	"kazashi/configs"
	"kazashi/session/fault"
)

// Check reads everything that Run would read, and returns what it would run with,
// for a technician to look at. A trust file that cannot be read, with which Run
// would start, is an error here. The error joins all that is wrong, as far as one does
// not hide another.
func Check(c configs.Config, o Options) (string, error) {
	d, err := assemble(c, o)
	if d == nil {
		return "", err
	}
	defer d.vault.Close()
	wrong := []error{err}
	a := d.anchors.Load()
	for _, bad := range a.bad {
		wrong = append(wrong, fault.New(bad.Code, "%s", bad.Detail))
	}
	if group := d.config.Socket.Group; group != "" {
		_, err := groupID(group)
		wrong = append(wrong, fault.Wrap(fault.ConfigInvalid, err, "socket.group"))
	}
	if err := errors.Join(wrong...); err != nil {
		return "", err
	}
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s"+format+"\n", append([]any{name}, args...)...)
	}
	line("socket", "%s", d.config.Socket.Path)
	line("reader", "%s", d.config.Reader.Backend)
	rules := d.rules.Load()
	for _, name := range rules.profileNames {
		p := rules.profiles[name]
		state := ""
		if !a.covers(p) {
			state = " (no trust anchor: nobody can be verified)"
		}
		line("profile", "%s%s", name, state)
	}
	for _, anchor := range a.trust().Anchors {
		scope := strings.Join(anchor.DocTypes, ", ")
		if scope == "" {
			scope = "any docType"
		}
		line("anchor", "%s %s, until %s, for %s", anchor.Country, anchor.CommonName, anchor.NotAfter.Format("2006-01-02"), scope)
	}
	if rules.readerAuth == nil {
		line("reader key", "none: requests go out unsigned")
	} else {
		line("reader key", "%s, until %s", rules.readerAuth.Certificate.Subject.CommonName, rules.readerAuth.Certificate.NotAfter.Format("2006-01-02"))
	}
	return b.String(), nil
}
