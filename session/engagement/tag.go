package engagement

import (
	"encoding/binary"
	"time"

	"kazashi/reader/apdu"
	"kazashi/reader/ndef"
	"kazashi/session/conversation"
	"kazashi/session/fault"
)

// What a Type 4 Tag's NDEF file may cost.
const (
	// maxBlock keeps every command short: a handover message has some hundred
	// bytes, and not all phones read extended lengths here.
	maxBlock = apdu.MaxShortData
	// maxMessage bounds a handover message in bytes. Those seen have under 400.
	maxMessage = 8 << 10
	// smallPieces is how many answers of under smallPiece bytes one message may take.
	smallPiece, smallPieces = 16, 32
)

// endOfFile is the warning that a file ended before Le bytes were read.
const endOfFile apdu.Status = 0x6282

// A file reads and writes the NDEF file of a tag, one message at a time.
type file struct {
	cc   ndef.CapabilityContainer
	next func(*apdu.Response) (*conversation.Step, error)

	name   string
	got    []byte // NLEN and message, as far as they were read
	exact  bool   // the phone refuses to read past the end of its message
	asked  int
	pieces int
	patience
}

// patience is how long an empty file is read again: NLEN 0 is how a phone says
// that its message is not ready.
type patience struct {
	wait  time.Duration // before the first look
	again time.Duration // before every other one
	tries int           // how many others there are
	// silent is the error of a file that is still empty then; nil where an empty file
	// is a tag that breaks its specification.
	silent error
}

// read starts to read a message. then gets it without NLEN, in memory of its own.
func (f *file) read(name string, p patience, then func([]byte) (*conversation.Step, error)) (*conversation.Step, error) {
	f.name, f.got, f.pieces, f.patience = name, nil, 0, p
	f.next = func(answer *apdu.Response) (*conversation.Step, error) { return f.piece(answer, then) }
	return f.readStep(p.wait), nil
}

// readStep asks for the next piece. The first one asks for NLEN and as much of the
// message as goes, which spares a round trip.
func (f *file) readStep(wait time.Duration) *conversation.Step {
	f.asked = min(maxBlock, f.cc.MaxResponse)
	switch offset := len(f.got); {
	case offset >= 2:
		f.asked = min(f.asked, 2+f.length()-offset)
	case f.exact:
		f.asked = 2 - offset
	default:
		f.asked = min(f.asked, f.cc.MaxFile-offset)
	}
	return &conversation.Step{Name: f.name, Wait: wait, Command: apdu.Command{
		INS: 0xB0, P1: byte(len(f.got) >> 8), P2: byte(len(f.got)), Expected: f.asked,
	}}
}

// length returns NLEN.
func (f *file) length() int { return int(binary.BigEndian.Uint16(f.got)) }

func (f *file) piece(answer *apdu.Response, then func([]byte) (*conversation.Step, error)) (*conversation.Step, error) {
	if sw := answer.SW; !sw.OK() && (sw != endOfFile || len(answer.Data) == 0) {
		if f.exact || len(f.got) > 0 {
			return nil, fault.New(fault.UnexpectedStatus, "reading the NDEF file answered %s", sw)
		}
		f.exact = true // some phones give no more than there is, and say so in many ways
		return f.readStep(0), nil
	}
	f.got = append(f.got, answer.Data...)
	if len(f.got) >= 2 {
		n := f.length()
		switch {
		case n == 0 && f.tries > 0:
			f.tries--
			f.got, f.pieces = nil, 0
			return f.readStep(f.again), nil
		case n == 0:
			return nil, f.empty()
		case 2+n > f.cc.MaxFile:
			return nil, fault.New(fault.MalformedTag, "NLEN %d in a file of %d bytes", n, f.cc.MaxFile)
		case n > maxMessage:
			return nil, fault.New(fault.MessageTooLarge, "handover message of %d bytes, at most %d are taken", n, maxMessage)
		case len(f.got) >= 2+n:
			return then(f.got[2 : 2+n : 2+n])
		}
	}
	if len(answer.Data) < smallPiece {
		f.pieces++
	}
	if f.pieces > smallPieces {
		return nil, fault.New(fault.TransferStalled, "no headway after %d bytes of the NDEF file", len(f.got))
	}
	return f.readStep(0), nil
}

// empty is the error of a file that stays empty.
func (f *file) empty() error {
	if f.silent != nil {
		return f.silent
	}
	return fault.New(fault.MalformedTag, "NLEN 0, the NDEF file is empty")
}

// write starts to write a message: in one command where it fits, else as the Type 4
// Tag specification has it, with NLEN 0 until all of it is there.
func (f *file) write(name string, message []byte, then func() (*conversation.Step, error)) (*conversation.Step, error) {
	if 2+len(message) > f.cc.MaxFile {
		return nil, fault.New(fault.HandoverRefused, "message of %d bytes, the phone's file has %d", len(message), f.cc.MaxFile)
	}
	length := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	block := max(min(maxBlock, f.cc.MaxCommand), 2) // NLEN is never written in halves
	type part struct {
		offset int
		data   []byte
	}
	parts := []part{{0, append(length[:2:2], message...)}}
	if len(parts[0].data) > block {
		parts = []part{{0, []byte{0, 0}}}
		for offset := 0; offset < len(message); offset += block {
			parts = append(parts, part{2 + offset, message[offset:min(offset+block, len(message))]})
		}
		parts = append(parts, part{0, length})
	}
	send := func() *conversation.Step {
		p := parts[0]
		parts = parts[1:]
		return &conversation.Step{Name: name, Command: apdu.Command{
			INS: 0xD6, P1: byte(p.offset >> 8), P2: byte(p.offset), Data: p.data,
		}}
	}
	f.next = func(answer *apdu.Response) (*conversation.Step, error) {
		if !answer.SW.OK() {
			return nil, fault.New(fault.HandoverRefused, "writing the NDEF file answered %s", answer.SW)
		}
		if len(parts) == 0 {
			return then()
		}
		return send(), nil
	}
	return send(), nil
}
