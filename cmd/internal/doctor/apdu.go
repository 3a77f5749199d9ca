package doctor

import (
	"fmt"
	"strings"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
)

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
	for _, r := range f.chosen() {
		d, ok := f.Described[r.Reader]
		switch {
		case !ok || d.MaxAPDU < 0:
		case d.MaxAPDU == 0 && extended:
			return Verdict{Findings: []Finding{{
				Code: fault.ReaderShortAPDU,
				Seen: both("%s は短い APDU しか運べません (dwMaxAPDUDataSize 0)", "%s carries short APDUs only (dwMaxAPDUDataSize 0)", r.Reader),
				Run:  []string{"sudoedit " + f.Config.Path, "sudo systemctl restart kazashid.service"},
			}}}
		case d.MaxAPDU == 0:
			said = append(said, "255/256")
		default:
			said = append(said, fmt.Sprintf("%d bytes", d.MaxAPDU))
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
