package bundle

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// A journalLine is what is taken of an entry of the journal (systemd.journal-fields(7)).
type journalLine struct {
	Time     time.Time `json:"time"`
	Priority string    `json:"priority,omitempty"` // of syslog, 0 to 7
	Unit     string    `json:"unit,omitempty"`
	Message  string    `json:"message"`
}

// chosen takes the fields that go into a report, and counts entries whose message is no
// text, which journalctl writes as numbers.
func chosen(output []byte) (read []journalLine, dropped int) {
	for line := range bytes.Lines(output) {
		var entry struct {
			Message  any    `json:"MESSAGE"`
			Priority string `json:"PRIORITY"`
			Unit     string `json:"_SYSTEMD_UNIT"`
			Time     string `json:"__REALTIME_TIMESTAMP"` // microseconds since 1970
		}
		if json.Unmarshal(line, &entry) != nil {
			dropped++
			continue
		}
		message, ok := entry.Message.(string)
		if !ok {
			dropped++
			continue
		}
		at, err := strconv.ParseInt(entry.Time, 10, 64)
		if err != nil {
			dropped++
			continue
		}
		read = append(read, journalLine{time.UnixMicro(at).UTC(), entry.Priority, entry.Unit, message})
	}
	return read, dropped
}
