package cli

import (
	"errors"

	"kazashi/session/fault"
)

// What the command exits with: from 64 to 78 those of sysexits.h.
const (
	exitOK          = 0
	exitFailed      = 1   // done, and the outcome is a failure or a rejection
	exitWarning     = 3   // done, and somebody should look at something
	exitUsage       = 64  // the command line is wrong
	exitUnreadable  = 66  // an input file is missing or not what it should be
	exitUnavailable = 69  // the daemon does not answer
	exitInternal    = 70  // a bug
	exitTemporary   = 75  // the same may work in a moment
	exitDenied      = 77  // this user may not
	exitConfig      = 78  // the configuration is wrong
	exitInterrupted = 130 // ended by a signal
)

// errInterrupted stands for whatever error an interrupted run ended with.
var errInterrupted = errors.New("interrupted")

// A reported error was already told to the user; only its exit status remains.
type reported struct{ exit int }

func (reported) Error() string { return "reported" }

// exitOf returns the exit status that belongs to err.
func exitOf(err error) int {
	var r reported
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &r):
		return r.exit
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	switch code := fault.CodeOf(err); code {
	case fault.Usage, fault.ProfileNotFound, fault.ReaderAmbiguous:
		return exitUsage
	case fault.InputUnreadable, fault.MalformedTranscript, fault.TrustFileInvalid,
		fault.ReaderKeyUnreadable, fault.ReaderKeyMismatch, fault.ReaderCertificateProfile:
		return exitUnreadable
	case fault.SocketUnavailable, fault.ShuttingDown, fault.ReaderServiceDown, fault.ReaderServiceHung,
		fault.ReaderUnsupported, fault.DaemonHung, fault.NobodyUser:
		return exitUnavailable
	case fault.Forbidden, fault.ReaderServiceDenied, fault.TrustUnwritable:
		return exitDenied
	case fault.PresentationActive, fault.TooManyRequests, fault.TooManyConnections, fault.ReaderBusy:
		return exitTemporary
	case fault.ConfigUnreadable, fault.ConfigInvalid:
		return exitConfig
	case fault.Internal:
		return exitInternal
	}
	return exitFailed
}
