package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// An Entry is where one presentation stood at one time. Nothing in it is about a
// person: the names are the issuer's own, as [api.ValidName] allows them.
type Entry struct {
	ID          string      `json:"id"`
	Owner       uint32      `json:"uid"`
	Transaction string      `json:"transaction"`
	Profile     string      `json:"profile"`
	Reader      string      `json:"reader"`
	Specimen    bool        `json:"specimen,omitempty"`
	ArmedAt     time.Time   `json:"armed_at"`
	Version     uint64      `json:"version"`
	State       api.State   `json:"state"`
	At          time.Time   `json:"at"` // when the state was reached
	ClaimID     string      `json:"claim_id,omitempty"`
	Outcome     api.Outcome `json:"outcome,omitempty"`
	Code        fault.Code  `json:"code,omitempty"`
}

// maxLine bounds a line in bytes. The names in an entry are bounded, so that no
// entry of ours comes near.
const maxLine = 4 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The last member of a line is the CRC-32C of the object without it.
const (
	sumFormat = `,"crc":"%08x"}`
	sumLength = len(`,"crc":"00000000"}`)
)

// line returns an entry as one line, newline included.
func (e Entry) line() ([]byte, error) {
	object, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	sum := crc32.Checksum(object, castagnoli)
	line := fmt.Appendf(object[:len(object)-1], sumFormat, sum)
	if len(line) >= maxLine {
		return nil, fmt.Errorf("entry of %d bytes", len(line))
	}
	return append(line, '\n'), nil
}

// parseLine reads a line without its newline. It returns false for one that was
// not written by line, or not wholly.
func parseLine(line []byte) (e Entry, ok bool) {
	if len(line) <= sumLength || len(line) >= maxLine {
		return e, false
	}
	object := append(bytes.Clone(line[:len(line)-sumLength]), '}')
	if string(line[len(line)-sumLength:]) != fmt.Sprintf(sumFormat, crc32.Checksum(object, castagnoli)) {
		return e, false
	}
	if err := json.Unmarshal(object, &e); err != nil {
		return e, false
	}
	return e, e.ID != "" && e.State != ""
}
