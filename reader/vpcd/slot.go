// Package vpcd is the card's side of the virtual PC/SC reader of the vsmartcard
// project: pcscd loads vpcd as a driver, vpcd listens on TCP, and whoever connects
// is the card that lies in its slot.
//
// The protocol is a length in two bytes, most significant first, and that many
// bytes. What comes from the reader with a length of one is a control code,
// anything else is a command APDU. Only the ATR and APDUs are answered.
package vpcd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"sync"

	"kazashi/reader"
)

// Port is where the first slot listens; the second has the next one.
const Port = 35963

// Address returns where a slot listens on this machine, counted from 0.
func Address(slot int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(Port+slot))
}

// Limits are what goes through the virtual reader: its length field counts the
// headers of a command and the status word of an answer too. One byte more loses
// the card.
var Limits = reader.Limits{
	CommandData:  math.MaxUint16 - commandOverhead,
	ResponseData: math.MaxUint16 - 2,
}

// commandOverhead is the header and the length fields of an extended case 4.
const commandOverhead = 4 + 3 + 2

// The control codes.
const (
	powerOff = 0
	powerOn  = 1
	reset    = 2
	getATR   = 4
)

// ErrEjected says that the reader closed the connection: pcscd ended, or another
// card took the slot.
var ErrEjected = errors.New("virtual reader closed the slot")

// A Slot is a place in a virtual reader with a card in it.
type Slot struct {
	conn net.Conn
	once sync.Once
}

// Dial connects to a slot, which inserts the card. pcscd notices within 400 ms.
func Dial(ctx context.Context, address string) (*Slot, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the virtual reader: %w", err)
	}
	return &Slot{conn: conn}, nil
}

// Close takes the card out, also in the middle of a command; Serve then ends.
func (s *Slot) Close() error {
	err := error(nil)
	s.once.Do(func() { err = s.conn.Close() })
	return err
}

// Serve answers for card until ctx ends (its error is returned), the reader closes
// the slot ([ErrEjected]), or the card gives no answer (the card's error). In every
// case the card is out of the slot afterwards. The context that the card gets ends
// with the connection.
func (s *Slot) Serve(ctx context.Context, card reader.Responder) error {
	defer func() { _ = s.Close() }()
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()

	// Reading goes on while the card thinks, to see the reader go away meanwhile.
	frames := make(chan []byte)
	ended := make(chan struct{})
	defer func() { _ = s.Close(); <-ended }()
	go func() {
		defer close(ended)
		in := bufio.NewReader(s.conn)
		for {
			frame, err := s.read(in)
			if err != nil {
				cancel(err)
				return
			}
			select {
			case frames <- frame:
			case <-inner.Done():
				return
			}
		}
	}()
	for {
		select {
		case frame := <-frames:
			if err := s.handle(inner, card, frame); err != nil {
				if inner.Err() != nil {
					return ending(ctx, inner)
				}
				return err
			}
		case <-inner.Done():
			return ending(ctx, inner)
		}
	}
}

// ending says why a slot is no longer served.
func ending(ctx, inner context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrEjected, context.Cause(inner))
}

// handle does what one frame asks.
func (s *Slot) handle(ctx context.Context, card reader.Responder, frame []byte) error {
	if len(frame) == 1 {
		switch frame[0] {
		case powerOff:
		case powerOn, reset:
			card.Reset()
		case getATR:
			return s.write(card.ATR())
		default:
			return fmt.Errorf("virtual reader sent control code %d", frame[0])
		}
		return nil
	}
	if len(frame) == 0 {
		return nil
	}
	answer, err := card.Respond(ctx, frame)
	if err != nil {
		return err
	}
	return s.write(answer)
}

// read reads one frame. vpcd writes the length and the rest apart, and Nagle's
// algorithm keeps the rest back until the length is acknowledged: so every length
// is acknowledged at once, or an APDU takes 44 ms instead of 0.13.
func (s *Slot) read(in *bufio.Reader) ([]byte, error) {
	quickACK(s.conn)
	var header [2]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return nil, err
	}
	if in.Buffered() == 0 {
		quickACK(s.conn)
	}
	frame := make([]byte, binary.BigEndian.Uint16(header[:]))
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	return frame, nil
}

func (s *Slot) write(payload []byte) error {
	if len(payload) < 2 || len(payload) > math.MaxUint16 {
		return fmt.Errorf("card gave %d bytes, the virtual reader takes 2 to %d", len(payload), math.MaxUint16)
	}
	out := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(payload)), uint16(len(payload)))
	if _, err := s.conn.Write(append(out, payload...)); err != nil {
		return fmt.Errorf("answering the virtual reader: %w", err)
	}
	quickACK(s.conn)
	return nil
}
