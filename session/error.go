package session

import (
	"context"
	"errors"
	"fmt"

	"kazashi/reader"
	"kazashi/session/fault"
)

// A TapError is how a tap failed. fault.CodeOf finds its code.
type TapError struct {
	Phase Phase
	// Asked means that the phone may have read the request: its holder may have been
	// asked, and what follows is a second tap. Otherwise the tap may simply be
	// repeated.
	Asked bool
	Err   error // holds a fault with a code
}

func (e *TapError) Error() string {
	if e.Phase == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", e.Phase, e.Err)
}

// Unwrap returns the cause.
func (e *TapError) Unwrap() error { return e.Err }

// RequestSent reports whether the phone may have read the request before the tap
// failed. For an error that is not of Run it is false.
func RequestSent(err error) bool {
	var e *TapError
	return errors.As(err, &e) && e.Asked
}

// codes says which fault each error of the reader is.
var codes = []struct {
	err  error
	code fault.Code
}{
	{reader.ErrCardRemoved, fault.CardRemoved},
	{reader.ErrCardMute, fault.CardUnresponsive},
	{reader.ErrCardReset, fault.CardReset},
	{reader.ErrTransmission, fault.TransmissionFailed},
	{reader.ErrTimeout, fault.CardTimeout},
	{reader.ErrBusy, fault.ReaderBusy},
	{reader.ErrNoReader, fault.ReaderNotFound},
	{reader.ErrNoService, fault.ReaderServiceDown},
	{reader.ErrDenied, fault.ReaderServiceDenied},
	{reader.ErrUnsupported, fault.ReaderUnsupported},
	{context.DeadlineExceeded, fault.CardTimeout},
	{context.Canceled, fault.PresentationCancelled},
}

// Coded gives an error of package reader its code, also outside of a tap, such as
// when a card cannot be opened. An error that has a code stays as it is, one that
// nothing is known of becomes KZ-900.
func Coded(err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) {
		return err
	}
	if errors.Is(err, reader.ErrNoService) && errors.Is(err, reader.ErrTimeout) {
		return &fault.Error{Code: fault.ReaderServiceHung, Err: err}
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return &fault.Error{Code: c.code, Err: err}
		}
	}
	return &fault.Error{Code: fault.Internal, Err: err}
}

// coded gives the error that ended a tap its code. What the machines found is found;
// but a card that was given up because the context ended did not fail by itself.
// consenting says that the phone's holder was being waited for.
func coded(ctx context.Context, consenting bool, err error) error {
	var f *fault.Error
	if errors.As(err, &f) || ctx.Err() == nil {
		return Coded(err)
	}
	if errors.Is(err, reader.ErrCardRemoved) {
		return Coded(err)
	}
	if cause := context.Cause(ctx); errors.As(cause, &f) {
		return &fault.Error{Code: f.Code, Detail: f.Detail, Err: err}
	}
	if consenting && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &fault.Error{Code: fault.ConsentTimeout, Err: err}
	}
	return &fault.Error{Code: fault.CodeOf(Coded(ctx.Err())), Err: err}
}
