package daemon

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/transport/api"
)

func TestWalkOfEveryShippedProfile(t *testing.T) {
	r := start(t, nil, nil)
	for _, name := range r.daemon.rules.Load().profileNames {
		t.Run(name, func(t *testing.T) {
			r := *r
			r.t = t
			p := r.until(r.arm(name), func(p api.Presentation) bool { return p.State == api.StateVerified })
			if !p.Specimen {
				t.Error("presentation does not say that it is a specimen")
			}
			claim, err := r.client.Claim(t.Context(), p.ID, "first")
			if err != nil {
				t.Fatal(err)
			}
			wantElements(t, p.Asked, claim)
			if _, err := r.client.Claim(t.Context(), p.ID, "second"); fault.CodeOf(err) != fault.AlreadyClaimed {
				t.Errorf("second claim: %v", err)
			}
			acked, err := r.client.Ack(t.Context(), p.ID, "first", api.OutcomeIssued)
			if err != nil || acked.State != api.StateAcked {
				t.Fatalf("ack: %s, %v", acked.State, err)
			}
			if _, err := r.client.Claim(t.Context(), p.ID, "first"); fault.CodeOf(err) != fault.ClaimGone {
				t.Errorf("claim after the ack: %v", err)
			}
		})
	}
}

// wantElements wants exactly what was asked for, with the specimen's values.
func wantElements(t *testing.T, asked []api.AskedElement, claim api.Claim) {
	t.Helper()
	if len(claim.Documents) != 1 || !claim.Specimen {
		t.Fatalf("%d documents, specimen %v", len(claim.Documents), claim.Specimen)
	}
	d, count := claim.Documents[0], 0
	for _, elements := range d.Elements {
		count += len(elements)
	}
	if count != len(asked) {
		t.Errorf("%d elements, %d were asked for", count, len(asked))
	}
	now := time.Now()
	known := slices.Concat(specimen.MyNumberCard(now).Elements, specimen.DrivingLicence(now).Elements)
	for _, a := range asked {
		got, ok := d.Elements[a.Namespace][a.Element]
		if !ok || a.DocType != d.DocType {
			t.Errorf("%s is not in the claim", a.Element)
			continue
		}
		i := slices.IndexFunc(known, func(e specimen.Element) bool { return e.Namespace == a.Namespace && e.Identifier == a.Element })
		want := known[i].Value
		if portrait, ok := want.([]byte); ok {
			want = api.Binary{MediaType: "image/jpeg", Base64: portrait}
		}
		if text := marshal(t, want); text != string(got) {
			t.Errorf("%s is not the specimen's value", a.Element)
		}
	}
}

// outcomes are how the first tap of a phone ends, by what the phone does.
var outcomes = map[holder.Scenario]struct {
	state api.State
	code  fault.Code
}{
	holder.Honest:           {api.StateVerified, ""},
	holder.LockedPhone:      {api.StateArmed, fault.PhoneLocked},
	holder.BLEOnly:          {api.StateArmed, fault.NoCommonTransport},
	holder.PulledAway:       {api.StateLost, fault.CardRemoved},
	holder.SlowConsent:      {api.StateVerified, ""},
	holder.Declines:         {api.StateRejected, fault.SessionTerminated},
	holder.ReturnsNothing:   {api.StateRejected, fault.DocumentMissing},
	holder.WithholdsElement: {api.StateRejected, fault.Incomplete},
	holder.GarbledAnswer:    {api.StateRejected, fault.MalformedResponse},
	holder.BrokenEncryption: {api.StateRejected, fault.SessionDecryption},
	holder.TamperedElement:  {api.StateRejected, fault.DigestMismatch},
	holder.UnknownIssuer:    {api.StateRejected, fault.UnknownIssuer},
	holder.ExpiredDocument:  {api.StateRejected, fault.Expired},
	holder.WrongDeviceKey:   {api.StateRejected, fault.DeviceSignatureInvalid},
	holder.OtherSession:     {api.StateRejected, fault.DeviceSignatureInvalid},
	holder.IndividualNumber: {api.StateVerified, ""},
}

func TestOutcomeOfEveryScenario(t *testing.T) {
	for _, scenario := range holder.Scenarios() {
		t.Run(string(scenario), func(t *testing.T) {
			t.Parallel()
			want, ok := outcomes[scenario]
			if !ok {
				t.Fatal("nobody said how this scenario ends")
			}
			r := start(t, []string{string(scenario)}, nil)
			p, code := r.outcome(r.arm("residence-certificate"))
			if p.State != want.state || code != want.code {
				t.Fatalf("%s %s %s, want %s %s", p.State, code, code.Slug(), want.state, want.code)
			}
			if want.code != "" {
				said := p.UserMessage
				if p.State == api.StateArmed {
					said = p.LastTap.UserMessage
				}
				if said == nil || *said != messageOf(want.code).User {
					t.Errorf("the customer is told %v", said)
				}
			}
			if _, err := r.client.Claim(t.Context(), p.ID, "c"); (err == nil) != (p.State == api.StateVerified) {
				t.Errorf("claim in the state %s: %v", p.State, err)
			}
		})
	}
}

