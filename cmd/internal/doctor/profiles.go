package doctor

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"kazashi/cmd/internal/asked"
	"kazashi/configs"
	"kazashi/session/fault"
)

func probeProfiles(_ context.Context, _ *World, seen Facts) func(*Facts) {
	if seen.Config.C == nil {
		return nil
	}
	dir := seen.Config.C.Profiles.Dir
	results, err := configs.CheckProfiles(dir)
	p := profileFacts{Err: err}
	for _, r := range results {
		file := profileFile{File: r.File, Err: r.Err}
		if r.Err == nil {
			file.Name = r.Profile.Name
			if shown, err := asked.Profile(*r.Profile); err != nil {
				file.Err = err
			} else {
				p.DocTypes = append(p.DocTypes, asked.DocTypes(shown.Asked)...)
			}
		}
		p.Files = append(p.Files, file)
	}
	slices.Sort(p.DocTypes)
	p.DocTypes = slices.Compact(p.DocTypes)
	return func(f *Facts) { f.Profiles = p }
}

func judgeProfiles(f *Facts) Verdict {
	if f.Config.C == nil {
		return f.withoutConfig()
	}
	p := f.Profiles
	dir := f.Config.C.Profiles.Dir
	check := []string{strings.TrimSpace("kazashi profiles check " + dir)}
	if p.Err != nil {
		if errors.Is(p.Err, fs.ErrPermission) && f.others(false) {
			return Verdict{State: Unseen, Hidden: both("%s を読む権限がありません", "this user may not read %s", dir), How: sudo}
		}
		code := fault.CodeOf(p.Err)
		if code == fault.Internal {
			code = fault.ProfileInvalid
		}
		return Verdict{Findings: []Finding{{Code: code, Seen: same(detail(p.Err)), Run: check}}}
	}
	var v Verdict
	for _, file := range p.Files {
		if file.Err == nil {
			continue
		}
		if errors.Is(file.Err, fs.ErrPermission) && f.others(false) {
			v.State, v.Hidden, v.How = Unseen, both("%s を読む権限がありません", "this user may not read %s", file.File), sudo
			continue
		}
		var found configs.Problems
		if !errors.As(file.Err, &found) {
			v.Findings = append(v.Findings, Finding{Code: fault.CodeOf(file.Err), Seen: same(file.File + ": " + detail(file.Err)), Run: check})
			continue
		}
		for _, one := range found {
			v.Findings = append(v.Findings, Finding{Code: fault.CodeOf(file.Err), Seen: same(one.String()), Run: check})
		}
	}
	if len(p.Files) == 0 {
		v.Findings = append(v.Findings, Finding{
			Code: fault.ProfileInvalid, Seen: both("%s にプロファイルがありません", "there is no profile in %s", dir), Run: check,
		})
	}
	if dir == "" {
		v.Note = both("付属の %d 件", "%d, the shipped ones", len(p.Files))
	} else {
		v.Note = both("%[2]s の %[1]d 件", "%d in %s", len(p.Files), dir)
	}
	return v
}

// withoutConfig is the verdict of a check that needs the configuration where that is
// not broken, but was not seen or is not needed.
func (f *Facts) withoutConfig() Verdict {
	if f.sandbox() {
		return Verdict{State: Unneeded, Note: both("見本モードのデーモンには要りません", "not for a daemon in specimen mode")}
	}
	return Verdict{State: Unseen, Hidden: both("設定を読めないため分かりません", "needs the configuration, which could not be seen"), How: sudo}
}
