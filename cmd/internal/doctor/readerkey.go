package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"kazashi/session/fault"
	"kazashi/session/key"
)

// soon is how long before its end a certificate is worth a warning: long enough to
// obtain another.
const soon = 30 * 24 * time.Hour

func probeKey(_ context.Context, _ *World, seen Facts) func(*Facts) {
	if seen.Config.C == nil || seen.Config.C.ReaderKey.Key == "" {
		return nil
	}
	c := seen.Config.C.ReaderKey
	k := keyFacts{}
	if !strings.HasPrefix(c.Key, "pkcs11:") && !strings.HasPrefix(c.Key, "credential:") {
		k.Path = strings.TrimPrefix(c.Key, "file:")
		if info, err := os.Stat(k.Path); err == nil {
			k.Mode, k.Shut = info.Mode().Perm(), shut(k.Path)
		}
	}
	loaded, err := key.Load(c.Key, c.Certificate)
	k.Err = err
	if err == nil {
		k.Subject, k.NotAfter = loaded.Certificate.Subject.CommonName, loaded.Certificate.NotAfter
		_ = loaded.Close()
	}
	return func(f *Facts) { f.Key = k }
}

func judgeKey(f *Facts) Verdict {
	if f.Config.C == nil {
		return f.withoutConfig()
	}
	c := f.Config.C.ReaderKey
	if c.Key == "" {
		return Verdict{State: Unneeded, Note: both("なし: 要求に署名しません", "none: requests go out unsigned")}
	}
	var v Verdict
	k := f.Key
	credential := strings.HasPrefix(c.Key, "credential:") || strings.HasPrefix(c.Certificate, "credential:")
	switch {
	case f.Late[keyID]:
		return v // by the table
	case credential && k.Err != nil:
		return Verdict{
			State:  Unseen,
			Hidden: both("クレデンシャルはユニットの中でだけ読めます", "a credential can be read inside the unit only"),
			How:    "systemctl show -p LoadCredential -p LoadCredentialEncrypted kazashid.service",
		}
	case errors.Is(k.Err, fs.ErrPermission) && f.others(k.Shut):
		if may, known := readable(k.Path, f.daemonUser()); known && !may {
			return Verdict{Findings: []Finding{unreadable(f, k)}}
		}
		return Verdict{State: Unseen, Hidden: both("%s を読む権限がありません", "this user may not read %s", k.Path), How: sudo}
	case k.Err != nil:
		return Verdict{Findings: []Finding{unusable(f, k)}}
	}
	v.Note = both("%s、期限 %s", "%s, until %s", k.Subject, k.NotAfter.UTC().Format(time.DateOnly))
	if may, known := readable(k.Path, f.daemonUser()); known && !may {
		v.Findings = append(v.Findings, unreadable(f, k))
	}
	if left := k.NotAfter.Sub(f.At); left < soon {
		v.Findings = append(v.Findings, Finding{
			Code: fault.ReaderCertificateEnding, Warning: true,
			Seen: both("%s の期限まで %d 日です", "%s ends in %d days", k.Subject, int(left.Hours()/24)),
		})
	}
	if k.Mode&0o007 != 0 {
		v.Findings = append(v.Findings, Finding{
			Code: fault.ReaderKeyExposed, Warning: true,
			Seen: both("%s のモードは %04o です", "%s has mode %04o", k.Path, k.Mode),
			Run:  []string{"sudo chmod o= " + k.Path},
		})
	}
	return v
}

// unreadable is the finding of a key that the daemon cannot read.
func unreadable(f *Facts, k keyFacts) Finding {
	who := "kazashi"
	if as := f.daemonUser(); as != nil {
		who = as.Name
	}
	one := Finding{
		Code: fault.ReaderKeyUnreadable,
		Seen: both("ユーザー %s は %s を読めません", "the user %s cannot read %s", who, k.Path),
	}
	if k.Path != "" {
		one.Run = []string{"ls -l " + k.Path, "sudo chown " + who + " " + k.Path, "sudo chmod 0400 " + k.Path}
	}
	return one
}

// unusable is the finding of a key or certificate that does not load. Owner and mode are
// to be changed only where they are what is wrong.
func unusable(f *Facts, k keyFacts) Finding {
	one := Finding{Code: fault.CodeOf(k.Err), Seen: same(detail(k.Err))}
	certificate := strings.TrimPrefix(f.Config.C.ReaderKey.Certificate, "file:")
	switch {
	case one.Code != fault.ReaderKeyUnreadable:
		one.Run = []string{"openssl x509 -in " + certificate + " -noout -text"}
	case errors.Is(k.Err, fs.ErrPermission):
		path := k.Path
		if failed, ok := errors.AsType[*fs.PathError](k.Err); ok {
			path = failed.Path // of the two
		}
		one.Run = unreadable(f, keyFacts{Path: path}).Run
	case k.Path != "":
		one.Run = []string{"ls -l " + k.Path + " " + certificate}
	}
	return one
}
