package asked

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

func profile(identifiers ...string) configs.Profile {
	p := configs.Profile{Name: "shop", DocType: "a.b", Retention: &configs.Retention{Purpose: configs.Text{Ja: "記録", En: "Record"}, Days: 30}}
	for i, name := range identifiers {
		p.Elements = append(p.Elements, configs.Element{Namespace: "n.s", Identifier: name, Retain: i == 0})
	}
	return p
}

func TestPhoneIsAskedWhatTheKioskShows(t *testing.T) {
	shown, err := Profile(profile("sex", "portrait"))
	if err != nil {
		t.Fatal(err)
	}
	want := mdoc.Request{Documents: []mdoc.DocRequest{{DocType: "a.b", Elements: []mdoc.ElementRequest{
		{Namespace: "n.s", Identifier: "sex", Retain: true}, {Namespace: "n.s", Identifier: "portrait"},
	}}}}
	if diff := cmp.Diff(want, Request(shown.Asked)); diff != "" {
		t.Error(diff)
	}
	if a := shown.Asked[0]; !a.Retain || a.RetainDays != 30 || a.RetainPurpose.En != "Record" || shown.Asked[1].RetainPurpose != nil {
		t.Errorf("shown %+v", shown.Asked)
	}
	other := shown.Asked[0]
	other.DocType = "c.d"
	if diff := cmp.Diff([]string{"a.b", "c.d"}, DocTypes(append(shown.Asked, other))); diff != "" {
		t.Error(diff)
	}
}

func TestProfileThatCannotBeSent(t *testing.T) {
	if _, err := Profile(profile("age_over_18", "age_over_20", "age_over_65")); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("three ages: %v", err)
	}
}
