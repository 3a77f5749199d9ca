package daemon

import (
	"bytes"
	"context"
	"encoding/json"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"kazashi/cmd/internal/metrics"
	"kazashi/cmd/internal/ring"
	"kazashi/transport/api"
)

// Bounds of the log that is kept in memory.
const (
	logEntries  = 2048
	logBytes    = 1 << 20
	maxLogEntry = 16 << 10
)

// A logRing is a zap core that keeps the newest lines, as JSON whatever the format of
// the log is, and counts them. It takes the levels that the log takes.
type logRing struct {
	zapcore.LevelEnabler
	encoder zapcore.Encoder
	ring    *ring.Ring[api.LogEntry]
	metrics *metrics.Metrics
}

// keepLog returns a log that writes what log writes, and keeps it as well.
func keepLog(log *zap.Logger, m *metrics.Metrics, specimen bool) (*zap.Logger, *ring.Ring[api.LogEntry]) {
	kept := &logRing{
		LevelEnabler: log.Core(), encoder: zapcore.NewJSONEncoder(logKeys()),
		ring: ring.New[api.LogEntry](logEntries, logBytes), metrics: m,
	}
	var core zapcore.Core = kept
	if specimen {
		core = core.With([]zapcore.Field{zap.Bool("specimen", true)})
	}
	return log.WithOptions(zap.WrapCore(func(written zapcore.Core) zapcore.Core {
		return zapcore.NewTee(written, core)
	})), kept.ring
}

// With implements [zapcore.Core].
func (l *logRing) With(fields []zapcore.Field) zapcore.Core {
	with := *l
	with.encoder = l.encoder.Clone()
	for _, f := range fields {
		f.AddTo(with.encoder)
	}
	return &with
}

// Check implements [zapcore.Core].
func (l *logRing) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if l.Enabled(e.Level) {
		return checked.AddCore(e, l)
	}
	return checked
}

// Write implements [zapcore.Core].
func (l *logRing) Write(e zapcore.Entry, fields []zapcore.Field) error {
	l.metrics.LogEntry(e.Level.String())
	line, err := l.encoder.EncodeEntry(e, fields)
	if err != nil {
		return err
	}
	if line.Len() > maxLogEntry { // the stack of a panic: what happened is enough
		line.Free()
		fields = []zapcore.Field{zap.Bool("shortened", true)}
		if line, err = l.encoder.EncodeEntry(e, fields); err != nil {
			return err
		}
	}
	kept := json.RawMessage(bytes.TrimSpace(bytes.Clone(line.Bytes())))
	line.Free()
	l.ring.Add(len(kept), func(seq uint64) api.LogEntry { return api.LogEntry{Seq: seq, Line: kept} })
	return nil
}

// Sync implements [zapcore.Core].
func (*logRing) Sync() error { return nil }

// Log returns what was logged, for the socket.
func (d *daemon) Log(ctx context.Context, after api.Position) api.Log {
	page := d.logged.Read(ctx, after.Epoch, after.Seq)
	return api.Log{Epoch: d.logged.Epoch(), Last: page.Last, Missed: page.Missed, Entries: page.Entries}
}
