package doctor

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"kazashi/session/fault"
)

func probeSocket(_ context.Context, w *World, seen Facts) func(*Facts) {
	s := socketFacts{Path: w.socketPath(seen)}
	info, err := os.Stat(s.Path)
	if s.Err = err; err == nil {
		s.Mode = info.Mode()
		s.UID, s.GID = owner(info)
	}
	s.Bar = bar(s.Path, w.Who)
	return func(f *Facts) { f.Socket = s }
}

func judgeSocket(f *Facts) Verdict {
	s := f.Socket
	is := both("モード %04o、所有者 %s:%s", "mode %04o, owned by %s:%s", s.Mode.Perm(), nameOf(s.UID), groupName(s.GID))
	switch {
	case fault.CodeOf(f.Daemon.DialErr) == fault.Forbidden:
		if s.Err != nil { // not even its directory can be looked into
			is = both("%s を見る権限がありません", "this user may not look at %s", s.Path)
		}
		if wrong, ok := f.shutSocket(); ok {
			return Verdict{Findings: []Finding{wrong}}
		}
		one := Finding{
			Code: fault.Forbidden,
			Seen: both("ユーザー %s は %s に接続できません", "the user %s may not connect to %s", f.Who.Name, s.Path),
			Do: both("ソケットのグループにユーザーを加えてログインし直すか、sudo を付けて実行します。",
				"Add the user to the group of the socket and log in again, or use sudo."),
			Run: []string{"ls -l " + s.Path, "sudo usermod -aG " + f.socketGroup() + " " + f.Who.Name, sudo},
		}
		return Verdict{Findings: []Finding{one.also(is.Ja, is.En)}}
	case fault.CodeOf(f.Daemon.AskErr) == fault.Forbidden:
		return Verdict{Findings: []Finding{{
			Code: fault.Forbidden,
			Seen: both("ユーザー %s には役割がありません: %s", "the user %s has no role: %s", f.Who.Name, detail(f.Daemon.AskErr)),
			Run:  []string{"id", "sudo usermod -aG " + f.socketGroup() + " " + f.Who.Name, sudo},
		}}}
	case s.Err != nil:
		return Verdict{State: Unseen, Hidden: same(s.Err.Error()), How: sudo}
	}
	v := Verdict{Note: is}
	if wrong := f.socketMode(); wrong {
		one := Finding{Code: fault.SocketMode, Warning: true, Seen: is, Run: []string{"ls -l " + s.Path, renew}}
		if f.Config.C != nil {
			one = one.also("設定は "+f.Config.C.Socket.Mode.String()+" です", "the configuration says "+f.Config.C.Socket.Mode.String())
		}
		v.Findings = append(v.Findings, one)
	}
	return v
}

// renew has systemd make the socket anew.
const renew = "sudo systemctl restart kazashid.socket kazashid.service"

// bar returns the first directory above a file that a user may not pass; nil where there
// is none that can be seen.
func bar(path string, who Who) *folder {
	var found *folder
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil && who.UID != 0 && !permits(info, &who, search) {
			found = &folder{Path: at, Mode: info.Mode()}
			found.UID, found.GID = owner(info)
		}
		if at == filepath.Dir(at) {
			return found
		}
	}
}

// shutSocket is the finding of a socket that no group opens to this user: one behind a
// directory that is shut, one that its group may not write to, or one that lets this
// user's group in already.
func (f *Facts) shutSocket() (Finding, bool) {
	s := f.Socket
	one := Finding{Code: fault.SocketMode, Run: []string{"ls -l " + s.Path, renew, sudo}}
	const groupWrites = 0o020 // connecting to a socket is writing to it, unix(7)
	switch {
	case s.Bar != nil:
		one.Seen = both("ユーザー %s はディレクトリ %s を通れません。モード %04o、所有者 %s:%s",
			"the user %s may not pass the directory %s: mode %04o, owned by %s:%s",
			f.Who.Name, s.Bar.Path, s.Bar.Mode.Perm(), nameOf(s.Bar.UID), groupName(s.Bar.GID))
		one.Run[0] = "ls -ld " + s.Bar.Path
	case s.Err == nil && (s.Mode&groupWrites == 0 || slices.Contains(f.Who.GIDs, s.GID)):
		one.Seen = both("%s はグループ %s を通しません。モード %04o、所有者 %s",
			"%s does not let the group %s in: mode %04o, owned by %s",
			s.Path, groupName(s.GID), s.Mode.Perm(), nameOf(s.UID))
	default:
		return Finding{}, false
	}
	return one, true
}

// socketMode tells that everybody may connect, or others than the configuration says.
// A daemon in specimen mode keeps the socket to its owner.
func (f *Facts) socketMode() bool {
	mode := f.Socket.Mode.Perm()
	if mode&0o007 != 0 {
		return true
	}
	return f.Config.C != nil && !f.specimen() && mode != fs.FileMode(f.Config.C.Socket.Mode)
}

// socketGroup is the group whose members may connect.
func (f *Facts) socketGroup() string {
	if f.Config.C != nil && f.Config.C.Socket.Group != "" {
		return f.Config.C.Socket.Group
	}
	return "kazashi-client"
}

// also adds to what was seen.
func (f Finding) also(ja, en string) Finding {
	join := func(a, b, gap string) string {
		if a == "" || b == "" {
			return a + b
		}
		return a + gap + b
	}
	f.Seen.Ja, f.Seen.En = join(f.Seen.Ja, ja, "。"), join(f.Seen.En, en, "; ")
	return f
}
