// Package message is the catalogue of what the terminal says about each code of
// session/fault: to the customer at the kiosk, and to the technician behind it, in
// Japanese and in English.
//
// Customers get one short sentence or two that tell what to do next, never why a
// check failed: many codes share such a text. Technicians get a cause of its own
// for every code and what to do about it.
package message

//go:generate go test -run TestTableOfCodes -update .

import (
	"slices"

	"kazashi/session/fault"
)

// A Text is one text in both languages of the terminal.
type Text struct {
	Ja string
	En string
}

// Retry says what helps after a fault. The values are part of the socket's
// contract and stay as they are.
type Retry string

// What helps.
const (
	// Never: the same phone or the same request fails again.
	Never Retry = "never"
	// TapAgain: the holder can hold the phone over the reader again at once. When
	// the presentation has ended, the kiosk arms a new one first.
	TapAgain Retry = "tap-again"
	// Later: waiting helps, without anybody doing anything.
	Later Retry = "later"
	// CallTechnician: somebody has to change something at the terminal.
	CallTechnician Retry = "call-technician"
)

// An Entry is all that is said about one code.
type Entry struct {
	Code fault.Code
	// User is for the kiosk's screen: at most 60 full-width characters, or 120
	// half-width ones.
	User  Text
	Retry Retry
	// Cause says what happened, Remedy what to do about it; both for technicians.
	Cause  Text
	Remedy Text
}

// Lookup returns the entry of a code. A code that does not exist gets the entry
// of [fault.Internal], so that a screen never stays empty.
func Lookup(code fault.Code) Entry {
	if e, ok := byCode[code]; ok {
		return e
	}
	return byCode[fault.Internal]
}

// All returns every entry, ordered by code.
func All() []Entry { return slices.Clone(catalogue) }

// catalogue holds the entries in the order of their codes, one file for each
// hundred.
var catalogue = slices.Concat(
	nothing, readerAndCard, engagementAndTransfer, sessionAndAnswer, issuerAndDevice,
	trust, certificates, fetching, presentationsAndSocket, configurationAndKeys, machine, terminal,
)

var byCode = func() map[fault.Code]Entry {
	m := make(map[fault.Code]Entry, len(catalogue))
	for _, e := range catalogue {
		m[e.Code] = e
	}
	return m
}()
