package daemon

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/verify"
)

// NewLogger returns the daemon's log. Every line is one JSON object, or one line
// for reading in a terminal; in specimen mode every line says so.
func NewLogger(c configs.Log, specimen bool, w zapcore.WriteSyncer) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return nil, fault.Wrap(fault.ConfigInvalid, err, "log.level")
	}
	keys := logKeys()
	encoder := zapcore.NewJSONEncoder(keys)
	if c.Format == "console" {
		encoder = zapcore.NewConsoleEncoder(keys)
	}
	log := zap.New(zapcore.NewCore(encoder, zapcore.Lock(w), level))
	if specimen {
		log = log.With(zap.Bool("specimen", true))
	}
	return log, nil
}

// logKeys is how a line is written.
func logKeys() zapcore.EncoderConfig {
	keys := zap.NewProductionEncoderConfig()
	keys.TimeKey, keys.MessageKey = "time", "message"
	keys.EncodeTime = func(t time.Time, e zapcore.PrimitiveArrayEncoder) {
		e.AppendString(t.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	keys.EncodeDuration = zapcore.MillisDurationEncoder
	return keys
}

// faultFields are how an error stands in the log: its code, the code's name in
// words, its details, and the check of the verification that failed.
func faultFields(err error) []zap.Field {
	code := fault.CodeOf(err)
	fields := []zap.Field{
		zap.String("code", string(code)), zap.String("fault", code.Slug()), zap.String("detail", details(err)),
	}
	if failure := new(verify.Failure); errors.As(err, &failure) {
		fields = append(fields, zap.String("check", string(failure.Check)))
	}
	return fields
}

// details returns what fault errors in the chain say of themselves, and leaves
// out the text of all other errors: a library may quote there what it could not
// read, and that can be a person's data.
func details(err error) string {
	var parts []string
	for err != nil {
		if f, ok := err.(*fault.Error); ok { //nolint:errorlint // walks the chain itself
			part := f.Code.Slug()
			if f.Detail != "" {
				part += ": " + f.Detail
			}
			parts = append(parts, part)
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			var each []string
			for _, one := range joined.Unwrap() {
				if text := details(one); text != "" {
					each = append(each, text)
				}
			}
			return strings.Join(append(parts, strings.Join(each, "; ")), ": ")
		}
		err = errors.Unwrap(err)
	}
	return strings.Join(parts, ": ")
}

// panicFields tell where a panic happened, and what it was when the runtime says
// so. The value of another panic could hold anything, so only its type is told.
func panicFields(value any) []zap.Field {
	what := fmt.Sprintf("%T", value)
	if e, ok := value.(runtime.Error); ok {
		what = e.Error()
	}
	pcs := make([]uintptr, 32)
	return []zap.Field{
		zap.String("code", string(fault.Panicked)), zap.String("fault", fault.Panicked.Slug()),
		zap.String("panic", what), zap.Strings("stack", functions(pcs[:runtime.Callers(3, pcs)])),
	}
}

// functions returns the names and lines of callers, innermost first. The arguments, of
// which the runtime's own text of a stack shows words, could be anything.
func functions(pcs []uintptr) []string {
	var where []string
	frames := runtime.CallersFrames(pcs)
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			where = append(where, fmt.Sprintf("%s:%d", frame.Function, frame.Line))
		}
		if !more {
			return where
		}
	}
}
