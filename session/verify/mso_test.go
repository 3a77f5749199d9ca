package verify

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// skewed is a lab whose clock may be a minute off.
func skewed(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	l.verifier.Skew = time.Minute
	return l
}

// in is a date from now.
func (l *lab) in(offset time.Duration) wire.TDate { return wire.TDate(l.now.Add(offset)) }

const day = 24 * time.Hour

func TestF30_DocTypeOfTheMSO(t *testing.T) {
	newLab(t).run(t, []spoiled{
		{"of the document", func(*draft) {}, "", fault.OK},
		{"of another", func(d *draft) { d.mso.DocType = mdoc.DocTypeDrivingLicence }, CheckDocType, fault.DocTypeMismatch},
		{"in other case", func(d *draft) { d.mso.DocType = "ORG.iso.23220.1.jp.mnc" }, CheckDocType, fault.DocTypeMismatch},
		{"none", func(d *draft) { d.mso.DocType = "" }, CheckDocType, fault.DocTypeMismatch},
	})
}

func TestF30_VersionOfTheMSO(t *testing.T) {
	newLab(t).run(t, []spoiled{
		{"1.1", func(d *draft) { d.mso.Version = "1.1" }, "", fault.OK},
		{"2.0", func(d *draft) { d.mso.Version = "2.0" }, CheckMSO, fault.MSOVersion},
		{"none", func(d *draft) { d.mso.Version = "" }, CheckMSO, fault.MSOVersion},
	})
}

func TestF30_DigestAlgorithm(t *testing.T) {
	newLab(t).run(t, []spoiled{
		{"SHA-512", func(d *draft) { d.mso.DigestAlgorithm = "SHA-512" }, "", fault.OK},
		{"SHA-1", func(d *draft) { d.mso.DigestAlgorithm = "SHA-1" }, CheckMSO, fault.DigestAlgorithm},
		{"unknown", func(d *draft) { d.mso.DigestAlgorithm = "SHA3-256" }, CheckMSO, fault.DigestAlgorithm},
		{"none", func(d *draft) { d.mso.DigestAlgorithm = "" }, CheckMSO, fault.DigestAlgorithm},
	})
}

func TestF30_ValidFromInTheFuture(t *testing.T) {
	l := skewed(t)
	from := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.mso.ValidityInfo.ValidFrom = l.in(offset) }
	}
	l.run(t, []spoiled{
		{"an hour", from(time.Hour), CheckValidity, fault.NotYetValid},
		{"a minute, within the skew", from(time.Minute), "", fault.OK},
		{"a minute and a second", from(time.Minute + time.Second), CheckValidity, fault.NotYetValid},
	})
}

func TestF30_ValidUntilInThePast(t *testing.T) {
	l := skewed(t)
	until := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.mso.ValidityInfo.ValidUntil = l.in(offset) }
	}
	l.run(t, []spoiled{
		{"an hour", until(-time.Hour), CheckValidity, fault.Expired},
		{"a minute, within the skew", until(-time.Minute), "", fault.OK},
		{"a minute and a second", until(-time.Minute - time.Second), CheckValidity, fault.Expired},
		{"before it begins", until(-2 * day), CheckMSO, fault.ValidityMalformed},
	})
}

func TestF30_SignedOutsideTheSigner(t *testing.T) {
	l := skewed(t)
	signed := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.mso.ValidityInfo.Signed = l.in(offset) }
	}
	l.run(t, []spoiled{
		{"before its certificate", signed(-40 * day), CheckValidity, fault.SignedOutsideDS},
		{"after its certificate", signed(400 * day), CheckValidity, fault.SignedOutsideDS},
		{"after validFrom", func(d *draft) {
			d.mso.ValidityInfo.Signed, d.mso.ValidityInfo.ValidFrom = l.in(-time.Hour), l.in(-9*time.Hour)
		}, "", fault.OK},
	})
}

// A document is not signed before it is signed, be its validFrom where it may.
func TestF30_SignedInTheFuture(t *testing.T) {
	l := skewed(t)
	signed := func(offset time.Duration) func(*draft) {
		return func(d *draft) { d.mso.ValidityInfo.Signed = l.in(offset) }
	}
	l.run(t, []spoiled{
		{"two minutes", signed(2 * time.Minute), CheckValidity, fault.SignedInFuture},
		{"a minute, within the skew", signed(time.Minute), "", fault.OK},
	})
}

// warnings returns the codes of what was odd about an answer that passed.
func (l *lab) warnings(t *testing.T, change func(*draft)) []fault.Code {
	t.Helper()
	d := l.draft(t)
	change(d)
	verified, err := l.verify(l.answer(t, d), nil)
	if err != nil {
		t.Fatal(err)
	}
	var codes []fault.Code
	for _, w := range verified.Warnings() {
		codes = append(codes, w.Code)
	}
	return codes
}

func TestF30_ExpectedUpdateInThePastIsAWarning(t *testing.T) {
	l := newLab(t)
	for offset, want := range map[time.Duration][]fault.Code{-time.Hour: {fault.UpdateOverdue}, time.Hour: nil} {
		update := l.in(offset)
		if got := l.warnings(t, func(d *draft) { d.mso.ValidityInfo.ExpectedUpdate = &update }); !slices.Equal(got, want) {
			t.Errorf("%s: %v", offset, got)
		}
	}
	if got := l.warnings(t, func(*draft) {}); got != nil {
		t.Errorf("without one: %v", got)
	}
}

func TestF30_OutlivingTheSignerIsAWarning(t *testing.T) {
	l := newLab(t)
	got := l.warnings(t, func(d *draft) { d.mso.ValidityInfo.ValidUntil = wire.TDate(l.now.AddDate(2, 0, 0)) })
	if !slices.Equal(got, []fault.Code{fault.OutlivesSigner}) {
		t.Errorf("got %v", got)
	}
}

// What decrypts and is no DeviceResponse leaves nothing: no attribute, no warning, and
// no byte of it in memory.
func TestF25_GarbageThatDecrypts(t *testing.T) {
	l := newLab(t)
	sound := l.answer(t, l.draft(t))
	for name, garbage := range map[string][]byte{
		"nothing":         {},
		"null":            {0xf6},
		"text":            []byte("\x6dYAMADA HANAKO"),
		"no CBOR":         bytes.Repeat([]byte{0xff}, 64),
		"half an answer":  sound[:len(sound)/2],
		"a byte too many": append(slices.Clone(sound), 0),
		"an empty map":    {0xa0},
	} {
		response := slices.Clone(garbage)
		verified, err := l.verifier.Verify(Input{Response: response, Transcript: transcript, Requested: ask(ns, "full_name_unicode")})
		if verified != nil || (fault.CodeOf(err) != fault.MalformedResponse && fault.CodeOf(err) != fault.UnsupportedResponseVersion) {
			t.Errorf("%s: %v, %v", name, verified, err)
		}
		if !bytes.Equal(response, make([]byte, len(response))) {
			t.Errorf("%s: left in memory", name)
		}
	}
}
