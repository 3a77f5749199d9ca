package reader

import "errors"

// What can go wrong between the terminal and a card. Adapters wrap their own
// error in one of these, so errors.Is tells the branch and the text tells the
// number.
var (
	// ErrCardRemoved: the card left the field.
	ErrCardRemoved = errors.New("card removed")
	// ErrCardMute: something is in the field, but it does not answer.
	ErrCardMute = errors.New("card unresponsive")
	// ErrCardReset: another program reset the card under us.
	ErrCardReset = errors.New("card reset by another program")
	// ErrTransmission: the reader reported a failed exchange with the card.
	ErrTransmission = errors.New("transmission failed")
	// ErrTimeout: the deadline of the exchange passed.
	ErrTimeout = errors.New("no answer in time")
	// ErrBusy: another program holds the reader exclusively.
	ErrBusy = errors.New("reader busy")
	// ErrNoReader: there is no reader of that name.
	ErrNoReader = errors.New("reader not found")
	// ErrNoService: the reader service does not run or went away. When it runs and
	// does not answer, the error wraps ErrTimeout as well.
	ErrNoService = errors.New("reader service not available")
	// ErrDenied: the reader service refuses this user.
	ErrDenied = errors.New("access to the reader service denied")
	// ErrUnsupported: this build has no support for that kind of reader.
	ErrUnsupported = errors.New("not supported by this build")
)
