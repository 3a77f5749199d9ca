package pcsc

import "time"

// library is PC/SC as the adapter needs it. Behind it stands libpcsclite, or a
// test. Its calls block for as long as the service likes, never panic, and fail
// with an [*Error] where the service gave a code.
type library interface {
	establish() (service, error)
}

// A service is one SCARDCONTEXT. A wait and a connect on the same one block each
// other, so the watcher and every tap have their own.
type service interface {
	listReaders() ([]string, error)
	// statusChange waits until a reader's state is another than current says, and
	// fills in event and atr.
	statusChange(states []status, wait time.Duration) error
	connect(reader string, how access) (handle, error)
	cancel() error
	release() error
}

// access is how a connection shares its reader.
type access int

const (
	exclusive access = iota // with the card, for one tap
	direct                  // with the reader alone, whatever lies on it
)

// A handle is one SCARDHANDLE.
type handle interface {
	// transmit returns the answer in memory of its own.
	transmit(command []byte) ([]byte, error)
	// status fails if the card is no longer there.
	status() error
	attribute(id attribute) ([]byte, error)
	// control sends the reader a control code without data and returns the answer.
	control(code control) ([]byte, error)
	disconnect(how disposition) error
}

// disposition is what becomes of the card at the end of a connection.
type disposition int

const (
	leave   disposition = iota
	unpower             // the card forgets what was selected, a phone leaves its session
)

// attribute is a PC/SC reader attribute (part 3, 3.1.5).
type attribute uint32

const (
	vendorName    attribute = 0x00010100
	vendorSerial  attribute = 0x00010103 // SCARD_ATTR_VENDOR_IFD_SERIAL_NO
	vendorVersion attribute = 0x00010102
)

// status is one SCARD_READERSTATE.
type status struct {
	reader         string
	current, event flags
	atr            []byte
}

// flags are the state bits of a reader; the upper 16 bits count insertions and
// removals.
type flags uint32

const (
	flagChanged     flags = 0x0002
	flagUnknown     flags = 0x0004
	flagUnavailable flags = 0x0008
	flagPresent     flags = 0x0020
	flagExclusive   flags = 0x0080
	flagMute        flags = 0x0200
)

func (f flags) counter() uint16 { return uint16(f >> 16) }
