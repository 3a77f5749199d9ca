// Package carrier moves session messages over APDUs: the NFC data transfer of
// ISO/IEC 18013-5 (clause 8.3.3.1.2 of the 2021 edition). A message travels in
// one data object '53', cut into ENVELOPE commands on the way out and gathered
// from GET RESPONSE on the way back.
//
// [Select] and [Exchange] are the reader's half, [Endpoint] the phone's. Neither
// does I/O nor keeps a clock, and neither looks into a message.
package carrier

import (
	"kazashi/reader"
	"kazashi/reader/apdu"
	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// AID is the identifier of the mdoc application on a phone.
var AID = []byte{0xA0, 0x00, 0x00, 0x02, 0x48, 0x04, 0x00}

// The instructions of NFC data transfer.
const (
	INSSelect      = 0xA4
	INSEnvelope    = 0xC3
	INSGetResponse = 0xC0
)

// DefaultMaxMessage is how large an answer may grow when [Options] does not say, in bytes.
const DefaultMaxMessage = 1 << 20

// Bounds of the command and response sizes that a phone may announce, in bytes
// of data field.
const (
	MinCommand  = apdu.MaxShortData
	MaxCommand  = apdu.MaxExtendedData
	MinResponse = apdu.MaxShortExpected
	MaxResponse = apdu.MaxExtendedExpected
)

// Options of one [Exchange]. The zero value of each field means the least that
// both sides must support.
type Options struct {
	// Reader is what the reader carries.
	Reader reader.Limits
	// MaxCommand and MaxResponse are the phone's own limits from the engagement, in
	// bytes of data field.
	MaxCommand, MaxResponse int
	// MaxMessage bounds the answer in bytes, its data object included.
	MaxMessage int
}

// block returns how many data bytes one ENVELOPE may hold.
func (o Options) block() int {
	return min(max(o.Reader.CommandData, MinCommand), max(o.MaxCommand, MinCommand), MaxCommand)
}

// expected returns the Le of the commands that fetch an answer.
func (o Options) expected() int {
	return min(max(o.Reader.ResponseData, MinResponse), max(o.MaxResponse, MinResponse), MaxResponse)
}

func (o Options) maxMessage() int {
	if o.MaxMessage <= 0 {
		return DefaultMaxMessage
	}
	return o.MaxMessage
}

// refuses reports whether a status word is one with which a phone says no, and not
// that it did not understand: it is locked, its wallet is not open, or its holder
// does not agree.
func refuses(sw apdu.Status) bool {
	return sw == apdu.ConditionsNotMet || sw == apdu.SecurityNotSatisfied || sw == apdu.FileNotFound
}

// Select is the machine that selects the mdoc application. It asks for no answer
// data, as the standard has it, and once more in the other form when a phone does
// not understand that one. A phone that refuses is KZ-201, whatever else it answers
// KZ-212.
type Select struct{ tries int }

// Next implements [conversation.Machine].
func (s *Select) Next(answer *apdu.Response) (*conversation.Step, error) {
	command := apdu.Command{INS: INSSelect, P1: 0x04, P2: 0x0C, Data: AID}
	if answer != nil {
		switch sw := answer.SW; {
		case sw.OK():
			return nil, nil
		case s.tries == 1 && (sw == apdu.WrongP1P2 || sw == apdu.WrongOffset || sw == apdu.WrongLength):
			command.P2, command.Expected = 0x00, apdu.MaxShortExpected
		case refuses(sw):
			return nil, fault.New(fault.PhoneLocked, "mdoc application answered %s", sw)
		default:
			return nil, fault.New(fault.UnexpectedStatus, "mdoc application answered %s", sw)
		}
	}
	s.tries++
	return &conversation.Step{Name: "select-mdoc-application", Command: command}, nil
}
