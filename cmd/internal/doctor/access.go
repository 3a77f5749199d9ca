package doctor

import (
	"context"
	"debug/elf"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kazashi/reader"
	"kazashi/session/fault"
)

// pcscdProgram is where Debian installs it.
const pcscdProgram = "/usr/sbin/pcscd"

// ruleFile is where packages install our rule for polkit.
const ruleFile = "/usr/share/polkit-1/rules.d/50-kazashi.rules"

// Where polkit reads rules.
var ruleFolders = []string{"/etc/polkit-1/rules.d", "/usr/share/polkit-1/rules.d"}

type ruleFacts struct {
	Polkit bool     // this pcscd asks polkit
	Files  []string // rules that speak of pcsc-lite
	Hidden []string // folders that could not be read
}

func probeRules(_ context.Context, w *World, _ Facts) func(*Facts) {
	var r ruleFacts
	r.Polkit = asksPolkit(w.path(pcscdProgram))
	for _, folder := range ruleFolders {
		entries, err := os.ReadDir(w.path(folder))
		if errors.Is(err, fs.ErrPermission) {
			r.Hidden = append(r.Hidden, folder)
		}
		for _, e := range entries {
			name := filepath.Join(folder, e.Name())
			content, err := os.ReadFile(w.path(name))
			if err == nil && strings.Contains(string(content), "org.debian.pcsc-lite.access_pcsc") {
				r.Files = append(r.Files, name)
			}
		}
	}
	return func(f *Facts) { f.Rules = r }
}

// asksPolkit tells whether pcscd was built with polkit: it is linked with its library
// then. Debian 12's is not.
func asksPolkit(program string) bool {
	file, err := elf.Open(program)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	libraries, err := file.ImportedLibraries()
	return err == nil && slices.ContainsFunc(libraries, func(l string) bool { return strings.HasPrefix(l, "libpolkit-gobject-1.so") })
}

func judgeAccess(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	r := f.Rules
	who := f.Who.Name
	denied := errors.Is(f.Service.Err, reader.ErrDenied)
	if _, reported := f.reported(fault.ReaderServiceDenied); !denied && reported {
		denied, who = true, "kazashi"
		if as := f.daemonUser(); as != nil {
			who = as.Name
		}
	}
	switch {
	case denied:
		one := Finding{
			Code: fault.ReaderServiceDenied,
			Seen: both("pcscd がユーザー %s を拒否しました (0x8010006A)", "pcscd refuses the user %s (0x8010006A)", who),
			Do: both("polkit の規則 %s で、そのユーザーに access_pcsc と access_card を許可します。",
				"Allow that user access_pcsc and access_card in the polkit rule %s.", ruleFile),
			Run: []string{"ls -l " + ruleFile, "journalctl -u pcscd.service -n 20"},
		}
		if len(r.Files) > 0 {
			one = one.also("規則: "+strings.Join(r.Files, ", "), "rules: "+strings.Join(r.Files, ", "))
		}
		return Verdict{Findings: []Finding{one}}
	case !r.Polkit:
		return Verdict{Note: both("この pcscd は polkit に問い合わせません", "this pcscd does not ask polkit")}
	case len(r.Files) > 0:
		return Verdict{Note: same(strings.Join(r.Files, ", "))}
	case len(r.Hidden) > 0:
		return Verdict{State: Unseen, Hidden: both("%s を読む権限がありません", "this user may not read %s", strings.Join(r.Hidden, ", ")), How: sudo}
	}
	return Verdict{Findings: []Finding{{
		Code: fault.ReaderRuleMissing, Warning: true,
		Seen: both("%s がありません", "there is no %s", ruleFile), Run: []string{"ls -l " + filepath.Dir(ruleFile)},
	}}}
}
