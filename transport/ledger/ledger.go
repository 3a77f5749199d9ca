// Package ledger is what the daemon remembers of presentations on disk, so that
// after a crash everyone can be told how each of them ended.
//
// It is one file of JSON lines, one for each change of state, each with a
// checksum: ids, names, states, times and codes, and nothing about a person. A
// power cut can tear the last line; a line that is torn or damaged is left out and
// counted, and all others count. When the file has grown to [MaxSize] it is
// written anew with only the last line of each presentation, beside the old one,
// and takes its place at once.
//
// A disk that is full, read-only or broken stops nobody: [Ledger.Err] tells of it,
// and as soon as the disk takes something again the file is brought up to date.
package ledger

import (
	"errors"
	"slices"
	"sync"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

const (
	// MaxSize is the size in bytes at which the file is written anew.
	MaxSize = 1 << 20
	// Keep is how many presentations that have ended the ledger remembers; those
	// that have not ended it remembers all.
	Keep = 1024
)

// A Ledger is one open file. Its methods may be called by many goroutines; those
// of a nil Ledger do nothing.
type Ledger struct {
	path    string
	disk    disk
	changed func()

	syncing sync.Mutex // held while the disk is waited for

	mu      sync.Mutex
	file    file
	size    int
	latest  map[string]Entry
	ended   []string // ids, oldest first
	stale   bool     // the file does not hold what latest holds
	off     bool     // the file is not ours to write
	err     error
	damaged int
	torn    bool
	written uint64 // lines in the file since Open
	synced  uint64 // of them on the disk for certain
}

// Open reads a ledger and makes it ready for more. It returns the last entry of
// every presentation that the ledger remembers, oldest first. It does not fail:
// what is wrong stands in [Ledger.Err] and [Ledger.Damaged], and is tried again
// with every entry. changed, unless nil, is called when [Ledger.Err] changes
// between nil and an error; it must not call back.
func Open(path string, changed func()) (*Ledger, []Entry) {
	return open(path, onDisk{}, changed)
}

func open(path string, d disk, changed func()) (*Ledger, []Entry) {
	if changed == nil {
		changed = func() {}
	}
	l := &Ledger{path: path, disk: d, changed: changed, latest: map[string]Entry{}, stale: true}
	content, err := d.read(path)
	l.off = errors.Is(err, errNotOurs)
	ids := l.take(content)
	entries := make([]Entry, 0, len(ids))
	for _, id := range ids {
		if e, kept := l.latest[id]; kept {
			entries = append(entries, e)
		}
	}
	if err == nil {
		err = l.rewrite()
	}
	l.report(err)
	return l, entries
}

// Record writes an entry. It returns when the operating system has it, so that it
// outlasts the process; [Ledger.Sync] makes it outlast the machine.
func (l *Ledger) Record(e Entry) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remember(e)
	if l.off {
		return
	}
	if !l.stale {
		l.stale = l.append(e) != nil
	}
	if l.stale || l.size >= MaxSize {
		l.report(l.rewrite())
	}
}

// Sync returns when all that was recorded before is on the disk, or when that
// failed: what it is waited for with goes on then, and [Ledger.Err] tells.
func (l *Ledger) Sync() {
	if l == nil {
		return
	}
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mu.Lock()
	f, goal := l.file, l.written
	done := f == nil || goal == l.synced
	l.mu.Unlock()
	if done {
		return
	}
	err := f.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.file != f: // written anew meanwhile, and synced by that
	case err != nil:
		// What the kernel could not write it may have dropped: only a new file helps.
		l.stale = true
		l.report(err)
	default:
		l.synced = goal
	}
}

// Err says why the file does not hold everything, nil when it does.
func (l *Ledger) Err() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return fault.Wrap(fault.LedgerDegraded, l.err, "writing the ledger")
}

// States returns how many presentations the ledger remembers, by the state in which it
// saw them last.
func (l *Ledger) States() map[api.State]int {
	states := map[api.State]int{}
	if l == nil {
		return states
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.latest {
		states[e.State]++
	}
	return states
}

// Damaged returns how many lines could not be read at Open, and whether the last
// one was torn, as a power cut leaves it; that one is not counted.
func (l *Ledger) Damaged() (lines int, torn bool) {
	if l == nil {
		return 0, false
	}
	return l.damaged, l.torn
}

// Close closes the file. What is recorded after is lost.
func (l *Ledger) Close() error {
	if l == nil {
		return nil
	}
	l.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.off = true
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}

// remember keeps the newest entry of each presentation.
func (l *Ledger) remember(e Entry) {
	before, known := l.latest[e.ID]
	l.latest[e.ID] = e
	if !e.State.Ended() || known && before.State.Ended() {
		return
	}
	l.ended = append(l.ended, e.ID)
	if len(l.ended) > Keep {
		delete(l.latest, l.ended[0])
		l.ended = slices.Delete(l.ended, 0, 1)
	}
}

// append writes one line at the end of the file. With l.mu held.
func (l *Ledger) append(e Entry) error {
	line, err := e.line()
	if err == nil {
		var n int
		n, err = l.file.Write(line)
		l.size += n
	}
	if err == nil {
		l.written++
	}
	return err
}

// report keeps how the last attempt to write went. With l.mu held.
func (l *Ledger) report(err error) {
	turned := (err == nil) != (l.err == nil)
	if l.err = err; turned {
		l.changed()
	}
}
