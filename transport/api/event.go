package api

import "time"

// EventType is what a line of the event stream tells.
type EventType string

// The events.
const (
	// EventSnapshot: everything as it is; what follows are changes to it.
	EventSnapshot EventType = "snapshot"
	// EventPresentation: a presentation changed.
	EventPresentation EventType = "presentation"
	// EventReader: a reader came, went or changed.
	EventReader EventType = "reader"
	// EventHealth: the terminal's health changed.
	EventHealth EventType = "health"
	// EventHeartbeat: nothing happened for ten seconds, the stream lives.
	EventHeartbeat EventType = "heartbeat"
	// EventGap: the events after the asked sequence number are not kept any more;
	// a snapshot follows.
	EventGap EventType = "gap"
	// EventOverflow: this stream was read too slowly and events were dropped for
	// it; a snapshot follows.
	EventOverflow EventType = "overflow"
	// EventShutdown: the daemon stops; the stream ends.
	EventShutdown EventType = "shutdown"
)

// An Event is one line of the event stream. Exactly the member that its type
// names is set.
type Event struct {
	Type EventType `json:"type"`
	// Seq grows by one with every change. On a line that is no change itself it is
	// the number of the newest change that the line accounts for.
	Seq uint64 `json:"seq"`
	// Epoch names the daemon's run; numbers of two runs cannot be compared.
	Epoch        string    `json:"epoch"`
	At           time.Time `json:"at"`
	Snapshot     *Snapshot `json:"snapshot,omitempty"`
	Presentation *Summary  `json:"presentation,omitempty"`
	Reader       *Reader   `json:"reader,omitempty"`
	Health       *Health   `json:"health,omitempty"`
}

// A Snapshot is the state to which later events are changes.
type Snapshot struct {
	Status Status `json:"status"`
	Health Health `json:"health"`
}
