package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxRead bounds in bytes what is read of a file at start: several times what one
// of ours can have.
const maxRead = 16 << 20

// errNotOurs means that what is at the path must not be touched.
var errNotOurs = errors.New("not a ledger of this process")

var errClosed = os.ErrClosed

// A file is a ledger's file, open for writing at its end.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// A disk is where ledgers are. Outside of tests there is one: onDisk.
type disk interface {
	// read returns the content of a file, nil for one that is not there.
	read(path string) ([]byte, error)
	// replace puts a file with this content in the place of path, at once and for
	// certain, and returns it open.
	replace(path string, content []byte) (file, error)
}

type onDisk struct{}

func (onDisk) read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe there must not hang the start
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // gives up the lock; replace takes it again
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: no regular file", errNotOurs)
	}
	if err := lock(f); err != nil {
		return nil, err
	}
	if over := info.Size() - maxRead; over > 0 {
		// No ledger of ours grows so far. Its end is the newest.
		if _, err := f.Seek(over, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(f, maxRead))
}

func (onDisk) replace(path string, content []byte) (_ file, err error) {
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(next) // gone already, if it has its new name
		}
	}()
	if err := lock(f); err != nil {
		return nil, err
	}
	if _, err := f.Write(content); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if err := os.Rename(next, path); err != nil {
		return nil, err
	}
	return f, syncDirectory(filepath.Dir(path))
}

// lock keeps a second daemon from the same file, until it is closed.
func lock(f *os.File) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%w: another process writes it: %w", errNotOurs, err)
	}
	return nil
}

// syncDirectory makes a renamed file outlast a power cut under its new name.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
