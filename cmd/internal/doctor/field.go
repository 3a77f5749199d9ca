package doctor

import "kazashi/session/fault"

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
