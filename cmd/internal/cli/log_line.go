package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"kazashi/session/fault"
)

// A logLine is one line of the daemon's log.
type logLine struct {
	at      time.Time
	level   string
	message string
	code    fault.Code // "" for a line about no fault
	fields  []logField // what else it says, in its order
	raw     json.RawMessage
}

type logField struct{ name, value string }

// parseLogLine takes a line as the daemon logs it, a JSON object. It is false for
// text that is none.
func parseLogLine(text []byte) (logLine, bool) {
	text = bytes.TrimSpace(text)
	dec := json.NewDecoder(bytes.NewReader(text))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return logLine{}, false
	}
	l := logLine{raw: slices.Clone(text)}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return logLine{}, false
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return logLine{}, false
		}
		l.take(name.(string), value) //nolint:forcetypeassert // the name of a member always is one
	}
	if _, err := dec.Token(); err != nil || dec.InputOffset() != int64(len(text)) {
		return logLine{}, false
	}
	return l, !l.at.IsZero() && l.message != ""
}

// take reads one member of the object.
func (l *logLine) take(name string, value json.RawMessage) {
	text := fieldText(value)
	switch name {
	case "time":
		l.at, _ = time.Parse(time.RFC3339, text)
	case "level":
		l.level = text
	case "message":
		l.message = text
	case "code":
		l.code = fault.Code(text)
	case "fault", "specimen": // the name of the code, which is shown anyway, and the mode
	default:
		l.fields = append(l.fields, logField{name, text})
	}
}

// widestField is how much of a field is shown, in columns. --json has the rest.
const widestField = 60

func fieldText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return text
}

// object is the line for machines: as it was logged, or in that form.
func (l logLine) object() json.RawMessage {
	if l.raw != nil {
		return l.raw
	}
	made, _ := json.Marshal(struct { // of strings there always is a JSON
		Level   string `json:"level"`
		Time    string `json:"time"`
		Message string `json:"message"`
	}{l.level, l.at.UTC().Format(logTime), l.message})
	return made
}

// logTime is how the daemon writes a time.
const logTime = "2006-01-02T15:04:05.000Z"

// lineTime is how the time of a line is shown, in local time.
const lineTime = "01-02 15:04:05.000"

func (a *app) showLogLine(l logLine) {
	tone := plain
	switch l.level {
	case "warn":
		tone = warn
	case "error", "dpanic", "panic", "fatal":
		tone = bad
	case "debug":
		tone = faint
	}
	lead := l.at.Local().Format(lineTime) + " " + pad(cells.Truncate(printable(l.level), 5, ""), 5) + " "
	text := l.message
	if l.code != "" {
		text += " " + codeText(l.code)
	}
	var fields []string
	for _, f := range l.fields {
		value := cells.Truncate(f.value, widestField, "...")
		if strings.ContainsAny(value, " =") {
			value = strconv.Quote(value)
		}
		fields = append(fields, f.name+"="+value)
	}
	a.hangLine(tone, lead, pad("", width(lead)), text)
	if len(fields) > 0 {
		a.hangLine(faint, fieldIndent, fieldIndent, strings.Join(fields, " "))
	}
}

// fieldIndent stands before what a line says besides its message.
const fieldIndent = "    "

// hangLine writes text behind lead, and what does not fit behind indent. What is too
// long for a line is cut: a log holds what others wrote.
func (a *app) hangLine(t tone, lead, indent, text string) {
	for _, part := range wrap(printable(text), columns-width(lead), true) {
		a.out.line(t, lead+part)
		lead = indent
	}
}

// newestOf keeps the newest lines, all of them for the limit 0.
type newestOf struct {
	limit int
	kept  []logLine // a ring once it is full
	next  int       // where the oldest stands then
}

func (n *newestOf) add(l logLine) {
	if n.limit == 0 || len(n.kept) < n.limit {
		n.kept = append(n.kept, l)
		return
	}
	n.kept[n.next] = l
	n.next = (n.next + 1) % n.limit
}

// lines returns what is kept, the oldest first.
func (n *newestOf) lines() []logLine { return slices.Concat(n.kept[n.next:], n.kept[:n.next]) }

// A logList is what `kazashi log --json` writes.
type logList struct {
	Source  string            `json:"source"` // journal or daemon
	Entries []json.RawMessage `json:"entries"`
}

func (n *newestOf) json(source string) logList {
	list := logList{Source: source, Entries: []json.RawMessage{}}
	for _, l := range n.lines() {
		list.Entries = append(list.Entries, l.object())
	}
	return list
}
