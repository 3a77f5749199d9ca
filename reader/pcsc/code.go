package pcsc

import (
	"errors"
	"fmt"

	"kazashi/reader"
)

// A Code is a PC/SC return code.
type Code uint32

// The codes that the adapter tells apart.
const (
	cancelled         Code = 0x80100002
	invalidHandle     Code = 0x80100003
	unknownReader     Code = 0x80100009
	timeout           Code = 0x8010000a
	sharingViolation  Code = 0x8010000b
	noSmartcard       Code = 0x8010000c
	systemCancelled   Code = 0x80100012
	commError         Code = 0x80100013
	notTransacted     Code = 0x80100016
	readerUnavailable Code = 0x80100017
	shutdown          Code = 0x80100018
	noService         Code = 0x8010001d
	serviceStopped    Code = 0x8010001e
	noReaders         Code = 0x8010002e
	unresponsiveCard  Code = 0x80100066
	unpoweredCard     Code = 0x80100067
	resetCard         Code = 0x80100068
	removedCard       Code = 0x80100069
	securityViolation Code = 0x8010006a
)

// names are PC/SC's own.
var names = map[Code]string{
	0x80100001:        "SCARD_F_INTERNAL_ERROR",
	cancelled:         "SCARD_E_CANCELLED",
	invalidHandle:     "SCARD_E_INVALID_HANDLE",
	0x80100004:        "SCARD_E_INVALID_PARAMETER",
	0x80100006:        "SCARD_E_NO_MEMORY",
	0x80100008:        "SCARD_E_INSUFFICIENT_BUFFER",
	unknownReader:     "SCARD_E_UNKNOWN_READER",
	timeout:           "SCARD_E_TIMEOUT",
	sharingViolation:  "SCARD_E_SHARING_VIOLATION",
	noSmartcard:       "SCARD_E_NO_SMARTCARD",
	0x8010000f:        "SCARD_E_PROTO_MISMATCH",
	0x80100010:        "SCARD_E_NOT_READY",
	0x80100011:        "SCARD_E_INVALID_VALUE",
	systemCancelled:   "SCARD_E_SYSTEM_CANCELLED",
	commError:         "SCARD_F_COMM_ERROR",
	notTransacted:     "SCARD_E_NOT_TRANSACTED",
	readerUnavailable: "SCARD_E_READER_UNAVAILABLE",
	shutdown:          "SCARD_P_SHUTDOWN",
	noService:         "SCARD_E_NO_SERVICE",
	serviceStopped:    "SCARD_E_SERVICE_STOPPED",
	0x8010001f:        "SCARD_E_UNSUPPORTED_FEATURE",
	noReaders:         "SCARD_E_NO_READERS_AVAILABLE",
	0x80100065:        "SCARD_W_UNSUPPORTED_CARD",
	unresponsiveCard:  "SCARD_W_UNRESPONSIVE_CARD",
	unpoweredCard:     "SCARD_W_UNPOWERED_CARD",
	resetCard:         "SCARD_W_RESET_CARD",
	removedCard:       "SCARD_W_REMOVED_CARD",
	securityViolation: "SCARD_W_SECURITY_VIOLATION",
}

// String returns PC/SC's name, if it has one here, and the number.
func (c Code) String() string {
	if name, ok := names[c]; ok {
		return fmt.Sprintf("%s 0x%08X", name, uint32(c))
	}
	return fmt.Sprintf("0x%08X", uint32(c))
}

// branch returns the error of package reader that a code stands for.
func (c Code) branch() error {
	switch c {
	case noSmartcard, removedCard:
		return reader.ErrCardRemoved
	case unresponsiveCard, unpoweredCard:
		return reader.ErrCardMute
	case resetCard:
		return reader.ErrCardReset
	case sharingViolation:
		return reader.ErrBusy
	case unknownReader, readerUnavailable, noReaders:
		return reader.ErrNoReader
	case securityViolation:
		return reader.ErrDenied
	case timeout:
		return reader.ErrTimeout
	}
	if c.dead() {
		return reader.ErrNoService
	}
	return reader.ErrTransmission
}

// dead reports whether nothing more can be had from the context that a code came
// from: the service behind it is gone, and stays gone for it when it is back.
func (c Code) dead() bool {
	switch c {
	case commError, noService, serviceStopped, invalidHandle, shutdown:
		return true
	}
	return false
}

// An Error is a failed call of PC/SC. It unwraps to the error of package reader
// that says the same.
type Error struct {
	Call string // such as "SCardConnect"
	Code Code
}

func (e *Error) Error() string { return fmt.Sprintf("%v: %s: %v", e.Unwrap(), e.Call, e.Code) }

// Unwrap returns one of the errors of package reader.
func (e *Error) Unwrap() error {
	if e.Code == securityViolation && e.Call != establishCall && e.Call != connectCall {
		// pcsc-lite says this whenever the service closes the connection. It refuses a
		// user at these two calls only; elsewhere it has ended.
		return reader.ErrNoService
	}
	return e.Code.branch()
}

// The calls at which the service checks who calls.
const (
	establishCall = "SCardEstablishContext"
	connectCall   = "SCardConnect"
)

// codeOf returns the PC/SC code in err, 0 for none.
func codeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}
