package pcsc

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"kazashi/reader"
)

// List returns the selected readers and what lies on them: as Watch saw it last
// while it runs, else as the service says. No reader is an empty list.
func (s *System) List(ctx context.Context) ([]reader.State, error) {
	s.mu.Lock()
	watching, states, lost := s.watching, s.states, s.lost
	s.mu.Unlock()
	if watching && (states != nil || lost != nil) {
		return append([]reader.State(nil), states...), lost
	}
	within, cancel := context.WithTimeout(ctx, s.options.CallTimeout)
	defer cancel()
	// One call from here to the end: what is given up releases its context itself.
	states, err := reader.Call(within, &s.calls, func() ([]reader.State, error) {
		svc, err := s.library.establish()
		if err != nil {
			return nil, err
		}
		defer func() { _ = svc.release() }()
		names, err := svc.listReaders()
		if codeOf(err) == noReaders {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var now []status
		for _, name := range names {
			if !Match(s.options.Include, name) {
				continue
			}
			// One that cannot be asked is none that was asked for.
			if serial, err := s.serial(svc, name); err == nil && serial == s.options.Serial {
				now = append(now, status{reader: name})
			}
		}
		if len(now) == 0 {
			return nil, nil
		}
		if err := s.statusChange(svc, now, 0); err != nil {
			return nil, err
		}
		return s.counted(observed(now)), nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("listing readers: %w", unresponsive(ctx, "SCardGetStatusChange", err))
	}
	return states, nil
}

// A Description is what a reader says of itself. Fields are empty where it does
// not say.
type Description struct {
	Vendor  string
	Serial  string
	Version string // of the device, such as "1.04.0000"
	// MaxAPDU is how many bytes of data one APDU can have with the reader and its driver
	// (dwMaxAPDUDataSize of PC/SC part 10): 0 for short APDUs only, -1 when it is not said.
	MaxAPDU int
}

// Describe asks a reader about itself. It connects to the reader and not to the
// card, which fails with [reader.ErrBusy] while another program holds it.
func (s *System) Describe(ctx context.Context, name string) (Description, error) {
	within, cancel := context.WithTimeout(ctx, s.options.CallTimeout)
	defer cancel()
	d, err := reader.Call(within, &s.calls, func() (d Description, err error) {
		svc, err := s.library.establish()
		if err != nil {
			return d, err
		}
		defer func() { _ = svc.release() }()
		h, err := svc.connect(name, direct)
		if err != nil {
			return d, err
		}
		defer func() { _ = h.disconnect(leave) }()
		d.Vendor = text(h, vendorName)
		d.Serial = text(h, vendorSerial)
		if b, err := h.attribute(vendorVersion); err == nil && len(b) == 4 {
			// Major and minor in a byte each and a build number, least significant first.
			d.Version = fmt.Sprintf("%d.%02d.%04d", b[3], b[2], int(b[1])<<8|int(b[0]))
		}
		d.MaxAPDU = -1
		if size, ok := apduSize(h); ok {
			d.MaxAPDU = size
		}
		return d, nil
	}, nil)
	if err != nil {
		return Description{}, fmt.Errorf("describing %q: %w", name, unresponsive(ctx, "SCardGetAttrib", err))
	}
	return d, nil
}

// serial asks a reader for its serial number, and returns "" for one that has none. It
// asks nothing when no number is looked for.
func (s *System) serial(svc service, name string) (string, error) {
	if s.options.Serial == "" {
		return "", nil
	}
	h, err := svc.connect(name, direct)
	if err != nil {
		return "", err
	}
	defer func() { _ = h.disconnect(leave) }()
	return text(h, vendorSerial), nil
}

// text reads an attribute of text; one that is no text comes in hexadecimal.
func text(h handle, id attribute) string {
	b, err := h.attribute(id)
	if err != nil {
		return ""
	}
	s := strings.TrimRight(string(b), "\x00 ")
	for _, c := range s {
		if c < ' ' || c > '~' {
			return hex.EncodeToString(b)
		}
	}
	return s
}
