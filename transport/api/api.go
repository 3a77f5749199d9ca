// Package api is what both ends of the daemon's socket agree on: the objects of
// the HTTP interface as Go types, and the contract itself as [OpenAPI].
//
// The contract is written first, in openapi.yaml; the types follow it, and the
// tests of transport/server hold every answer against it. Times are RFC 3339 in
// UTC, durations are whole milliseconds, names are the standard's.
//
// No type here but [Claim] can carry an attribute of a person.
package api

import _ "embed"

// OpenAPI is the contract, an OpenAPI 3.1 document in YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Version is the number of the interface. It changes only when a client written
// for the older one could break; new members of an answer do not change it.
const Version = "1"

// Headers of the interface.
const (
	// HeaderVersion stands on every answer and tells the daemon's version.
	HeaderVersion = "Kazashi-Version"
	// HeaderAPI stands on every answer and tells [Version].
	HeaderAPI = "Kazashi-Api"
	// HeaderIdempotencyKey makes a repeated arming harmless: 1 to 64 characters
	// as in [ValidName].
	HeaderIdempotencyKey = "Idempotency-Key"
)

// Media types of the interface.
const (
	MediaJSON    = "application/json"
	MediaProblem = "application/problem+json" // RFC 9457
	MediaEvents  = "application/x-ndjson"     // one Event a line
	// MediaMetrics is the text format of Prometheus.
	MediaMetrics = "text/plain; version=0.0.4; charset=utf-8"
)

// Sizes of the interface.
const (
	// MaxBody is the largest request body in bytes.
	MaxBody = 16 << 10
	// MaxName is the largest length of what a client may name: transactions,
	// claims and idempotency keys.
	MaxName = 64
	// MaxWaitMS is the longest long-poll, in milliseconds.
	MaxWaitMS = 60_000
	// MinTimeoutMS is the shortest time for which a presentation can be armed.
	MinTimeoutMS = 1_000
)

// ValidName reports whether s can name a transaction, a claim or an idempotency
// key: 1 to [MaxName] letters and digits of ASCII and the characters . _ : ~ -
// so that such a name can stand in a log line as it is.
func ValidName(s string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == ':', c == '~', c == '-':
		default:
			return false
		}
	}
	return true
}

// A Text says one thing in the two languages of the terminal.
type Text struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}

// Retry says what helps after a fault.
type Retry string

// What helps after a fault.
const (
	RetryNever          Retry = "never"           // the same attempt ends the same way
	RetryTapAgain       Retry = "tap-again"       // the person at the kiosk holds the phone over it again
	RetryLater          Retry = "later"           // the same request can succeed in a while
	RetryCallTechnician Retry = "call-technician" // the terminal needs hands
)

// A Message is what is told to people about one code.
type Message struct {
	User  Text  // for the person at the kiosk
	Retry Retry // what helps
}
