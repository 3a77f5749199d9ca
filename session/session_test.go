package session_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/engagement"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/key"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/specimen"
)

func TestScenarios(t *testing.T) {
	for scenario, c := range map[holder.Scenario]struct {
		want  fault.Code
		phase session.Phase
		asked bool
	}{
		holder.Honest:           {fault.OK, "", true},
		holder.SlowConsent:      {fault.OK, "", true},
		holder.IndividualNumber: {fault.OK, "", true},
		holder.LockedPhone:      {fault.PhoneLocked, session.Engaging, false},
		holder.BLEOnly:          {fault.NoCommonTransport, session.Connecting, false},
		holder.PulledAway:       {fault.CardRemoved, session.Receiving, true},
		holder.Declines:         {fault.SessionTerminated, session.Receiving, true},
		holder.ReturnsNothing:   {fault.DocumentMissing, session.Verifying, true},
		holder.WithholdsElement: {fault.Incomplete, session.Verifying, true},
		holder.GarbledAnswer:    {fault.MalformedResponse, session.Verifying, true},
		holder.BrokenEncryption: {fault.SessionDecryption, session.Receiving, true},
		holder.TamperedElement:  {fault.DigestMismatch, session.Verifying, true},
		holder.UnknownIssuer:    {fault.UnknownIssuer, session.Verifying, true},
		holder.ExpiredDocument:  {fault.Expired, session.Verifying, true},
		holder.WrongDeviceKey:   {fault.DeviceSignatureInvalid, session.Verifying, true},
		holder.OtherSession:     {fault.DeviceSignatureInvalid, session.Verifying, true},
	} {
		for _, negotiated := range []bool{false, true} {
			name := string(scenario)
			if negotiated {
				name += ", negotiated"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := tap(t, t.Context(), phone(t, holder.Options{Scenario: scenario, Negotiated: negotiated}))
					if fault.CodeOf(r.err) != c.want {
						t.Fatalf("got %v, want %s", r.err, c.want.Slug())
					}
					s := r.summary()
					if s.Asked != c.asked || s.Failed != c.phase || session.RequestSent(r.err) != (c.asked && c.want != fault.OK) {
						t.Errorf("asked %t, failed in %q", s.Asked, s.Failed)
					}
					if c.phase != session.Engaging && s.Negotiated != negotiated {
						t.Errorf("negotiated %t", s.Negotiated)
					}
				})
			})
		}
	}
	if len(holder.Scenarios()) != 16 {
		t.Error("a scenario has no expectation here")
	}
}

