package mdoc

import (
	"fmt"
	"time"

	"kazashi/session/wire"
)

// birthDate is the identifier whose many encodings become one, YYYY-MM-DD, and
// approximateMask what may stand beside it in its structured form.
const (
	birthDate       = "birth_date"
	approximateMask = "approximate_mask"
)

var errDate = fmt.Errorf("%w: date of birth in an unknown form", ErrValue)

// day returns the YYYY-MM-DD of a date of birth, aliasing value.
func day(value []byte) ([]byte, error) {
	h, rest, err := wire.ReadHead(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	switch h.Major {
	case wire.Tag:
		return day(rest)
	case wire.Map:
		return dayOfMap(rest, h.Arg)
	case wire.Text:
		text := rest[:h.Arg]
		if isDateText(string(text)) {
			return text[:len(time.DateOnly)], nil
		}
	}
	return nil, errDate
}

// dayOfMap finds the date in the structured form of ISO/IEC 23220-2, in which a
// mask may stand beside it: a 1 for every digit of the date that is approximate.
func dayOfMap(data []byte, pairs uint64) ([]byte, error) {
	var date []byte
	for range pairs {
		k, rest, err := wire.ReadHead(data)
		if err != nil || k.Major != wire.Text {
			return nil, errDate
		}
		name, value := rest[:k.Arg], rest[k.Arg:]
		switch string(name) {
		case birthDate:
			if h, _, err := wire.ReadHead(value); err != nil || h.Major == wire.Map {
				return nil, errDate
			}
			if date, err = day(value); err != nil {
				return nil, err
			}
		case approximateMask:
			if !exact(value) {
				return nil, fmt.Errorf("%w: approximate date of birth", ErrValue)
			}
		}
		if data, err = wire.Skip(value); err != nil {
			return nil, errDate
		}
	}
	if date == nil {
		return nil, errDate
	}
	return date, nil
}

// exact reports whether a mask marks no digit. What is no mask marks some: what it
// would say is not known.
func exact(mask []byte) bool {
	h, rest, err := wire.ReadHead(mask)
	return err == nil && h.Major == wire.Text && string(rest[:h.Arg]) == "00000000"
}
