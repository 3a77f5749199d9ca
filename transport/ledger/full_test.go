package ledger

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A small disk takes so many bytes and no more, and may fail to sync.
type small struct {
	onDisk
	room    int
	syncing error
	syncs   int
}

func (s *small) replace(path string, content []byte) (file, error) {
	if len(content) > s.room {
		return nil, syscall.ENOSPC
	}
	f, err := s.onDisk.replace(path, content)
	s.room -= len(content)
	return &smallFile{f, s}, err
}

type smallFile struct {
	file
	disk *small
}

// Write writes what fits, as the kernel does.
func (f *smallFile) Write(b []byte) (int, error) {
	fits := min(len(b), f.disk.room)
	n, err := f.file.Write(b[:fits])
	f.disk.room -= n
	if err == nil && n < len(b) {
		err = syscall.ENOSPC
	}
	return n, err
}

func (f *smallFile) Sync() error {
	f.disk.syncs++
	return f.disk.syncing
}

func TestF50_FullDiskIsToldAndRecoversByItself(t *testing.T) {
	path, disk, turns := filepath.Join(t.TempDir(), "ledger"), &small{room: 500}, 0
	l, _ := open(path, disk, func() { turns++ })
	for n := range 10 {
		l.Record(entry(n, api.StateArmed))
		l.Sync()
	}
	if fault.CodeOf(l.Err()) != fault.LedgerDegraded || turns != 1 {
		t.Fatalf("a full disk is told as %v, after %d turns", l.Err(), turns)
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) != 500 {
		t.Fatalf("%d bytes, %v: the disk was not filled in the middle of a line", len(content), err)
	}
	disk.room = 1 << 20
	l.Record(entry(3, api.StateAcked))
	if l.Err() != nil || turns != 2 {
		t.Fatalf("a disk with room again: %v, after %d turns", l.Err(), turns)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, entries := reopen(t, path)
	if damaged, torn := again.Damaged(); len(entries) != 10 || entries[3].State != api.StateAcked || damaged > 0 || torn {
		t.Errorf("after the recovery: %d entries, %d damaged, torn %v", len(entries), damaged, torn)
	}
}

func TestF50_DirectoryThatIsNotThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "late")
	l, _ := Open(filepath.Join(dir, "ledger"), nil)
	l.Record(entry(1, api.StateArmed))
	l.Sync()
	if fault.CodeOf(l.Err()) != fault.LedgerDegraded {
		t.Fatalf("got %v", l.Err())
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l.Record(entry(2, api.StateArmed))
	if l.Err() != nil || l.Close() != nil {
		t.Fatal(l.Err())
	}
	if _, entries := reopen(t, filepath.Join(dir, "ledger")); len(entries) != 2 {
		t.Errorf("entries %v", entries)
	}
}

func TestSyncThatFailsIsToldAndMended(t *testing.T) {
	disk := &small{room: 1 << 20, syncing: syscall.EIO}
	l, _ := open(filepath.Join(t.TempDir(), "ledger"), disk, nil)
	l.Record(entry(1, api.StateClaimed))
	l.Sync()
	if fault.CodeOf(l.Err()) != fault.LedgerDegraded {
		t.Fatalf("got %v", l.Err())
	}
	disk.syncing = nil
	l.Record(entry(1, api.StateAcked))
	l.Sync()
	if err := l.Err(); err != nil {
		t.Errorf("after a new file: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestSyncOnlyWhereSomethingWasWritten(t *testing.T) {
	disk := &small{room: 1 << 20}
	l, _ := open(filepath.Join(t.TempDir(), "ledger"), disk, nil)
	for range 3 {
		l.Record(entry(1, api.StateClaimed))
		l.Sync()
		l.Sync()
	}
	if disk.syncs != 3 {
		t.Errorf("%d syncs of three changes", disk.syncs)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
