package configs

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kazashi/session/fault"
)

// Bounds of what the operator may choose.
const (
	maxSocketPath  = 107 // sun_path of a Unix socket, without its zero byte
	maxReaderName  = 128 // MAX_READERNAME of PC/SC
	maxStepTimeout = time.Minute
	maxAnyTimeout  = 30 * time.Minute
	maxReady       = 5 * time.Minute
	maxUnsynced    = 90 * 24 * time.Hour
	maxGrace       = 90 * 24 * time.Hour
	maxFetch       = 5 * time.Minute
)

// What the length fields of a command APDU can say, in bytes of data (ISO/IEC 7816-4,
// 5.2): one byte in the short form, two in the extended one, where a response of 0
// stands for one more than the largest number. They are those of package reader, which
// this package may not import.
const (
	shortCommandData     = 255
	shortResponseData    = 256
	extendedCommandData  = 65535
	extendedResponseData = 65536
	// minData is less than any reader carries; a smaller number is a slip.
	minData = 128
)

// validate holds the values against each other and against their bounds. The
// document tells the lines.
func (c *Config) validate(d *document) error {
	var p problems
	wrong := func(key, format string, args ...any) { p.add(d, key, d.lines[key], format, args...) }
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			wrong(key, "%q is none of %s", value, strings.Join(allowed, ", "))
		}
	}
	within := func(key string, value, low, high time.Duration) {
		if value < low || value > high {
			wrong(key, "%s is not between %s and %s", value, low, high)
		}
	}
	absolute := func(key, path string) {
		if !filepath.IsAbs(path) {
			wrong(key, "%q is no absolute path", path)
		}
	}

	absolute("socket.path", c.Socket.Path)
	if len(c.Socket.Path) > maxSocketPath {
		wrong("socket.path", "longer than the %d bytes that a socket's path can have", maxSocketPath)
	}

	for name, role := range map[string]Role{"observer": c.Access.Observer, "issuer": c.Access.Issuer, "technician": c.Access.Technician} {
		if slices.Contains(role.Users, "") || slices.Contains(role.Groups, "") {
			wrong("access."+name, "holds an empty name")
		}
	}

	oneOf("reader.backend", c.Reader.Backend, BackendPCSC, BackendLoopback)
	if len(c.Reader.Include) > maxReaderName {
		wrong("reader.include", "longer than the %d bytes of a reader's name", maxReaderName)
	}
	if !c.Reader.ExtendedLength && (c.Reader.MaxCommandData > shortCommandData || c.Reader.MaxResponseData > shortResponseData) {
		wrong("reader.extended_length", "false, but the sizes are more than the short form allows (%d and %d)", shortCommandData, shortResponseData)
	}
	size := func(key string, n, most int) {
		if n != 0 && (n < minData || n > most) {
			wrong(key, "%d is neither 0 nor between %d and %d", n, minData, most)
		}
	}
	size("reader.max_command_data", c.Reader.MaxCommandData, extendedCommandData)
	size("reader.max_response_data", c.Reader.MaxResponseData, extendedResponseData)

	if (c.ReaderKey.Key == "") != (c.ReaderKey.Certificate == "") {
		wrong("reader_key", "key and certificate must both be set, or neither")
	}
	if c.ReaderKey.Key != "" {
		// What stands behind a scheme is for package key to read.
		if !strings.HasPrefix(c.ReaderKey.Key, "credential:") && !strings.HasPrefix(c.ReaderKey.Key, "pkcs11:") {
			absolute("reader_key.key", strings.TrimPrefix(c.ReaderKey.Key, "file:"))
		}
		if !strings.HasPrefix(c.ReaderKey.Certificate, "credential:") {
			absolute("reader_key.certificate", strings.TrimPrefix(c.ReaderKey.Certificate, "file:"))
		}
	}

	for list, anchors := range map[string][]Anchor{"trust.anchors": c.Trust.Anchors, "trust.vical_roots": c.Trust.VICALRoots} {
		for i, a := range anchors {
			key := list + "[" + itoa(i) + "]"
			absolute(key+".path", a.Path)
			if len(a.DocTypes) == 0 {
				wrong(key, "doc_types names no docType")
			}
			for _, docType := range a.DocTypes {
				if !dotted.MatchString(docType) {
					wrong(key+".doc_types", "%q is no docType", docType)
				}
			}
		}
	}
	c.Trust.checkUsages(wrong)
	within("trust.vical_grace", c.Trust.VICALGrace, 0, maxGrace)
	if c.Trust.Dir != "" {
		absolute("trust.dir", c.Trust.Dir)
	}
	c.Trust.validateUpdate(wrong)
	within("trust.update.timeout", c.Trust.Update.Timeout, time.Second, maxFetch)
	if c.Profiles.Dir != "" {
		absolute("profiles.dir", c.Profiles.Dir)
	}

	within("presentation.max_timeout", c.Presentation.MaxTimeout, 5*time.Second, maxAnyTimeout)
	within("presentation.default_timeout", c.Presentation.DefaultTimeout, 5*time.Second, max(5*time.Second, c.Presentation.MaxTimeout))
	within("presentation.ready", c.Presentation.Ready, time.Second, maxReady)
	within("presentation.lease", c.Presentation.Lease, time.Second, maxReady)
	if c.Ledger.Path != "" {
		absolute("ledger.path", c.Ledger.Path)
	}
	within("step_timeout", c.StepTimeout, 100*time.Millisecond, maxStepTimeout)

	if path := c.Metrics.Textfile.Path; path != "" {
		absolute("metrics.textfile.path", path)
		if !strings.HasSuffix(path, ".prom") {
			wrong("metrics.textfile.path", "%q does not end in .prom, and node_exporter reads no other files", path)
		}
	}
	within("metrics.textfile.interval", c.Metrics.Textfile.Interval, time.Second, time.Hour)

	if c.Clock.MaxUnsynced != 0 {
		within("clock.max_unsynced", c.Clock.MaxUnsynced, time.Hour, maxUnsynced)
	}
	for i, file := range c.Clock.Synchronized {
		absolute("clock.synchronized["+itoa(i)+"]", file)
	}

	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "json", "console")
	return p.fault(fault.ConfigInvalid)
}
