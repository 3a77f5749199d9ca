package doctor

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kazashi/configs"
	"kazashi/session/fault"
)

// A finding of what the one who looks may not read would be about the wrong user.
func TestProfilesThatMayNotBeReadAreNoFinding(t *testing.T) {
	f := &Facts{Who: Who{UID: 4711, Name: "tech"}, Config: configFacts{As: &Who{UID: 4712, Name: "kazashi"}}}
	f.Config.C = &configs.Config{Profiles: configs.ProfileSource{Dir: "/etc/kazashi/profiles"}}
	denied := fault.Wrap(fault.ConfigUnreadable, &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, "reading profiles")
	for name, p := range map[string]profileFacts{
		"the directory": {Err: denied},
		"a file":        {Files: []profileFile{{File: "/etc/kazashi/profiles/a.yaml", Err: denied}}},
	} {
		f.Profiles = p
		if v := judgeProfiles(f); v.State != Unseen || v.How != sudo || len(v.Findings) > 0 {
			t.Errorf("%s: %+v", name, v)
		}
		// To the daemon's own user it is what keeps the daemon from starting.
		own := *f
		own.Config.As = &own.Who
		if v := judgeProfiles(&own); len(v.Findings) != 1 || v.Findings[0].Code != fault.ConfigUnreadable {
			t.Errorf("%s, to the daemon's user: %+v", name, v)
		}
	}
}

// A directory that may be entered and not listed is not an empty one.
func TestADirectoryThatMayNotBeListedIsNotEmpty(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may list every directory")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o300); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o700) }()
	f := &Facts{}
	f.Config.C = &configs.Config{Profiles: configs.ProfileSource{Dir: dir}}
	probeProfiles(t.Context(), nil, *f)(f)
	if v := judgeProfiles(f); v.State != Unseen {
		t.Errorf("%+v", v)
	}
}

// Owner and mode of the key count for the daemon's user, though nobody but root looks.
func TestAKeyThatRootReadsAndTheDaemonDoesNot(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "key") // below directories that everybody may search
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "r.key")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &Facts{Config: configFacts{As: &Who{UID: 4712, Name: "kazashi"}}}
	f.Config.C = &configs.Config{ReaderKey: configs.ReaderKey{Key: path, Certificate: "/etc/kazashi/keys/r.pem"}}
	f.Key = keyFacts{Path: path, NotAfter: f.At.AddDate(1, 0, 0)}
	v := judgeKey(f)
	want := []string{"ls -l " + path, "sudo chown kazashi " + path, "sudo chmod 0400 " + path}
	if len(v.Findings) != 1 || v.Findings[0].Code != fault.ReaderKeyUnreadable || !slices.Equal(v.Findings[0].Run, want) {
		t.Errorf("%+v", v)
	}
	// What is wrong inside the files is not mended by their owner and mode.
	for _, code := range []fault.Code{fault.ReaderKeyMismatch, fault.ReaderCertificateProfile} {
		f.Key.Err = fault.New(code, "wrong")
		v := judgeKey(f)
		if len(v.Findings) != 1 || !slices.Equal(v.Findings[0].Run, []string{"openssl x509 -in /etc/kazashi/keys/r.pem -noout -text"}) {
			t.Errorf("%s: %+v", code, v)
		}
	}
}

// Nobody but the daemon writes the ledger: where its user is not known, nothing is.
func TestTheLedgerIsNotJudgedForWhoLooks(t *testing.T) {
	f := &Facts{Who: Who{UID: 4711, Name: "tech"}}
	f.Config.C = &configs.Config{Ledger: configs.Ledger{Path: filepath.Join(t.TempDir(), "ledger")}}
	probeLedger(t.Context(), nil, *f)(f)
	if v := judgeLedger(f); v.State != Unseen || v.How != sudo || len(v.Findings) > 0 {
		t.Errorf("%+v", v)
	}
	f.Config.As = &Who{UID: 4712, Name: "kazashi"}
	probeLedger(t.Context(), nil, *f)(f)
	if v := judgeLedger(f); len(v.Findings) != 1 || v.Findings[0].Code != fault.LedgerDegraded {
		t.Errorf("%+v", v)
	}
}

