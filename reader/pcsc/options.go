package pcsc

import (
	"strings"
	"time"

	"kazashi/reader"
)

// Options say which readers to use and how long to wait. Zero fields take the
// defaults given here.
type Options struct {
	// Include selects readers by name, in any case of letters: a text that stands
	// somewhere in the name, or, when it has an asterisk, a pattern for the
	// whole name in which each asterisk stands for any text. Reader names are full of
	// brackets, so nothing else is special. Empty selects every reader.
	Include string

	// Serial selects among those the reader whose serial number
	// (SCARD_ATTR_VENDOR_IFD_SERIAL_NO) this is, letter for letter. A reader that does
	// not say, or cannot be asked because another program holds it, is not selected.
	// Empty selects every reader.
	Serial string

	// Limits are what the readers carry; default [reader.ShortLimits]. Extended
	// lengths are for readers known to take them.
	Limits reader.Limits

	// CallTimeout bounds every call of PC/SC that should answer at once; default
	// 2 s. A service that misses it counts as unresponsive.
	CallTimeout time.Duration

	// OpenTimeout bounds Open as a whole, the card's power-up included; default 5 s.
	OpenTimeout time.Duration

	// BusyFor is how long Open tries again while another program holds the reader;
	// default 500 ms.
	BusyFor time.Duration
}

// slice is how long one wait for a change lasts at most: a cancellation that comes
// before the wait is lost, and new readers are looked for between waits.
const slice = time.Second

// The pause before the service is tried again doubles from the first to the second: a
// service that was away for hours has its readers in use a second after it is back.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = time.Second
)

// maxAbandoned bounds the given-up calls, each of which keeps a thread.
const maxAbandoned = 16

func (o Options) withDefaults() Options {
	if o.Limits == (reader.Limits{}) {
		o.Limits = reader.ShortLimits
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.CallTimeout, 2 * time.Second},
		{&o.OpenTimeout, 5 * time.Second},
		{&o.BusyFor, 500 * time.Millisecond},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return o
}

// Match reports whether a reader's name is selected by an Include pattern.
func Match(include, name string) bool {
	include, name = strings.ToLower(include), strings.ToLower(name)
	if !strings.Contains(include, "*") {
		return strings.Contains(name, include)
	}
	parts := strings.Split(include, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}
