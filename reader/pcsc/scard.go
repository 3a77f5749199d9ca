//go:build cgo

package pcsc

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ebfe/scard"

	"kazashi/reader"
)

// maxATR is what fits a SCARD_READERSTATE.
const maxATR = 33

// Supported tells whether this build can talk to PC/SC.
const Supported = true

// installed is libpcsclite.
var installed library = scardLibrary{}

// statusLane lets one SCardGetStatusChange run at a time in this process. The
// binding keeps one buffer for each reader name, and a second call would free
// the one that the first still uses.
var statusLane = make(chan struct{}, 1)

type scardLibrary struct{}

func (scardLibrary) establish() (s service, err error) {
	defer guard(establishCall, &err)
	c, err := scard.EstablishContext()
	if err != nil {
		return nil, failed(establishCall, err)
	}
	return scardService{c}, nil
}

type scardService struct{ context *scard.Context }

func (s scardService) listReaders() (names []string, err error) {
	defer guard("SCardListReaders", &err)
	names, err = s.context.ListReaders()
	return names, failed("SCardListReaders", err)
}

func (s scardService) statusChange(states []status, wait time.Duration) (err error) {
	const call = "SCardGetStatusChange"
	defer guard(call, &err)
	if len(states) == 0 {
		return fmt.Errorf("%w: %s without readers", reader.ErrNoReader, call)
	}
	sys := make([]scard.ReaderState, len(states))
	for i, s := range states {
		sys[i] = scard.ReaderState{Reader: s.reader, CurrentState: scard.StateFlag(s.current)}
	}
	if err := s.context.GetStatusChange(sys, wait); err != nil {
		return failed(call, err)
	}
	for i := range states {
		states[i].event = flags(sys[i].EventState)
		states[i].atr = sys[i].Atr[:min(len(sys[i].Atr), maxATR)]
	}
	return nil
}

func (s scardService) connect(name string, how access) (h handle, err error) {
	defer guard(connectCall, &err)
	mode, protocol := scard.ShareExclusive, scard.ProtocolAny
	if how == direct {
		mode, protocol = scard.ShareDirect, scard.ProtocolUndefined
	}
	c, err := s.context.Connect(name, mode, protocol)
	if err != nil {
		return nil, failed(connectCall, err)
	}
	return scardHandle{c}, nil
}

func (s scardService) cancel() (err error) {
	defer guard("SCardCancel", &err)
	return failed("SCardCancel", s.context.Cancel())
}

func (s scardService) release() (err error) {
	defer guard("SCardReleaseContext", &err)
	return failed("SCardReleaseContext", s.context.Release())
}

type scardHandle struct{ card *scard.Card }

func (h scardHandle) transmit(command []byte) (answer []byte, err error) {
	const call = "SCardTransmit"
	defer guard(call, &err)
	if len(command) == 0 {
		return nil, fmt.Errorf("%w: %s of nothing", reader.ErrTransmission, call)
	}
	if p := h.card.ActiveProtocol(); p != scard.ProtocolT0 && p != scard.ProtocolT1 {
		return nil, fmt.Errorf("%w: %s under protocol %d", reader.ErrTransmission, call, p)
	}
	b, err := h.card.Transmit(command)
	if err != nil {
		return nil, failed(call, err)
	}
	answer = slices.Clone(b)
	clear(b[:cap(b)]) // 64 KiB that nobody else would clear
	return answer, nil
}

func (h scardHandle) status() (err error) {
	defer guard("SCardStatus", &err)
	_, err = h.card.Status()
	return failed("SCardStatus", err)
}

func (h scardHandle) attribute(id attribute) (value []byte, err error) {
	defer guard("SCardGetAttrib", &err)
	value, err = h.card.GetAttrib(scard.Attrib(id))
	return value, failed("SCardGetAttrib", err)
}

func (h scardHandle) control(code control) (answer []byte, err error) {
	defer guard("SCardControl", &err)
	answer, err = h.card.Control(uint32(code), nil)
	return answer, failed("SCardControl", err)
}

func (h scardHandle) disconnect(how disposition) (err error) {
	defer guard("SCardDisconnect", &err)
	d := scard.LeaveCard
	if how == unpower {
		d = scard.UnpowerCard
	}
	return failed("SCardDisconnect", h.card.Disconnect(d))
}

// failed makes an [*Error] of the binding's error.
func failed(call string, err error) error {
	if e, ok := errors.AsType[scard.Error](err); ok {
		return &Error{Call: call, Code: Code(e)}
	}
	return err
}

// guard turns a panic of the binding into an error of the call.
func guard(call string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %s: %v", reader.ErrTransmission, call, p)
	}
}
