package doctor

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kazashi/session/fault"
	"kazashi/session/trust"
	"kazashi/transport/api"
)

// An anchor is one issuer that is trusted, from the files or from the daemon.
type anchor struct {
	Name                string
	DocTypes            []string // empty: all
	NotBefore, NotAfter time.Time
	Specimen            bool // counts in specimen mode only
}

func (a anchor) covers(docType string) bool {
	return len(a.DocTypes) == 0 || slices.Contains(a.DocTypes, docType)
}

type trustFacts struct {
	Anchors []anchor
	Pinned  []trust.Finding
	Lists   []trust.Finding
	Fresh   []trust.Freshness
}

func probeTrust(_ context.Context, w *World, seen Facts) func(*Facts) {
	if seen.Config.C == nil {
		return nil
	}
	now := w.Now()
	set := trust.Load(seen.Config.C.Trust.Sources(), nil, now)
	t := trustFacts{Pinned: set.Pinned(), Fresh: set.Freshness(now)}
	t.Lists = set.Findings(now)[len(t.Pinned):]
	for _, a := range trust.NewStore(set.Anchors, trust.Options{}).Anchors() {
		one := anchor{
			Name: a.Certificate.Subject.CommonName, DocTypes: a.DocTypes,
			NotBefore: a.Certificate.NotBefore, NotAfter: a.Certificate.NotAfter, Specimen: a.Specimen,
		}
		if !a.Until.IsZero() && a.Until.Before(one.NotAfter) {
			one.NotAfter = a.Until
		}
		t.Anchors = append(t.Anchors, one)
	}
	return func(f *Facts) { f.Trust = t }
}

// told returns the anchors of the running daemon.
func told(t *api.Trust) []anchor {
	var anchors []anchor
	for _, a := range t.Anchors {
		anchors = append(anchors, anchor{a.CommonName, a.DocTypes, a.NotBefore, a.NotAfter, a.Specimen})
	}
	return anchors
}

func judgeAnchors(f *Facts) Verdict {
	if f.sandbox() {
		return Verdict{Note: both("見本の発行者だけです (SPECIMEN)", "specimen issuers only (SPECIMEN 見本)")}
	}
	if f.Config.C == nil {
		return f.withoutConfig()
	}
	check := []string{"kazashi trust check --config " + f.Config.Path}
	var v Verdict
	anchors := f.Trust.Anchors
	for _, p := range f.Trust.Pinned {
		if errors.Is(p.Err, fs.ErrPermission) && f.others(false) {
			v.Hidden, v.How = both("%s を読む権限がありません", "this user may not read %s", p.File), sudo
			continue
		}
		v.Findings = append(v.Findings, Finding{Code: fault.CodeOf(p.Err), Seen: same(p.File + ": " + detail(p.Err)), Run: check})
	}
	hidden := v.How != ""
	if f.specimen() {
		if _, lacks := f.reported(fault.NoAnchor); f.Daemon.Health != nil && !lacks {
			// It has issuers of its own for what it serves.
			v.Note = both("見本モードのデーモンの発行者", "those of the daemon in specimen mode")
			return v
		}
	}
	if f.Daemon.Trust != nil && (hidden || f.specimen()) {
		anchors = slices.Concat(anchors, told(f.Daemon.Trust))
	} else if hidden && len(anchors) == 0 {
		v.State = Unseen
		return v
	}
	v.Findings = append(v.Findings, f.uncovered(anchors, check)...)
	for _, a := range anchors {
		switch left := a.NotAfter.Sub(f.At); {
		case left < 0 || f.At.Before(a.NotBefore):
			code, day := fault.CertificateExpired, a.NotAfter
			if left >= 0 {
				code, day = fault.CertificateNotYetValid, a.NotBefore
			}
			if !slices.ContainsFunc(v.Findings, func(one Finding) bool { return one.Code == code }) {
				v.Findings = append(v.Findings, Finding{
					Code: code, Warning: true, Run: check,
					Seen: both("%s (%s)", "%s (%s)", a.Name, day.UTC().Format(time.DateOnly)),
				})
			}
		case left < soon:
			v.Findings = append(v.Findings, Finding{
				Code: fault.AnchorEnding, Warning: true, Run: check,
				Seen: both("%s の期限まで %d 日です", "%s ends in %d days", a.Name, int(left.Hours()/24)),
			})
		}
	}
	v.Note = both("%d 件", "%d", len(anchors))
	if end, ok := earliest(anchors); ok {
		v.Note = both("%d 件、最初の期限 %s", "%d, the first ends %s", len(anchors), end.UTC().Format(time.DateOnly))
	}
	return v
}

// uncovered are the docTypes of the profiles for which nobody can be verified. It is a
// failure where that is all of them, and says of an anchor out of its time that this is why.
func (f *Facts) uncovered(anchors []anchor, check []string) []Finding {
	var findings []Finding
	usable := false
	for _, docType := range f.Profiles.DocTypes {
		covers := slices.DeleteFunc(slices.Clone(anchors), func(a anchor) bool {
			return !a.covers(docType) || a.Specimen && !f.specimen()
		})
		counts := func(a anchor) bool { return !f.At.Before(a.NotBefore) && !f.At.After(a.NotAfter) }
		switch {
		case slices.ContainsFunc(covers, counts):
			usable = true
		case len(covers) > 0:
			a := covers[0]
			code := fault.CertificateExpired
			if f.At.Before(a.NotBefore) {
				code = fault.CertificateNotYetValid
			}
			findings = append(findings, Finding{
				Code: code, Warning: true, Run: check,
				Seen: both("%s の発行者 %s: %s から %s まで", "for %s, issuer %s: from %s to %s",
					docType, a.Name, a.NotBefore.UTC().Format(time.DateOnly), a.NotAfter.UTC().Format(time.DateOnly)),
			})
		default:
			findings = append(findings, Finding{
				Code: fault.NoAnchor, Warning: true, Run: check,
				Seen: both("%s の発行者がいません", "no issuer for %s", docType),
			})
		}
	}
	if !usable {
		for i := range findings {
			findings[i].Warning = false
		}
	}
	return findings
}

func earliest(anchors []anchor) (end time.Time, ok bool) {
	for _, a := range anchors {
		if !ok || a.NotAfter.Before(end) {
			end, ok = a.NotAfter, true
		}
	}
	return end, ok
}

func judgeLists(f *Facts) Verdict {
	if f.Config.C == nil {
		return f.withoutConfig()
	}
	check := []string{"kazashi trust check --config " + f.Config.Path}
	var v Verdict
	for _, l := range f.Trust.Lists {
		if errors.Is(l.Err, fs.ErrPermission) && f.others(false) {
			v.State, v.Hidden, v.How = Unseen, both("%s を読む権限がありません", "this user may not read %s", l.File), sudo
			continue
		}
		if l.Warning {
			continue // nothing is lost by it
		}
		v.Findings = append(v.Findings, Finding{
			Code: fault.CodeOf(l.Err), Warning: true, Run: append(check, "kazashi trust import --help"),
			Seen: same(filepath.Base(l.File) + ": " + detail(l.Err)),
		})
	}
	var kinds []string
	for _, l := range f.Trust.Fresh {
		kinds = append(kinds, l.Kind+" "+l.Of)
	}
	v.Note = both("リストはありません", "there are none")
	if len(kinds) > 0 {
		v.Note = both("新しい: %s", "fresh: %s", strings.Join(kinds, ", "))
	}
	return v
}
