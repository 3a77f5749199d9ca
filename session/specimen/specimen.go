// Package specimen makes the PKI, the documents and the person that demo,
// self-test and tests are played with. None of them exists: every certificate
// says 見本 (specimen) in its subject, the person is invented, and the portrait is
// a drawing that says so. A terminal trusts what comes from here only in specimen
// mode.
//
// The documents have the form of real ones in every byte, so that any verifier of
// ISO/IEC 18013-5 can judge them.
package specimen

import (
	"time"

	"kazashi/session/mdoc"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

// Organization stands as O in the subject of every specimen certificate.
const Organization = trust.SpecimenOrganization

// Country stands as C in every specimen certificate.
const Country = "JP"

// A Document is what an issuer knows of one person.
type Document struct {
	DocType  string
	Elements []Element
}

// An Element is one data element. Value is what package wire encodes.
type Element struct {
	Namespace, Identifier string
	Value                 any
}

// The invented person.
const (
	fullName  = "見本　花子"
	address   = "見本県見本市見本町一丁目２番３－４０５号"
	localGov  = "99999" // no municipality has it
	birthDate = "1989-03-31"
)

// Age returns how old the person is at a time, by Japan's calendar day.
func Age(at time.Time) int {
	born, _ := time.Parse(time.DateOnly, birthDate)
	at = at.In(time.FixedZone("JST", 9*60*60))
	years := at.Year() - born.Year()
	if at.Month() < born.Month() || at.Month() == born.Month() && at.Day() < born.Day() {
		years--
	}
	return years
}

// MyNumberCard returns the mdoc of the person's My Number Card as an issuer would
// fill it at a time. It holds no individual number.
func MyNumberCard(at time.Time) Document {
	const jp, iso = mdoc.NamespaceMyNumberCard, mdoc.NamespaceISO23220
	age := Age(at)
	return Document{DocType: mdoc.DocTypeMyNumberCard, Elements: []Element{
		{jp, "full_name_unicode", fullName},
		{jp, "resident_address_unicode", address},
		{jp, "local_gov_code_unicode", localGov},
		{jp, "sex_unicode", "女"},
		{jp, "birth_date_unicode", "1989年3月31日"},
		{jp, "portrait", Portrait()},
		{iso, "sex", 2},
		{iso, "birth_date", wire.FullDate(birthDate)},
		{iso, "age_in_years", age},
		{iso, "age_over_18", age >= 18},
		{iso, "age_over_20", age >= 20},
		{iso, "age_over_65", age >= 65},
	}}
}

// WithIndividualNumber returns the document with an individual number in it,
// for the scenario of a phone that sends it unasked. The number is no number: its
// digits are all nine, which its check digit forbids.
func (d Document) WithIndividualNumber() Document {
	d.Elements = append(d.Elements[:len(d.Elements):len(d.Elements)],
		Element{mdoc.NamespaceMyNumberCard, mdoc.IndividualNumber, "999999999999"})
	return d
}

// DrivingLicence returns the person's mobile driving licence with all mandatory
// elements of ISO/IEC 18013-5, table 5.
func DrivingLicence(at time.Time) Document {
	const ns = mdoc.NamespaceDrivingLicence
	day := func(t time.Time) wire.FullDate { return wire.FullDate(t.Format(time.DateOnly)) }
	issued, expires := day(at.AddDate(-1, 0, 0)), day(at.AddDate(4, 0, 0))
	age := Age(at)
	privilege := func(category string) map[string]any {
		return map[string]any{"vehicle_category_code": category, "issue_date": issued, "expiry_date": expires}
	}
	return Document{DocType: mdoc.DocTypeDrivingLicence, Elements: []Element{
		{ns, "family_name", "Mihon"},
		{ns, "given_name", "Hanako"},
		{ns, "birth_date", wire.FullDate(birthDate)},
		{ns, "issue_date", issued},
		{ns, "expiry_date", expires},
		{ns, "issuing_country", Country},
		{ns, "issuing_authority", Organization},
		{ns, "document_number", "SPECIMEN-0000"},
		{ns, "portrait", Portrait()},
		{ns, "driving_privileges", []any{privilege("B"), privilege("AM")}},
		{ns, "un_distinguishing_sign", "J"},
		{ns, "age_in_years", age},
		{ns, "age_over_18", age >= 18},
		{ns, "age_over_21", age >= 21},
		{ns, "age_over_65", age >= 65},
	}}
}
