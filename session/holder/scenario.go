package holder

import (
	"fmt"
	"slices"
)

// A Scenario is how a phone behaves in a tap. Its name is what a person types.
type Scenario string

// The scenarios.
const (
	Honest           Scenario = "honest"
	LockedPhone      Scenario = "locked-phone"
	BLEOnly          Scenario = "ble-only"
	PulledAway       Scenario = "pulled-away"
	SlowConsent      Scenario = "slow-consent"
	Declines         Scenario = "declines"
	ReturnsNothing   Scenario = "returns-nothing"
	WithholdsElement Scenario = "withholds-element"
	GarbledAnswer    Scenario = "garbled-answer"
	BrokenEncryption Scenario = "broken-encryption"
	TamperedElement  Scenario = "tampered-element"
	UnknownIssuer    Scenario = "unknown-issuer"
	ExpiredDocument  Scenario = "expired-document"
	WrongDeviceKey   Scenario = "wrong-device-key"
	OtherSession     Scenario = "other-session"
	IndividualNumber Scenario = "individual-number"
)

var scenarios = []struct {
	name Scenario
	text string
}{
	{Honest, "answers what it is asked"},
	{LockedPhone, "has not been unlocked"},
	{BLEOnly, "engages by NFC and wants to go on over Bluetooth"},
	{PulledAway, "leaves the field in the middle of its answer"},
	{SlowConsent, "answers when its holder has agreed, after some seconds"},
	{Declines, "ends the session because its holder does not agree"},
	{ReturnsNothing, "answers without any document"},
	{WithholdsElement, "leaves one element out"},
	{GarbledAnswer, "encrypts something that is no answer"},
	{BrokenEncryption, "sends an answer that cannot be decrypted"},
	{TamperedElement, "has changed one element"},
	{UnknownIssuer, "has documents of an issuer that nobody knows"},
	{ExpiredDocument, "has documents that have expired"},
	{WrongDeviceKey, "signs with a key that is not the document's"},
	{OtherSession, "repeats a signature that was made in another session"},
	{IndividualNumber, "sends the individual number (of a specimen) unasked"},
}

// Scenarios returns all scenarios, the honest one first.
func Scenarios() []Scenario {
	all := make([]Scenario, len(scenarios))
	for i, s := range scenarios {
		all[i] = s.name
	}
	return all
}

// ParseScenario returns the scenario of a name.
func ParseScenario(name string) (Scenario, error) {
	if !slices.Contains(Scenarios(), Scenario(name)) {
		return "", fmt.Errorf("no scenario %q, there are %q", name, Scenarios())
	}
	return Scenario(name), nil
}

// Description says what the phone does, as the end of a sentence about it.
func (s Scenario) Description() string {
	for _, known := range scenarios {
		if known.name == s {
			return known.text
		}
	}
	return ""
}
