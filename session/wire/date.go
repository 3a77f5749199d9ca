package wire

import (
	"fmt"
	"time"
)

// The forms of dates in ISO/IEC 18013-5, clause 7.2.1 and 9.1.2.4.
const (
	tdateForm    = "2006-01-02T15:04:05Z"
	fullDateForm = time.DateOnly
)

// TDate is tdate, #6.0(tstr): a time in UTC, to the second.
type TDate time.Time

// Time returns the time in UTC.
func (d TDate) Time() time.Time { return time.Time(d).UTC() }

// UnmarshalCBOR reads tag 0. Fractions of a second are dropped, offsets other
// than Z refused.
func (d *TDate) UnmarshalCBOR(data []byte) error {
	text, err := tagged(data, tagDate)
	if err != nil {
		return err
	}
	// Parsing takes a fraction that the form does not name: some issuers write
	// milliseconds, which the standard forbids and which change nothing.
	t, err := time.Parse(tdateForm, text)
	if err != nil {
		return fmt.Errorf("%w: no tdate in UTC", ErrShape)
	}
	*d = TDate(t.Truncate(time.Second))
	return nil
}

// MarshalCBOR writes tag 0, UTC, no fraction.
func (d TDate) MarshalCBOR() ([]byte, error) {
	return appendTagged(tagDate, d.Time().Format(tdateForm)), nil
}

// FullDate is full-date, #6.1004(tstr): a day as YYYY-MM-DD.
type FullDate string

// ParseFullDate returns text as a date when it is a day of the calendar.
func ParseFullDate(text string) (FullDate, error) {
	if _, err := time.Parse(fullDateForm, text); err != nil {
		return "", fmt.Errorf("%w: no full-date", ErrShape)
	}
	return FullDate(text), nil
}

// UnmarshalCBOR reads tag 1004.
func (d *FullDate) UnmarshalCBOR(data []byte) error {
	text, err := tagged(data, tagFullDate)
	if err != nil {
		return err
	}
	*d, err = ParseFullDate(text)
	return err
}

// MarshalCBOR writes tag 1004.
func (d FullDate) MarshalCBOR() ([]byte, error) {
	if _, err := ParseFullDate(string(d)); err != nil {
		return nil, err
	}
	return appendTagged(tagFullDate, string(d)), nil
}

// tagged returns the text under the tag.
func tagged(data []byte, number uint64) (string, error) {
	tag, rest, err := ReadHead(data)
	if err != nil || tag.Major != Tag || tag.Arg != number {
		return "", fmt.Errorf("%w: no tag %d", ErrShape, number)
	}
	h, text, err := ReadHead(rest)
	if err != nil || h.Major != Text || h.Arg != uint64(len(text)) {
		return "", fmt.Errorf("%w: no text under tag %d", ErrShape, number)
	}
	return string(text), nil
}

func appendTagged(number uint64, text string) []byte {
	b := appendHead(nil, Tag, number)
	b = appendHead(b, Text, uint64(len(text)))
	return append(b, text...)
}
