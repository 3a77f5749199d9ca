package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// take reads the lines of a ledger. It returns the ids in the order in which they
// were seen first.
func (l *Ledger) take(content []byte) (ids []string) {
	seen := map[string]bool{}
	for line := range bytes.Lines(content) {
		whole, terminated := bytes.CutSuffix(line, []byte("\n"))
		if !terminated {
			l.torn = true
			continue
		}
		e, ok := parseLine(whole)
		if !ok {
			l.damaged++
			continue
		}
		if !seen[e.ID] {
			seen[e.ID] = true
			ids = append(ids, e.ID)
		}
		l.remember(e)
	}
	return ids
}

// rewrite puts a new file in the place of the old one, with the newest entry of
// each presentation that is remembered. The old one stays until the new one is
// wholly on the disk. With l.mu held, or before anyone else knows l.
func (l *Ledger) rewrite() error {
	entries := make([]Entry, 0, len(l.latest))
	for _, e := range l.latest {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(a.ArmedAt.Compare(b.ArmedAt), cmp.Compare(a.ID, b.ID))
	})
	var content []byte
	for _, e := range entries {
		line, err := e.line()
		if err != nil {
			return err
		}
		content = append(content, line...)
	}
	f, err := l.disk.replace(l.path, content)
	if err != nil {
		l.stale = true
		return err
	}
	var closing error
	if l.file != nil {
		closing = l.file.Close()
	}
	l.file, l.size, l.stale = f, len(content), false
	l.written++ // nobody waits for the old file
	l.synced = l.written
	if closing != nil && !errors.Is(closing, errClosed) {
		return closing
	}
	return nil
}
