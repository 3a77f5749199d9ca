package doctor

import (
	"context"
	"slices"
	"strings"

	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// described are what readers said of themselves, by name. They are asked while the
// daemon is down only: the question needs a connection, which a tap would meet.
type describedFacts map[string]pcsc.Description

func probeDescriptions(ctx context.Context, w *World, seen Facts) func(*Facts) {
	if seen.Daemon.DialErr == nil || fault.CodeOf(seen.Daemon.DialErr) != fault.SocketUnavailable {
		return nil
	}
	said := describedFacts{}
	for _, r := range seen.named() {
		if d, err := w.Describe(ctx, r.Reader); err == nil {
			said[r.Reader] = d
		}
	}
	return func(f *Facts) { f.Described = said }
}

// named returns pcscd's readers whose names the configuration selects; all of them
// where it was not seen.
func (f *Facts) named() []reader.State {
	include := ""
	if f.Config.C != nil {
		include = f.Config.C.Reader.Include
	}
	return slices.DeleteFunc(slices.Clone(f.Service.Seen), func(s reader.State) bool { return !pcsc.Match(include, s.Reader) })
}

// chosen returns those of the named readers that have the serial number of the
// configuration, where that is known: from the daemon, or from the readers themselves.
func (f *Facts) chosen() []reader.State {
	chosen := f.named()
	if f.Config.C == nil || f.Config.C.Reader.Serial == "" {
		return chosen
	}
	return slices.DeleteFunc(chosen, func(s reader.State) bool {
		if f.Daemon.Status != nil {
			return !slices.ContainsFunc(f.Daemon.Status.Readers, func(r api.Reader) bool { return r.Name == s.Reader })
		}
		said, ok := f.Described[s.Reader]
		return ok && !strings.EqualFold(said.Serial, f.Config.C.Reader.Serial)
	})
}

// label is a reader's name with what it said of itself.
func (f *Facts) label(s reader.State) string {
	said := f.Described[s.Reader]
	text := s.Reader
	if said.Version != "" {
		text += " v" + said.Version
	}
	if said.Serial != "" {
		text += " #" + said.Serial
	}
	return text
}

func (f *Facts) labels(readers []reader.State) string {
	var names []string
	for _, r := range readers {
		names = append(names, f.label(r))
	}
	return strings.Join(names, ", ")
}

func judgeReader(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	seen := f.Service.Seen
	switch chosen := f.chosen(); {
	case len(chosen) > 1:
		return Verdict{Note: same(f.labels(chosen)), Findings: []Finding{f.ambiguous(chosen)}}
	case len(chosen) > 0:
		return Verdict{Note: same(f.labels(chosen))}
	case len(f.named()) > 0:
		return Verdict{Findings: []Finding{{
			Code: fault.ReaderNameMismatch,
			Seen: both("reader.serial は %q、pcscd のリーダーは %s", "reader.serial is %q, and pcscd has %s",
				f.Config.C.Reader.Serial, f.labels(seen)),
			Do: both("設定の reader.serial を、使うリーダーの番号に直します。番号はデーモンを止めると kazashi doctor に出ます。",
				"Set reader.serial to the number of the reader to use. kazashi doctor shows the numbers while the daemon is stopped."),
			Run: []string{"sudoedit " + f.Config.Path, "sudo systemctl restart kazashid.service"},
		}}}
	case len(seen) > 0:
		return Verdict{Findings: []Finding{{
			Code: fault.ReaderNameMismatch,
			Seen: both("reader.include は %q、pcscd のリーダーは %s", "reader.include is %q, and pcscd has %s",
				f.Config.C.Reader.Include, f.labels(seen)),
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

// ambiguous warns of several readers between which nothing chooses: who asks for a
// presentation has to name one of them each time.
func (f *Facts) ambiguous(chosen []reader.State) Finding {
	one := Finding{
		Code: fault.ReaderAmbiguous, Warning: true,
		Seen: both("使えるリーダーが %d 台あります: %s", "%d readers can be used: %s", len(chosen), f.labels(chosen)),
		Do: both("1台だけを使うなら、設定の reader.include か reader.serial で選びます。試すときは --reader で指定します。",
			"Where one of them is to be used, choose it by reader.include or reader.serial. For a try name it with --reader."),
	}
	for _, r := range chosen {
		one.Run = append(one.Run, "kazashi tap --reader '"+strings.ReplaceAll(r.Reader, "'", `'\''`)+"'")
	}
	return one
}
