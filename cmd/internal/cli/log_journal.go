package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"kazashi/session/fault"
)

// journalUnit is the unit whose lines are those of the daemon.
const journalUnit = "kazashid"

// maxJournalLine bounds a line of journalctl, in bytes.
const maxJournalLine = 4 << 20

// A journal reads what journald has of the daemon, by journalctl: only that knows its
// files and who may read them.
type journal struct{ journalctl string }

// findJournal returns the journal when it can be read and has at least one line of the
// daemon, and else says why not.
func findJournal(ctx context.Context) (*journal, error) {
	path, err := exec.LookPath("journalctl")
	if err != nil {
		return nil, errors.New("no journalctl")
	}
	j := &journal{journalctl: path}
	found := false
	err = j.run(ctx, func(logLine) error { found = true; return nil }, "--lines=1")
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case !found:
		return nil, errors.New("no line of " + journalUnit + " that this user may read")
	}
	return j, nil
}

// read is the [logSource] of the journal.
func (j *journal) read(ctx context.Context, order logOrder, take func(logLine) error, live func() error) error {
	lines := "--lines=all"
	if order.code == "" && order.count > 0 {
		lines = "--lines=" + strconv.Itoa(order.count) // the others need not be read at all
	}
	flags := []string{lines}
	if !order.since.IsZero() {
		flags = append(flags, "--since=@"+strconv.FormatInt(order.since.Unix(), 10))
	}
	if !order.follow {
		if err := j.run(ctx, take, flags...); err != nil {
			return fault.Wrap(fault.InputUnreadable, err, "the journal")
		}
		return live()
	}
	// The follower is started at the end of what was read, so that no line falls between.
	last := ""
	if err := j.walk(ctx, func(e journalEntry) error { last = e.Cursor; return take(e.line()) }, flags...); err != nil {
		return fault.Wrap(fault.InputUnreadable, err, "the journal")
	}
	if err := live(); err != nil {
		return err
	}
	flags = []string{"--follow", "--lines=all"}
	if last == "" {
		flags = append(flags, "--since=now")
	} else {
		flags = append(flags, "--after-cursor="+last)
	}
	err := j.run(ctx, take, flags...)
	if ctx.Err() != nil || errors.Is(err, errEnough) {
		return errors.Join(ctx.Err(), err)
	}
	return fault.Wrap(fault.InputUnreadable, err, "the journal")
}

func (j *journal) run(ctx context.Context, take func(logLine) error, flags ...string) error {
	return j.walk(ctx, func(e journalEntry) error { return take(e.line()) }, flags...)
}

// walk runs journalctl and hands over what it writes, until it ends or visit fails.
func (j *journal) walk(ctx context.Context, visit func(journalEntry) error, flags ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Fields of more than 4096 bytes are left out without --all.
	flags = append([]string{"--unit=" + journalUnit, "--output=json", "--output-fields=MESSAGE,PRIORITY", "--all", "--no-pager", "--quiet"}, flags...)
	cmd := exec.CommandContext(ctx, j.journalctl, flags...) //nolint:gosec // journalctl of the PATH, with flags of our own
	cmd.WaitDelay = time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxJournalLine)
	for err == nil && lines.Scan() {
		var e journalEntry
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Message == "" {
			continue // no entry, or one without text
		}
		err = visit(e)
	}
	if err == nil {
		err = lines.Err()
	}
	if err != nil {
		cancel()
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		err = fmt.Errorf("journalctl: %w %s", ended, printable(said))
	}
	return err
}

// A journalEntry is an entry as `journalctl --output=json` writes it.
type journalEntry struct {
	Cursor   string      `json:"__CURSOR"`
	At       string      `json:"__REALTIME_TIMESTAMP"` // microseconds since 1970
	Priority string      `json:"PRIORITY"`             // syslog(3), 0 the gravest
	Message  journalText `json:"MESSAGE"`
}

// A journalText is a field: a string, or an array of bytes where it is no UTF-8 or
// holds control characters.
type journalText string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *journalText) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = journalText(text)
		return nil
	}
	var numbers []uint16 // of []byte the library expects base64
	if err := json.Unmarshal(data, &numbers); err != nil {
		return err
	}
	octets := make([]byte, len(numbers))
	for i, n := range numbers {
		octets[i] = byte(n)
	}
	*t = journalText(octets)
	return nil
}

// line is the entry as a line of the log: one of the daemon's own, or what systemd or
// the Go runtime said of it.
func (e journalEntry) line() logLine {
	if l, ok := parseLogLine([]byte(e.Message)); ok {
		return l
	}
	micros, _ := strconv.ParseInt(e.At, 10, 64)
	l := logLine{at: time.UnixMicro(micros), level: "info", message: string(e.Message)}
	switch e.Priority {
	case "0", "1", "2", "3":
		l.level = "error"
	case "4":
		l.level = "warn"
	case "7":
		l.level = "debug"
	}
	return l
}
