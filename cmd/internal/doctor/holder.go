package doctor

import (
	"context"
	"fmt"
	"strings"

	"kazashi/reader"
	"kazashi/session/fault"
)

func probeHolders(_ context.Context, w *World, seen Facts) func(*Facts) {
	held := false
	for _, s := range seen.Service.Seen {
		held = held || s.InUse
	}
	if !held {
		return nil
	}
	var h holderFacts
	h.Users, h.Hidden = w.loaded("libpcsclite.so")
	return func(f *Facts) { f.Holders = h }
}

func judgeHolder(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	var held []reader.State
	for _, r := range f.chosen() {
		if r.InUse {
			held = append(held, r)
		}
	}
	switch {
	case len(held) == 0:
		return Verdict{Note: both("誰も占有していません", "nobody holds it")}
	case f.active():
		return Verdict{Note: both("デーモンが受付のために使っています", "the daemon uses it for a presentation")}
	}
	var others []string
	var run []string
	for _, p := range f.Holders.Users {
		if p.Name == "pcscd" || p.Name == "kazashid" {
			continue
		}
		others = append(others, fmt.Sprintf("%s (pid %d)", p.Name, p.PID))
		run = append(run, fmt.Sprintf("ps -fp %d", p.PID))
	}
	one := Finding{
		Code: fault.ReaderBusy,
		Seen: both("%s が占有されています", "%s is held exclusively", f.labels(held)), Run: run,
	}
	v := Verdict{}
	if len(others) > 0 {
		names := strings.Join(others, ", ")
		one = one.also("PC/SC を使っているプロセス: "+names, "processes that use PC/SC: "+names)
	}
	if len(others) == 0 && f.Holders.Hidden > 0 {
		v.Hidden, v.How = both("ほかのユーザーのプロセスは見えません", "the processes of other users cannot be seen"), sudo
	}
	v.Findings = []Finding{one}
	return v
}