func TestIndividualNumberIsDroppedAndTold(t *testing.T) {
	r := start(t, []string{string(holder.IndividualNumber)}, nil)
	p, _ := r.outcome(r.arm("residence-certificate"))
	if !slices.ContainsFunc(p.Warnings, func(w api.Warning) bool { return w.Code == fault.ForbiddenElementReceived }) {
		t.Errorf("warnings %v", p.Warnings)
	}
	claim, err := r.client.Claim(t.Context(), p.ID, "c")
	if err != nil {
		t.Fatal(err)
	}
	if text := marshal(t, claim); strings.Contains(text, "individual_number") || strings.Contains(text, "999999999999") {
		t.Error("the claim holds the individual number")
	}
}

// An answer that is refused for another reason does not take the alarm with it.
func TestIndividualNumberInARefusedAnswerIsTold(t *testing.T) {
	r := start(t, []string{string(holder.IndividualNumber)}, func(d *daemon) {
		d.now = func() time.Time { return time.Now().AddDate(30, 0, 0) }
	})
	p, code := r.outcome(r.arm("residence-certificate"))
	if p.State != api.StateRejected || code != fault.CertificateExpired {
		t.Fatalf("%s %s", p.State, code)
	}
	if w := p.Warnings; len(w) != 1 || w[0].Code != fault.ForbiddenElementReceived || w[0].DocType != mdoc.DocTypeMyNumberCard || w[0].Count != 1 {
		t.Errorf("warnings %v", p.Warnings)
	}
	r.close()
	if log := r.log.String(); !strings.Contains(log, "phone sent what must not come") || strings.Contains(log, "999999999999") {
		t.Errorf("logged %s", log)
	}
}

func TestScenariosAreGoneThroughInTurn(t *testing.T) {
	r := start(t, []string{"tampered-element", "honest"}, nil)
	for _, want := range []api.State{api.StateRejected, api.StateVerified} {
		p, _ := r.outcome(r.arm("age-over-20"))
		if p.State != want {
			t.Errorf("%s, want %s", p.State, want)
		}
	}
}

func TestF19_LockedPhoneIsHeldOverAgain(t *testing.T) {
	t.Parallel()
	r := start(t, []string{"locked-phone"}, nil)
	first, _ := r.outcome(r.arm("address"))
	second := r.until(first, func(p api.Presentation) bool {
		return p.LastTap.At.After(first.LastTap.At) && p.State == api.StateArmed
	})
	if pause := second.LastTap.At.Sub(first.LastTap.At); pause < tapPause {
		t.Errorf("held over again after %s", pause)
	}
	if err := r.client.Cancel(t.Context(), first.ID); err != nil {
		t.Error(err)
	}
}

func TestEveryAnswerShowsSpecimenMode(t *testing.T) {
	r := start(t, nil, nil)
	status, err := r.client.Status(t.Context())
	if err != nil || !status.Specimen || status.Health != api.HealthOK || len(status.Readers) != 1 || status.Trust.Specimen != 1 {
		t.Errorf("status %+v, %v", status, err)
	}
	trust, err := r.client.Trust(t.Context())
	if err != nil || !trust.Specimen || len(trust.Anchors) != 1 || !trust.Anchors[0].Specimen {
		t.Errorf("trust %+v, %v", trust, err)
	}
	profiles, err := r.client.Profiles(t.Context())
	if err != nil || len(profiles.Profiles) != len(r.daemon.rules.Load().profileNames) {
		t.Fatalf("profiles %+v, %v", profiles, err)
	}
	for _, p := range profiles.Profiles {
		if !p.Usable {
			t.Errorf("%s is not usable", p.Name)
		}
	}
	r.outcome(r.arm("address"))
	for line := range strings.Lines(r.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["specimen"] != true {
			t.Errorf("log line does not say so: %s", line)
		}
	}
}

func TestTapsAreCounted(t *testing.T) {
	r := start(t, []string{"honest", "declines"}, nil)
	p, _ := r.outcome(r.arm("address"))
	if err := r.client.Cancel(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	r.outcome(r.arm("address"))
	status, err := r.client.Status(t.Context())
	if err != nil || *status.Taps != (api.TapCounts{Total: 2, Verified: 1, Failed: 1}) {
		t.Errorf("taps %+v, %v", status.Taps, err)
	}
}
