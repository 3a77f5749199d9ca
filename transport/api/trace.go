package api

import (
	"encoding/json"
	"time"

	"kazashi/session/fault"
)

// Bounds of tracing, in milliseconds.
const (
	// MaxTraceMS is the longest time after which a trace goes off by itself.
	MaxTraceMS = 15 * 60_000
	// DefaultTraceMS is that of a request which says none.
	DefaultTraceMS = 5 * 60_000
)

// A Position is how far something was read that goes on: the number of the last
// entry, within one run of the daemon. The zero position is the beginning.
type Position struct {
	Epoch string
	Seq   uint64
}

// A TraceRequest turns tracing on or off.
type TraceRequest struct {
	On bool `json:"on"`
	// DurationMS is for how long, at most [MaxTraceMS]; 0 is [DefaultTraceMS].
	DurationMS int64 `json:"duration_ms,omitempty"`
}

// A Trace is the APDUs of the newest taps, without any payload.
type Trace struct {
	On bool `json:"on"`
	// Until is when it goes off by itself, and everything in it is dropped.
	Until *time.Time `json:"until,omitempty"`
	Epoch string     `json:"epoch"`
	Last  uint64     `json:"last"` // number of the newest entry
	// Missed tells that entries after the asked position are not kept any more.
	Missed  bool         `json:"missed,omitempty"`
	Entries []TraceEntry `json:"entries"`
}

// TraceType is what an entry of a trace tells.
type TraceType string

// The entries of a trace.
const (
	TraceTap      TraceType = "tap"      // a tap began
	TracePhase    TraceType = "phase"    // it came to another phase
	TraceExchange TraceType = "exchange" // a command was answered
	TraceEnd      TraceType = "end"      // the tap is over
)

// A TraceEntry is one step of a tap. It has lengths in place of payloads.
type TraceEntry struct {
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	Tap    uint64    `json:"tap"` // counts the taps of the daemon's run that were traced
	Reader string    `json:"reader"`
	Type   TraceType `json:"type"`
	Phase  string    `json:"phase,omitempty"`
	// Step is the command in words, such as select-ndef-application.
	Step string `json:"step,omitempty"`
	// Header is CLA, INS, P1 and P2 in hex.
	Header string `json:"header,omitempty"`
	// Sent and Received are the bytes of the whole APDUs.
	Sent     int    `json:"sent,omitempty"`
	Received int    `json:"received,omitempty"`
	SW       string `json:"sw,omitempty"` // the status word in hex
	// TookMS is how long the exchange took, or, at the end, the tap.
	TookMS float64    `json:"took_ms,omitempty"`
	Code   fault.Code `json:"code,omitempty"` // of the end
}

// A Log is the newest lines of the daemon's log.
type Log struct {
	Epoch   string     `json:"epoch"`
	Last    uint64     `json:"last"`
	Missed  bool       `json:"missed,omitempty"`
	Entries []LogEntry `json:"entries"`
}

// A LogEntry is one line of the log, a JSON object as it was logged.
type LogEntry struct {
	Seq  uint64          `json:"seq"`
	Line json.RawMessage `json:"line"`
}
