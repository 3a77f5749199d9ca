package daemon

import (
	"errors"

	"kazashi/reader"
	"kazashi/session/fault"
)

// readerCode returns the code of an error of the reader, for what happens outside
// of a session. An unknown reason for being away is a reader that is not there.
func readerCode(err error) fault.Code {
	for _, c := range []struct {
		err  error
		code fault.Code
	}{
		{reader.ErrDenied, fault.ReaderServiceDenied},
		{reader.ErrUnsupported, fault.ReaderUnsupported},
		{reader.ErrNoService, fault.ReaderServiceDown},
		{reader.ErrNoReader, fault.ReaderNotFound},
		{reader.ErrBusy, fault.ReaderBusy},
		{reader.ErrCardRemoved, fault.CardRemoved},
		{reader.ErrCardMute, fault.CardUnresponsive},
		{reader.ErrCardReset, fault.CardReset},
		{reader.ErrTimeout, fault.CardTimeout},
		{reader.ErrTransmission, fault.TransmissionFailed},
	} {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return fault.ReaderNotFound
}
