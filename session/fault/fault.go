// Package fault names everything that can go wrong, once: a stable code such as
// KZ-421 with a slug such as digest-mismatch. API, command line, log, metrics and
// manual all use these; the texts for people stand in the message catalogue.
//
// Numbers are never reused. The hundreds say where to look: 1 reader and card,
// 2 engagement and transfer, 3 session and answer, 4 issuer and device checks,
// 5 trust, 6 presentations and the socket, 7 configuration, profiles and keys,
// 8 the machine, 9 the terminal itself.
package fault

import (
	"errors"
	"fmt"
)

// A Code is the stable name of one fault: "KZ-" and three digits.
type Code string

// Slug returns the code's name in words, such as "digest-mismatch", or "" for a
// code that does not exist.
func (c Code) Slug() string { return slugs[c] }

// All returns every code once, in no order.
func All() []Code {
	all := make([]Code, 0, len(slugs))
	for c := range slugs {
		all = append(all, c)
	}
	return all
}

// An Error is a fault with what a technician needs to know of it. It never holds
// personal data: element names may stand in it, element values may not.
type Error struct {
	Code   Code
	Detail string // lower case, no full stop
	Err    error  // the cause, may be nil
}

func (e *Error) Error() string {
	text := e.Code.Slug()
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is compare by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// New returns an error with a code. The format must not take personal data.
func New(code Code, format string, args ...any) error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap gives err a code, and returns nil for a nil err.
func Wrap(code Code, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), Err: err}
}

// CodeOf returns the code of the first [*Error] in err's chain, OK for a nil err
// and Internal for an error that carries no code.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
