package server

import (
	"slices"
	"strings"
)

// A Role is what a caller may do; roles add up.
type Role uint8

// The roles. Every caller with any role may observe.
const (
	Observer   Role = 1 << iota // sees state and health, no transaction, no element
	Issuer                      // arms, claims and acks presentations of its own
	Technician                  // for repair: log, trace and bug report; arms and claims nothing
)

// Has reports whether all of want is in r.
func (r Role) Has(want Role) bool { return r&want == want }

// String names the roles as they stand in the contract, joined by "+".
func (r Role) String() string {
	var names []string
	for i, name := range []string{"observer", "issuer", "technician"} {
		if r.Has(1 << i) {
			names = append(names, name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "+")
}

// Members are the users and groups that have a role.
type Members struct {
	UIDs []uint32
	GIDs []uint32
}

// Access says who has which role. The zero value lets only root in, as
// technician: root can do anything to the machine, but a certificate is issued by
// the one program that was named for it.
type Access struct {
	Observers   Members
	Issuers     Members
	Technicians Members
	// SandboxOwner, when set, is a user with every role: the developer whose own
	// daemon this is. It has no place in a kiosk's configuration.
	SandboxOwner *uint32
}

// OverflowID is what the kernel reports for a user or group that does not exist
// in our user namespace; Debian's nobody and nogroup have the same number. It is nobody in particular and gets no role.
const OverflowID = 65534

// Roles returns what the caller at the other end may do; none by default.
func (a Access) Roles(p Peer) Role {
	if !p.Known || p.UID == OverflowID {
		return 0
	}
	var roles Role
	if p.UID == 0 || a.Technicians.has(p) {
		roles |= Technician | Observer
	}
	if a.Issuers.has(p) {
		roles |= Issuer | Observer
	}
	if a.Observers.has(p) {
		roles |= Observer
	}
	if a.SandboxOwner != nil && *a.SandboxOwner == p.UID {
		roles |= Observer | Issuer | Technician
	}
	return roles
}

func (m Members) has(p Peer) bool {
	return slices.Contains(m.UIDs, p.UID) || slices.ContainsFunc(m.GIDs, func(gid uint32) bool {
		return gid != OverflowID && (gid == p.GID || slices.Contains(p.Groups, gid))
	})
}
