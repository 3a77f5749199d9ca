package api

import (
	"time"

	"kazashi/session/fault"
)

// A Bugreport is what the daemon knows of itself, for those who mend it. It holds no
// attribute, no key and no secret of the configuration.
type Bugreport struct {
	// Marker stands in the daemon's log too, at the time of the report.
	Marker string    `json:"marker"`
	At     time.Time `json:"at"`
	Build  Build     `json:"build"`
	Status Status    `json:"status"`
	Health Health    `json:"health"`
	Trust  Trust     `json:"trust"`
	// Config is the configuration in force by its keys; names of users are counted only.
	Config     map[string]any `json:"config"`
	Ledger     LedgerSummary  `json:"ledger"`
	Goroutines int            `json:"goroutines"`
	Metrics    string         `json:"metrics"` // in the text format of Prometheus
	Log        Log            `json:"log"`
	Trace      *Trace         `json:"trace,omitempty"` // while it is on
}

// A Build is which program runs.
type Build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	PCSC     bool   `json:"pcsc"` // built with PC/SC
}

// A LedgerSummary is the ledger in numbers.
type LedgerSummary struct {
	Kept    bool          `json:"kept"`              // one is written at all
	States  map[State]int `json:"states"`            // presentations that it remembers, by state
	Damaged int           `json:"damaged,omitempty"` // lines that could not be read at the start
	Torn    bool          `json:"torn,omitempty"`    // the last line was torn at the start
	Code    fault.Code    `json:"code,omitempty"`    // why it is not written at present
}
