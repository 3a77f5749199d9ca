package doctor

import (
	"context"
	"fmt"
	"strings"

	"kazashi/cmd/internal/message"
	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
)

// chosen returns pcscd's readers that the configuration selects; all of them where
// that was not seen.
func (f *Facts) chosen() []reader.State {
	include := ""
	if f.Config.C != nil {
		include = f.Config.C.Reader.Include
	}
	var chosen []reader.State
	for _, s := range f.Service.Seen {
		if pcsc.Match(include, s.Reader) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func namesOf(readers []reader.State) string {
	var names []string
	for _, r := range readers {
		names = append(names, r.Reader)
	}
	return strings.Join(names, ", ")
}

func judgeReader(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	seen := f.Service.Seen
	switch chosen := f.chosen(); {
	case len(chosen) > 0:
		return Verdict{Note: same(namesOf(chosen))}
	case len(seen) > 0:
		return Verdict{Findings: []Finding{{
			Code: fault.ReaderNameMismatch,
			Seen: both("reader.include は %q、pcscd のリーダーは %s", "reader.include is %q, and pcscd has %s",
				f.Config.C.Reader.Include, namesOf(seen)),
			Run: []string{"sudoedit " + f.Config.Path, "sudo systemctl restart kazashid.service"},
		}}}
	case len(f.USB.Readers) > 0:
		return Verdict{Findings: []Finding{{
			Code: fault.ReaderNotListed,
			Seen: both("USB に %s がありますが、pcscd のリーダーは 0 台です", "%s is on USB, and pcscd has no reader", f.USB.Readers[0]),
			Run:  []string{"sudo systemctl restart pcscd.service", "journalctl -u pcscd.service -n 50"},
		}}}
	}
	return Verdict{Findings: []Finding{{
		Code: fault.ReaderNotFound,
		Seen: both("pcscd のリーダーは 0 台です", "pcscd has no reader"), Run: []string{"lsusb", "pcsc_scan -r"},
	}}}
}

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
		Seen: both("%s が占有されています", "%s is held exclusively", namesOf(held)), Run: run,
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

func judgeField(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	v := Verdict{Note: both("何も置かれていません", "nothing lies there")}
	for _, r := range f.chosen() {
		switch {
		case !r.Present:
		case r.Mute:
			v.Findings = append(v.Findings, Finding{
				Code: fault.CardUnresponsive, Warning: true,
				Seen: both("%s の上に、応答しない物があります", "something that does not answer lies on %s", r.Reader),
			})
		case f.active():
			v.Note = both("受付中のスマートフォンなど", "the phone of a presentation, or such")
		default:
			v.Findings = append(v.Findings, Finding{
				Code: fault.FieldOccupied, Warning: true,
				Seen: both("%s の上に何かあります (ATR %X)", "something lies on %s (ATR %X)", r.Reader, r.ATR),
			})
		}
	}
	return v
}

func judgeAPDU(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	extended := f.Config.C != nil && f.Config.C.Reader.ExtendedLength
	var said []string
	for _, r := range f.USB.Readers {
		switch {
		case r.shortOnly() && extended:
			return Verdict{Findings: []Finding{{
				Code: fault.ReaderShortAPDU,
				Seen: both("%s は短い APDU しか運べません (dwFeatures %08X)", "%s carries short APDUs only (dwFeatures %08X)", r, r.Features),
				Run:  []string{"sudoedit " + f.Config.Path, "sudo systemctl restart kazashid.service"},
			}}}
		case r.shortOnly():
			said = append(said, "255/256")
		case r.Message > 0:
			said = append(said, fmt.Sprintf("%d bytes", r.Message))
		}
	}
	used := both("短い APDU を使います", "short APDUs are used")
	if extended {
		used = both("拡張 APDU を使います", "extended APDUs are used")
	}
	if f.Daemon.Status != nil {
		for _, r := range f.Daemon.Status.Readers {
			if r.MaxCommand > 0 {
				used.Ja += fmt.Sprintf("、デーモンでは %d/%d", r.MaxCommand, r.MaxResponse)
				used.En += fmt.Sprintf(", %d/%d in the daemon", r.MaxCommand, r.MaxResponse)
			}
		}
	}
	if len(said) == 0 {
		return Verdict{Note: used}
	}
	return Verdict{Note: message.Text{
		Ja: used.Ja + "、リーダーの申告 " + strings.Join(said, ", "), En: used.En + ", the reader says " + strings.Join(said, ", "),
	}}
}
