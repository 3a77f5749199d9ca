package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func entry(n int, state api.State) Entry {
	return Entry{
		ID: fmt.Sprint("P", n), Owner: 1001, Transaction: fmt.Sprint("job-", n), Profile: "address", Reader: "front",
		ArmedAt: noon.Add(time.Duration(n) * time.Second), Version: 1, State: state, At: noon,
	}
}

func reopen(t *testing.T, path string) (*Ledger, []Entry) {
	t.Helper()
	l, entries := Open(path, nil)
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return l, entries
}

func TestLastStateOfEachIsRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, entries := reopen(t, path)
	if len(entries) != 0 {
		t.Fatalf("a new ledger remembers %v", entries)
	}
	acked := entry(1, api.StateAcked)
	acked.ClaimID, acked.Outcome, acked.Version = "printer-7", api.OutcomeIssued, 9
	rejected := entry(2, api.StateRejected)
	rejected.Code = fault.DigestMismatch
	want := []Entry{acked, rejected, entry(3, api.StateArmed)}
	for _, e := range []Entry{entry(1, api.StateArmed), entry(2, api.StateArmed), entry(1, api.StateVerified), rejected, acked, want[2]} {
		l.Record(e)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, got := reopen(t, path)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, %v", info, err)
	}
}

func TestLinesRoundTrip(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z0-9._:~-]{1,64}`)
	rapid.Check(t, func(t *rapid.T) {
		e := entry(1, rapid.SampledFrom([]api.State{api.StateArmed, api.StateClaimed, api.StateLost}).Draw(t, "state"))
		e.Transaction, e.ClaimID = name.Draw(t, "transaction"), name.Draw(t, "claim")
		e.Reader = rapid.StringN(0, 128, 128).Draw(t, "reader")
		line, err := e.line()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := parseLine(bytes.TrimSuffix(line, []byte("\n")))
		if !ok || !cmp.Equal(got, e) {
			t.Fatalf("%s gives %+v", line, got)
		}
		i, bit := rapid.IntRange(0, len(line)-2).Draw(t, "byte"), byte(1)<<rapid.IntRange(0, 7).Draw(t, "bit")
		line[i] ^= bit
		if _, ok := parseLine(bytes.TrimSuffix(line, []byte("\n"))); ok {
			t.Fatalf("a flipped bit in byte %d went unseen", i)
		}
	})
}

// A power cut can end the file anywhere in its last line, and old disks flip bits.
func TestF47_DamagedLinesAreLeftOut(t *testing.T) {
	var whole []byte
	for n := range 3 {
		line, err := entry(n, api.StateArmed).line()
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, line...)
	}
	second := bytes.IndexByte(whole, '\n') + 1
	third := second + bytes.IndexByte(whole[second:], '\n') + 1
	flipped := bytes.Clone(whole)
	flipped[second+20] ^= 1
	for name, c := range map[string]struct {
		content []byte
		ids     string
		damaged int
		torn    bool
	}{
		"whole":          {whole, "P0 P1 P2", 0, false},
		"torn":           {whole[:len(whole)-7], "P0 P1", 0, true},
		"newline torn":   {whole[:len(whole)-1], "P0 P1", 0, true},
		"zeros at end":   {append(bytes.Clone(whole), make([]byte, 4096)...), "P0 P1 P2", 0, true},
		"bit flipped":    {flipped, "P0 P2", 1, false},
		"line cut short": {slices.Concat(whole[:third-10], []byte("\n"), whole[third:]), "P0 P2", 1, false},
		"another file":   {[]byte("<html>\n{}\nnull\n"), "", 3, false},
		"huge line":      {slices.Concat(bytes.Repeat([]byte("x"), 1<<20), []byte("\n"), whole), "P0 P1 P2", 1, false},
		"huge file":      {slices.Concat(bytes.Repeat([]byte("x\n"), maxRead/2), whole), "P0 P1 P2", maxRead/2 - (len(whole)+1)/2, false},
		"empty":          {nil, "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			l, entries := reopen(t, path)
			var ids []string
			for _, e := range entries {
				ids = append(ids, e.ID)
			}
			damaged, torn := l.Damaged()
			if got := strings.Join(ids, " "); got != c.ids || torn != c.torn || max(damaged-c.damaged, c.damaged-damaged) > 1 {
				t.Errorf("%s, %d damaged, torn %v; want %s, %d, %v", got, damaged, torn, c.ids, c.damaged, c.torn)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			again, _ := reopen(t, path)
			if damaged, torn := again.Damaged(); damaged != 0 || torn {
				t.Errorf("damage is still there: %d, %v", damaged, torn)
			}
		})
	}
}

func TestFileStaysBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	l, _ := reopen(t, path)
	open := entry(0, api.StateArmed)
	l.Record(open)
	largest := int64(0)
	for n := range 8000 {
		l.Record(entry(n+1, api.StateArmed))
		l.Record(entry(n+1, api.StateExpired))
		if n%100 == 0 {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			largest = max(largest, info.Size())
		}
	}
	if largest > MaxSize+maxLine || largest < MaxSize/2 {
		t.Errorf("the file grew to %d bytes, at most %d are meant", largest, MaxSize)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, entries := reopen(t, path)
	if len(entries) != Keep+1 || entries[0].ID != open.ID || entries[Keep].ID != "P8000" {
		t.Errorf("%d entries, the first %s", len(entries), entries[0].ID)
	}
}

func TestSecondProcessIsKeptOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	first, _ := reopen(t, path)
	first.Record(entry(1, api.StateArmed))
	second, entries := Open(path, nil)
	if fault.CodeOf(second.Err()) != fault.LedgerDegraded || len(entries) != 0 {
		t.Errorf("second ledger: %v, %v", second.Err(), entries)
	}
	second.Record(entry(2, api.StateArmed))
	second.Sync()
	if err := errors.Join(second.Close(), first.Close()); err != nil {
		t.Fatal(err)
	}
	if _, entries := reopen(t, path); len(entries) != 1 || entries[0].ID != "P1" {
		t.Errorf("entries %v", entries)
	}
}

func TestWhatIsNoFileStaysAsItIs(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, dir} {
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		l, _ := Open(path, nil)
		l.Record(entry(1, api.StateArmed))
		if after, err := os.Lstat(path); l.Err() == nil || err != nil || after.Mode() != before.Mode() {
			t.Errorf("%s: %v; %v, before %v", path, l.Err(), after, before)
		}
		_ = l.Close()
	}
}

func TestNilLedgerDoesNothing(t *testing.T) {
	var l *Ledger
	l.Record(entry(1, api.StateArmed))
	l.Sync()
	if damaged, torn := l.Damaged(); l.Err() != nil || l.Close() != nil || damaged != 0 || torn {
		t.Error("a nil ledger has something to say")
	}
}
