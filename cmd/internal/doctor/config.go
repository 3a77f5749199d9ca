package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"

	"kazashi/cmd/internal/daemon"
	"kazashi/configs"
	"kazashi/session/fault"
)

func probeConfig(_ context.Context, w *World, _ Facts) func(*Facts) {
	seen := configFacts{Path: w.Config, Given: w.ConfigGiven, Shut: shut(w.Config)}
	if !w.ConfigGiven {
		if who, err := lookUp("kazashi"); err == nil {
			seen.As = &who
		}
	}
	c, err := configs.Load(w.Config)
	if err == nil {
		seen.C = c
		err = names(*c)
	}
	seen.Err = err
	return func(f *Facts) { f.Config = seen }
}

// names finds what the file cannot tell: users and groups that this machine does not
// have, and a reader backend that this build does not have. The daemon's own check does
// it; profiles, key and anchors have rows of their own.
func names(c configs.Config) error {
	if c.Socket.Group != "" {
		if _, err := user.LookupGroup(c.Socket.Group); err != nil {
			return fault.Wrap(fault.ConfigInvalid, err, "socket.group")
		}
	}
	if c.Reader.Backend == configs.BackendLoopback {
		return nil // right in specimen mode only, and then the daemon runs
	}
	c.Profiles, c.ReaderKey, c.Trust = configs.ProfileSource{}, configs.ReaderKey{}, configs.Trust{}
	_, err := daemon.Check(c, daemon.Options{})
	if fault.CodeOf(err) != fault.ConfigInvalid {
		return nil
	}
	return err
}

func judgeConfig(f *Facts) Verdict {
	c := f.Config
	switch {
	case c.Err == nil:
		return Verdict{Note: same(c.Path)}
	case errors.Is(c.Err, fs.ErrNotExist) && !c.Given && f.sandbox():
		return Verdict{State: Unneeded, Note: both("見本モードのデーモンには要りません", "the daemon is in specimen mode and has none")}
	case errors.Is(c.Err, fs.ErrPermission) && f.others(c.Shut):
		return Verdict{State: Unseen, Hidden: both("%s を読む権限がありません", "this user may not read %s", c.Path), How: sudo}
	}
	run := []string{"sudo kazashid --check-config --config " + c.Path}
	code := fault.CodeOf(c.Err)
	var found configs.Problems
	if !errors.As(c.Err, &found) {
		return Verdict{Findings: []Finding{{Code: code, Seen: same(detail(c.Err)), Run: run}}}
	}
	var v Verdict
	for i, p := range found {
		one := Finding{Code: code, Seen: same(p.String())}
		if i == len(found)-1 {
			one.Run = run
		}
		v.Findings = append(v.Findings, one)
	}
	return v
}

// sudo is the command that sees what only root may.
const sudo = "sudo kazashi doctor"

// others tells that the daemon runs, or would run, as another user than the one who looks:
// what this one may not read says nothing of the daemon then. Where nobody knows whom it
// runs as, that may be so too, unless the file is shut for everybody.
func (f *Facts) others(shut bool) bool {
	if f.Who.UID == 0 {
		return false
	}
	if as := f.daemonUser(); as != nil {
		return as.UID != f.Who.UID
	}
	return !shut
}

// shut tells that a file is there and that its mode lets nobody but root read it.
func shut(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o444 == 0
}

// daemonUser returns whom the daemon runs as: that of its process, else the one that
// its unit names, else the owner of its socket, else the one that packages make for it;
// nil when none is known.
func (f *Facts) daemonUser() *Who {
	switch s := f.Socket; {
	case f.Daemon.As != nil:
		return f.Daemon.As
	case f.Units.As != nil:
		return f.Units.As
	case s.Err == nil && s.UID > 0:
		return &Who{UID: s.UID, GIDs: []int{s.GID}, Name: nameOf(s.UID)}
	}
	return f.Config.As
}

// detail returns what an error says without the name of its code.
func detail(err error) string {
	var coded *fault.Error
	if !errors.As(err, &coded) {
		return err.Error()
	}
	switch {
	case coded.Err == nil:
		return coded.Detail
	case coded.Detail == "":
		return coded.Err.Error()
	}
	return coded.Detail + ": " + coded.Err.Error()
}
