package bundle

import (
	"bytes"
	"encoding/json"

	"kazashi/transport/api"
)

// How the daemon leaves out what must not leave it.
const (
	notRecorded = "none: the daemon keeps no personal data there"
	shownConfig = "keys and values; users counted only, of a PKCS #11 URI the names of its attributes"
)

// FromDaemon puts the daemon's own part in: its marker becomes that of the report. Logs
// and traces stand one entry in a line, so that a finding of [Scan] can name it.
func (c *Content) FromDaemon(r api.Bugreport) error {
	c.Marker, c.Logged, c.Versions.Daemon = r.Marker, true, r.Build.Version
	log, err := lines(r.Log.Entries)
	if err != nil {
		return err
	}
	c.add("daemon/log.jsonl", notRecorded, log)
	if r.Trace != nil {
		trace, err := lines(r.Trace.Entries)
		if err != nil {
			return err
		}
		c.add("daemon/trace.jsonl", "headers, lengths, status words and times; never a payload", trace)
	}
	c.add("daemon/metrics.prom", "none", []byte(r.Metrics))
	for _, part := range []struct {
		name, redaction string
		v               any
	}{
		{"build", "none", r.Build},
		{"status", notRecorded, r.Status},
		{"readers", "none", r.Status.Readers},
		{"health", notRecorded, r.Health},
		{"trust", "fingerprints and names of issuers in place of certificates", r.Trust},
		{"config", shownConfig, r.Config},
		{"ledger", "counts only", r.Ledger},
		{"process", "none", map[string]any{
			"at": r.At, "goroutines": r.Goroutines, "log_epoch": r.Log.Epoch, "log_missed": r.Log.Missed, "trace_on": r.Trace != nil,
		}},
	} {
		if err := c.AddJSON("daemon/"+part.name+".json", part.redaction, part.v); err != nil {
			return err
		}
	}
	return nil
}

// lines returns entries as JSON, one in a line.
func lines[T any](entries []T) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, e := range entries {
		if err := encoder.Encode(e); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