func TestOneTap(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	want := []string{"birth_date", "full_name_unicode", "local_gov_code_unicode", "resident_address_unicode"}
	if diff := cmp.Diff(want, names(r.verified)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(session.Phases(), r.phases()); diff != "" {
		t.Error(diff)
	}
	wantSteps := []string{
		"select-ndef-application", "select-capability-container", "read-capability-container", "select-ndef-file",
		"read-ndef-message", "select-mdoc-application", "envelope", "envelope",
	}
	if diff := cmp.Diff(wantSteps, r.steps()); diff != "" {
		t.Error(diff)
	}
	s := r.summary()
	if s.APDUs != len(wantSteps) || s.Answer == 0 || s.Sent == 0 || s.Received < s.Answer || s.Curve != "P-256" || s.Overlong != 0 || s.KeyReused {
		t.Errorf("%+v", s)
	}
}

func TestTheLastWordIsTermination(t *testing.T) {
	for scenario, want := range map[holder.Scenario]string{
		holder.Honest: "\x14", holder.GarbledAnswer: "\x14", holder.ExpiredDocument: "\x14", holder.ReturnsNothing: "\x14",
		holder.BrokenEncryption: "\x0a",
	} {
		r := tap(t, t.Context(), phone(t, holder.Options{Scenario: scenario}))
		taps := r.recorded.Taps()
		last := taps[0][len(taps[0])-1].Command
		if text := string(last); !strings.Contains(text, "\xa1\x66status"+want) {
			t.Errorf("%s: the last command is %x", scenario, last)
		}
	}
	r := tap(t, t.Context(), phone(t, holder.Options{Scenario: holder.Declines}))
	if steps := r.steps(); steps[len(steps)-2] == "envelope" {
		t.Error("a phone that has ended the session was spoken to again")
	}
}

func TestEveryWayToTap(t *testing.T) {
	for _, limits := range []reader.Limits{reader.ShortLimits, reader.ExtendedLimits, {CommandData: 500, ResponseData: 512}} {
		for _, curve := range seal.Curves() {
			for _, device := range []specimen.Curve{specimen.P256, specimen.P384, specimen.P521} {
				for _, mac := range []bool{false, true} {
					p := phone(t, holder.Options{Curve: curve, DeviceCurve: device, MAC: mac, MaxCommand: 300, MaxResponse: 1000})
					r := tap(t, t.Context(), p, func(tap *session.Tap) {
						tap.Request = withPortrait()
						// As the kiosk makes it ahead: the curve is the phone's to choose.
						ready, err := seal.Generate(seal.P256)
						if err != nil {
							t.Fatal(err)
						}
						tap.Key = ready
						tap.Card = limited{tap.Card, limits}
					})
					if r.err != nil {
						t.Errorf("%+v, %s, %s, MAC %t: %v", limits, curve, device, mac, r.err)
						continue
					}
					if len(names(r.verified)) != 5 {
						t.Errorf("%v", names(r.verified))
					}
					for _, e := range r.recorded.Taps()[0] {
						if len(e.Command) > min(limits.CommandData, 300)+9 || len(e.Answer) > min(limits.ResponseData, 1000)+2 {
							t.Fatalf("command of %d bytes, answer of %d", len(e.Command), len(e.Answer))
						}
					}
				}
			}
		}
	}
}

type limited struct {
	reader.Card
	limits reader.Limits
}

func (l limited) Limits() reader.Limits { return l.limits }

func TestTwoDocumentsAndReaderAuthentication(t *testing.T) {
	terminal, err := key.New(pki().Reader.Key, pki().Reader.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	var asked []holder.Asked
	p := phone(t, holder.Options{MAC: true, Observe: func(a holder.Asked) { asked = append(asked, a) }})
	r := tap(t, t.Context(), p, func(tap *session.Tap) {
		tap.ReaderAuth = terminal
		tap.Request.Documents = append(tap.Request.Documents, mdoc.DocRequest{
			DocType: mdoc.DocTypeDrivingLicence, Elements: []mdoc.ElementRequest{
				{Namespace: mdoc.NamespaceDrivingLicence, Identifier: "age_over_21", Retain: true},
			}})
	})
	if r.err != nil {
		t.Fatal(r.err)
	}
	if len(r.verified.Documents()) != 2 || len(asked) != 2 {
		t.Fatalf("%d documents, %d requests", len(r.verified.Documents()), len(asked))
	}
	for _, a := range asked {
		if a.Reader != pki().Reader.Certificate.Subject.CommonName {
			t.Errorf("%s: the phone sees the reader as %q", a.DocType, a.Reader)
		}
	}
	if !asked[1].Elements[0].Retain || asked[0].Elements[0].Retain {
		t.Error("the phone was not told right what is retained")
	}
}

func TestIndividualNumberIsDropped(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{Scenario: holder.IndividualNumber}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	if slices.Contains(names(r.verified), mdoc.IndividualNumber) {
		t.Error("the individual number came through")
	}
	warned := false
	for _, w := range r.verified.Warnings() {
		warned = warned || w.Code == fault.ForbiddenElementReceived
	}
	if !warned {
		t.Errorf("no alarm: %v", r.verified.Warnings())
	}
	p := phone(t, holder.Options{})
	r = tap(t, t.Context(), p, func(tap *session.Tap) {
		tap.Request.Documents[0].Elements[0].Identifier = mdoc.IndividualNumber
	})
	if fault.CodeOf(r.err) != fault.ElementForbidden || len(r.steps()) != 0 {
		t.Errorf("asking for it: %v after %v", r.err, r.steps())
	}
}

func TestF22_ReusedDeviceKey(t *testing.T) {
	var seen engagement.Memory
	p := phone(t, holder.Options{})
	var taps []loopback.Transcript
	for range 2 {
		r := tap(t, t.Context(), p, func(tap *session.Tap) { tap.Seen = &seen })
		if r.err != nil || r.summary().KeyReused {
			t.Fatalf("%v, key reused %t", r.err, r.summary().KeyReused)
		}
		taps = append(taps, r.recorded.Taps()[0])
	}
	replay := loopback.Replay(taps[0])
	replay.Match = func(int, []byte, []byte) bool { return true }
	r := tap(t, t.Context(), replay, func(tap *session.Tap) { tap.Seen = &seen })
	if fault.CodeOf(r.err) != fault.SessionDecryption {
		t.Errorf("a recorded tap against a fresh key: %v", r.err)
	}
	if !r.summary().KeyReused {
		t.Error("the phone's key is not told as used before")
	}
}

func TestKeysAreWipedInEveryEnding(t *testing.T) {
	for _, s := range holder.Scenarios() {
		synctest.Test(t, func(t *testing.T) {
			ours, err := seal.Generate(seal.P256)
			if err != nil {
				t.Fatal(err)
			}
			other, err := seal.Generate(seal.P256)
			if err != nil {
				t.Fatal(err)
			}
			peer, err := seal.ParsePublic(other.COSE())
			if err != nil {
				t.Fatal(err)
			}
			tap(t, t.Context(), phone(t, holder.Options{Scenario: s}), func(tap *session.Tap) { tap.Key = ours })
			if _, err := ours.Agree(peer); err == nil {
				t.Errorf("%s: the ephemeral key is still there", s)
			}
		})
	}
}
