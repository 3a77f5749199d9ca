package bundle

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// place gives a finished file its name unless something has it. A link is for file systems
// that cannot rename so; the FAT of a USB stick has no links, but can rename.
func place(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS):
		return os.Link(from, to)
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
}
