package feed

import "errors"

// How a read can end.
var (
	// ErrLost: the reader is further behind than the log is long.
	ErrLost = errors.New("events not kept any more")
	// ErrClosed: the log was closed and everything in it was read.
	ErrClosed = errors.New("event log closed")
)
