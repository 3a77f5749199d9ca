package apdu

import "fmt"

// Status is the status word SW1-SW2 of a response APDU (ISO/IEC 7816-4, 5.6).
type Status uint16

// Status words that this terminal meets.
const (
	OK                   Status = 0x9000
	WrongLength          Status = 0x6700
	SecurityNotSatisfied Status = 0x6982
	ConditionsNotMet     Status = 0x6985
	WrongData            Status = 0x6A80
	FunctionNotSupported Status = 0x6A81
	FileNotFound         Status = 0x6A82
	WrongP1P2            Status = 0x6A86
	WrongOffset          Status = 0x6B00
	INSNotSupported      Status = 0x6D00
	CLANotSupported      Status = 0x6E00
	NoDiagnosis          Status = 0x6F00
)

// OK reports whether the command succeeded.
func (s Status) OK() bool { return s == OK }

// MoreData reports 61XX and the XX, which is 0 for "256 or more".
func (s Status) MoreData() (int, bool) { return int(s & 0xff), s>>8 == 0x61 }

// WrongExpected reports 6CXX and the XX, the length to ask for (0 for 256).
func (s Status) WrongExpected() (int, bool) { return int(s & 0xff), s>>8 == 0x6c }

// String returns the four hexadecimal digits.
func (s Status) String() string { return fmt.Sprintf("%04X", uint16(s)) }
