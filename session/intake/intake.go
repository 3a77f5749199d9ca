// Package intake reads files that somebody else put there: configuration,
// profiles, certificates, lists, keys.
package intake

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// ErrNoFile means that a path leads to something else than a regular file of the
// size allowed: a folder, a pipe, a device, or too many bytes.
var ErrNoFile = errors.New("no regular file of the size allowed")

// File returns the content of a regular file of at most limit bytes. It does not
// wait for the other end of a pipe, and reads no device, so that nothing that
// stands where a file should can hold up a start or a reload. Symbolic links are
// followed.
//
// The content lies in one piece of memory, of which nothing was copied: a caller
// that clears it has cleared all of it. Errors name the path.
func File(path string, limit int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: it is %s", path, ErrNoFile, kind(info.Mode()))
	}
	if info.Size() > int64(limit) {
		return nil, fmt.Errorf("%s: %w: %d bytes, at most %d", path, ErrNoFile, info.Size(), limit)
	}
	// One byte more than the file has shows whether it grew meanwhile.
	content := make([]byte, info.Size()+1)
	n, err := io.ReadFull(f, content)
	switch {
	case err == nil:
		clear(content)
		return nil, fmt.Errorf("%s: %w: it grows while it is read", path, ErrNoFile)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return content[:n], nil
	}
	clear(content)
	return nil, err
}

func kind(mode os.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&os.ModeNamedPipe != 0:
		return "a pipe"
	case mode&os.ModeDevice != 0:
		return "a device"
	case mode&os.ModeSocket != 0:
		return "a socket"
	}
	return "something else"
}
