package daemon

import (
	"io"
	"time"

	"kazashi/cmd/internal/build"
)

// A source is where the metrics look states up.
type source struct{ *daemon }

// ReaderCertificate returns when the certificate of reader authentication expires.
func (s source) ReaderCertificate() (time.Time, bool) {
	auth := s.rules.Load().readerAuth
	if auth == nil {
		return time.Time{}, false
	}
	return auth.Certificate.NotAfter, true
}

// Tracing reports whether APDUs are traced.
func (s source) Tracing() bool {
	on, _ := s.trace.state()
	return on
}

// Build returns the version and the commit of the daemon.
func (s source) Build() (version, commit string) {
	info := build.Read()
	return info.Version, info.Commit
}

// WriteMetrics writes what was counted, for the socket.
func (d *daemon) WriteMetrics(w io.Writer) error { return d.metrics.Write(w) }
