package api

import (
	"time"

	"kazashi/session/fault"
)

// A Status is the daemon in a few lines.
type Status struct {
	Version   string    `json:"version"`
	StartedAt time.Time `json:"started_at"`
	// Specimen tells that invented documents are accepted.
	Specimen bool          `json:"specimen"`
	Health   HealthState   `json:"health"`
	Readers  []Reader      `json:"readers"`
	Trust    TrustSummary  `json:"trust"`
	Profiles []string      `json:"profiles"`
	Active   []Summary     `json:"active"` // presentations that have not ended
	Taps     *TapCounts    `json:"taps,omitempty"`
	Clock    *ClockSummary `json:"clock,omitempty"`
}

// TapCounts are counted since the daemon started.
type TapCounts struct {
	Total    uint64 `json:"total"`   // the sum of the others
	Nothing  uint64 `json:"nothing"` // nothing was asked of the phone, or the presentation ended first
	Ignored  uint64 `json:"ignored"` // nothing was armed
	Verified uint64 `json:"verified"`
	Failed   uint64 `json:"failed"`
}

// A ClockSummary tells whether validity dates can be judged.
type ClockSummary struct {
	Now     time.Time `json:"now"`
	Trusted bool      `json:"trusted"`
}

// HealthState is the worst of the health items.
type HealthState string

// The states of health.
const (
	HealthOK       HealthState = "ok"
	HealthDegraded HealthState = "degraded" // works, but someone should look
	HealthFailing  HealthState = "failing"  // cannot verify anybody at present
)

// Severity grades a health item.
type Severity string

// The severities.
const (
	SeverityWarning Severity = "warning"
	SeverityError   Severity = "error"
)

// Health is what is wrong with the terminal at present.
type Health struct {
	State HealthState  `json:"state"`
	Items []HealthItem `json:"items"`
}

// A HealthItem is one thing that is wrong.
type HealthItem struct {
	Code     fault.Code `json:"code"`
	Severity Severity   `json:"severity"`
	// Subject is what it is wrong with: a reader's name, a file's base name.
	Subject     string    `json:"subject,omitempty"`
	Detail      string    `json:"detail,omitempty"`
	Since       time.Time `json:"since"`
	UserMessage *Text     `json:"user_message,omitempty"`
	Retry       Retry     `json:"retry,omitempty"`
}

// A Reader is one NFC reader.
type Reader struct {
	Name string `json:"name"`
	// Present tells that something lies on it.
	Present bool `json:"present"`
	// Usable is false when the reader is known but cannot be used; Code says why.
	Usable bool       `json:"usable"`
	Code   fault.Code `json:"code,omitempty"`
	// Presentation is the id of the one that holds the reader.
	Presentation string `json:"presentation,omitempty"`
	// MaxCommand and MaxResponse are the reader's APDU sizes in bytes, 0 when they
	// are not known yet.
	MaxCommand  int `json:"max_command,omitempty"`
	MaxResponse int `json:"max_response,omitempty"`
}

// Readers is the list of readers.
type Readers struct {
	Readers []Reader `json:"readers"`
}
