package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os/user"
	"strconv"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/server"
)

// listen opens the daemon's socket, or takes it over from systemd.
func listen(ctx context.Context, c configs.Socket) (net.Listener, error) {
	if l, err := activated(); l != nil || err != nil {
		return l, err
	}
	gid := server.NoGroup
	if c.Group != "" {
		id, err := groupID(c.Group)
		if err != nil {
			return nil, fault.Wrap(fault.ConfigInvalid, err, "socket.group")
		}
		gid = int(id)
	}
	return server.Listen(ctx, c.Path, fs.FileMode(c.Mode), gid)
}

// accessOf looks up the names of the configuration. A name that does not exist is
// refused: it would stand for nobody today and for somebody else tomorrow. The error
// joins all of them.
func accessOf(c configs.Access) (server.Access, error) {
	var a server.Access
	var wrong []error
	for _, role := range []struct {
		name string
		from configs.Role
		to   *server.Members
	}{
		{"observer", c.Observer, &a.Observers},
		{"issuer", c.Issuer, &a.Issuers},
		{"technician", c.Technician, &a.Technicians},
	} {
		for _, name := range role.from.Users {
			id, err := userID(name)
			if err != nil {
				wrong = append(wrong, fault.Wrap(fault.ConfigInvalid, err, "access.%s.users", role.name))
				continue
			}
			role.to.UIDs = append(role.to.UIDs, id)
		}
		for _, name := range role.from.Groups {
			id, err := groupID(name)
			if err != nil {
				wrong = append(wrong, fault.Wrap(fault.ConfigInvalid, err, "access.%s.groups", role.name))
				continue
			}
			role.to.GIDs = append(role.to.GIDs, id)
		}
	}
	return a, errors.Join(wrong...)
}

// sandboxAccess gives every role to the user who started the daemon, and to
// nobody else. Nobody in particular cannot be obeyed: the daemon would refuse everyone.
func sandboxAccess(uid int) (server.Access, error) {
	if uid == server.OverflowID {
		return server.Access{}, fault.New(fault.NobodyUser, "user %d stands for anybody and gets no role", uid)
	}
	owner := uint32(uid)
	return server.Access{SandboxOwner: &owner}, nil
}

func userID(name string) (uint32, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, err
	}
	return parseID(u.Uid)
}

func groupID(name string) (uint32, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, err
	}
	return parseID(g.Gid)
}

func parseID(s string) (uint32, error) {
	id, err := strconv.ParseUint(s, 10, 32)
	if err == nil && id == server.OverflowID {
		err = fmt.Errorf("the number %d stands for nobody in particular and can have no role", id)
	}
	return uint32(id), err
}
