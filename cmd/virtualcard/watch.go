package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"kazashi/reader"
	"kazashi/reader/apdu"
)

// How long the reader may be quiet before the phone counts as taken away: shortly
// after it has answered, and longer while something may still come.
const (
	settled = time.Second
	quiet   = 5 * time.Second
)

// A watch stands between the reader and the phone: it writes down every command
// without its data, and notices when a tap is over.
type watch struct {
	reader.Responder
	out io.Writer
	// answered reports whether the phone has sent its response in this tap.
	answered func() bool
	// over is called once the reader has been quiet for long enough.
	over func()

	mu       sync.Mutex
	start    time.Time // of the first command of this tap, zero before
	commands int
	timer    *time.Timer
}

// names are the instructions of ISO/IEC 7816-4 that a reader sends to a phone.
var names = map[byte]string{
	0xA4: "SELECT", 0xB0: "READ BINARY", 0xD6: "UPDATE BINARY", 0xC0: "GET RESPONSE", 0xC3: "ENVELOPE",
}

// Respond passes the command on.
func (w *watch) Respond(ctx context.Context, command []byte) ([]byte, error) {
	w.begin()
	began := time.Now()
	answer, err := w.Responder.Respond(ctx, command)
	w.end(command, answer, err, time.Since(began))
	return answer, err
}

func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.start.IsZero() {
		w.start = time.Now()
		_, _ = fmt.Fprintln(w.out, "held over the reader")
	}
	w.commands++
}

func (w *watch) end(command, answer []byte, err error, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := "?"
	if len(command) > 1 {
		if name = names[command[1]]; name == "" {
			name = fmt.Sprintf("INS %02X", command[1])
		}
	}
	outcome := "no answer"
	if response, parseErr := apdu.ParseResponse(answer); err == nil && parseErr == nil {
		outcome = fmt.Sprintf("%5d bytes, %s", len(answer), response.SW)
	} else if err != nil {
		outcome = err.Error()
	}
	_, _ = fmt.Fprintf(w.out, "%10.3f s  %-13s %5d bytes -> %s  (%.1f ms)\n",
		time.Since(w.start).Seconds(), name, len(command), outcome, float64(took.Microseconds())/1000)
	wait := quiet
	if w.answered() {
		wait = settled
	}
	w.timer = time.AfterFunc(wait, w.over)
}

// finish stops watching and returns how many commands came.
func (w *watch) finish() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	return w.commands
}
