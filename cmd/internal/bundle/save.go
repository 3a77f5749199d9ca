package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"kazashi/session/fault"
)

// Save writes the archive to a file that must not exist, mode 0600, whole or not at all.
// Errors carry fault.ReportUnwritable.
func (c *Content) Save(path string) (err error) {
	defer func() {
		if err != nil {
			err = fault.Wrap(fault.ReportUnwritable, err, "")
		}
	}()
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, ".kazashi-bugreport-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	err = c.Write(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	// Nothing takes the place of a file that came meanwhile.
	if err := place(file.Name(), path); err != nil {
		return err
	}
	return syncDirectory(dir)
}

// syncDirectory makes a new name in a directory last.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