// A group is blamed only where joining it would help.
func TestTheSocketIsBlamedForWhatNoGroupOpens(t *testing.T) {
	denied := fault.Wrap(fault.Forbidden, fs.ErrPermission, "connecting")
	socket := func(mode fs.FileMode, gid int) socketFacts {
		return socketFacts{Path: "/run/kazashi/kazashi.sock", Mode: fs.ModeSocket | mode, UID: 4712, GID: gid}
	}
	barred := socket(0o660, 4800)
	barred.Bar = &folder{Path: "/run/kazashi", Mode: fs.ModeDir | 0o700, UID: 4712, GID: 4712}
	for name, tt := range map[string]struct {
		s    socketFacts
		want fault.Code
		look string
	}{
		"no group bit":       {socket(0o600, 4800), fault.SocketMode, "ls -l /run/kazashi/kazashi.sock"},
		"a member":           {socket(0o660, 4711), fault.SocketMode, "ls -l /run/kazashi/kazashi.sock"},
		"a shut directory":   {barred, fault.SocketMode, "ls -ld /run/kazashi"},
		"not in the group":   {socket(0o660, 4800), fault.Forbidden, "ls -l /run/kazashi/kazashi.sock"},
		"only the group may": {socket(0o020, 4800), fault.Forbidden, "ls -l /run/kazashi/kazashi.sock"},
	} {
		f := &Facts{Who: Who{UID: 4711, GIDs: []int{4711}, Name: "tech"}, Socket: tt.s}
		f.Daemon.DialErr = denied
		v := judgeSocket(f)
		if len(v.Findings) != 1 || v.Findings[0].Code != tt.want || v.Findings[0].Warning || v.Findings[0].Run[0] != tt.look {
			t.Errorf("%s: %+v", name, v)
			continue
		}
		if got := slices.Contains(v.Findings[0].Run, renew); got != (tt.want == fault.SocketMode) {
			t.Errorf("%s: %q", name, v.Findings[0].Run)
		}
	}
}

// The directory that bars the way is found, though what lies behind it is not seen.
func TestADirectoryBarsTheWay(t *testing.T) {
	dir := t.TempDir()
	for _, own := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(own, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shut := filepath.Join(dir, "shut")
	if err := os.Mkdir(shut, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := Who{UID: 4713, GIDs: []int{4713}}
	if b := bar(filepath.Join(shut, "in", "s"), stranger); b == nil || b.Path != shut {
		t.Errorf("%+v", b)
	}
	if b := bar(filepath.Join(shut, "s"), Who{UID: 0}); b != nil {
		t.Errorf("root is kept out by %s", b.Path)
	}
}

// A file in the place of the socket is named as one, and a socket that somebody named
// is suspected before the daemon is.
func TestAWrongSocketIsNamed(t *testing.T) {
	f := &Facts{Socket: socketFacts{Path: "/etc/passwd", Mode: 0o644}}
	f.Daemon = daemonFacts{Socket: "/etc/passwd", DialErr: fault.Wrap(fault.SocketUnavailable, fs.ErrInvalid, "connecting")}
	f.Config.C = &configs.Config{Socket: configs.Socket{Path: "/etc/passwd"}}
	v := judgeDaemon(f)
	if len(v.Findings) != 1 || !strings.Contains(v.Findings[0].Seen.En, "is no socket") || !slices.Contains(v.Findings[0].Run, renew) {
		t.Errorf("%+v", v)
	}
	f.Config.C.Socket.Path = "/run/kazashi/kazashi.sock"
	for _, s := range []string{"/etc/passwd", "/run/kazashi/nope.sock"} {
		f.Daemon.Socket, f.Daemon.Given = s, true
		v := judgeDaemon(f)
		if len(v.Findings) != 1 || !strings.Contains(v.Findings[0].Remedy().Ja, "KAZASHI_SOCKET") ||
			!strings.Contains(v.Findings[0].Seen.En, "/run/kazashi/kazashi.sock") ||
			v.Findings[0].Run[0] != "kazashi doctor --socket /run/kazashi/kazashi.sock" {
			t.Errorf("%s: %+v", s, v)
		}
	}
}
