package pcsc

import (
	"errors"
	"strings"
	"testing"

	"kazashi/reader"
)

func TestMatch(t *testing.T) {
	const name = "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00"
	for include, want := range map[string]bool{
		"":                       true,
		"acr1252":                true,
		"[ACR1252 Dual":          true,
		"SAM":                    false,
		"*":                      true,
		"ACS*PICC*":              true,
		"ACS*PICC":               false,
		"*PICC* 00 00":           true,
		"PICC*":                  false,
		"*00 01":                 false,
		"ACS*Dual*Dual*Dual*":    false,
		"ACS*Dual*Dual*":         true,
		strings.ToUpper(name):    true,
		name + "*":               true,
		"*" + name:               true,
		"ACS ACR1252*[ACR1252*x": false,
	} {
		if got := Match(include, name); got != want {
			t.Errorf("%q: %t", include, got)
		}
	}
	if Match("aba*aba", "aba") {
		t.Error("one text was matched twice")
	}
}

func TestErrorsTellBranchNameAndNumber(t *testing.T) {
	for code, want := range map[Code]error{
		removedCard:       reader.ErrCardRemoved,
		noSmartcard:       reader.ErrCardRemoved,
		unresponsiveCard:  reader.ErrCardMute,
		resetCard:         reader.ErrCardReset,
		sharingViolation:  reader.ErrBusy,
		unknownReader:     reader.ErrNoReader,
		readerUnavailable: reader.ErrNoReader,
		commError:         reader.ErrNoService,
		noService:         reader.ErrNoService,
		serviceStopped:    reader.ErrNoService,
		invalidHandle:     reader.ErrNoService,
		shutdown:          reader.ErrNoService,
		securityViolation: reader.ErrDenied,
		notTransacted:     reader.ErrTransmission,
		0x8010ffff:        reader.ErrTransmission,
	} {
		if err := error(&Error{"SCardConnect", code}); !errors.Is(err, want) {
			t.Errorf("%v is no %v", err, want)
		}
	}
	if err := error(&Error{"SCardGetStatusChange", securityViolation}); !errors.Is(err, reader.ErrNoService) || errors.Is(err, reader.ErrDenied) {
		t.Errorf("a closed connection is told as %v", err)
	}
	err := &Error{"SCardConnect", sharingViolation}
	if got := err.Error(); got != "reader busy: SCardConnect: SCARD_E_SHARING_VIOLATION 0x8010000B" {
		t.Error(got)
	}
}
