package main

import (
	"crypto/elliptic"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kazashi/session/specimen"
)

// loadPKI returns the specimen authorities of a directory, and makes them there
// when the directory is empty or missing. Without a directory they are made for
// this run only, and no daemon trusts them.
func loadPKI(dir string, at time.Time) (pki *specimen.PKI, made bool, err error) {
	if dir != "" {
		empty, err := isEmpty(dir)
		if err != nil {
			return nil, false, err
		}
		if !empty {
			pki, err = specimen.ReadPKI(dir)
			return pki, false, err
		}
	}
	if pki, err = specimen.NewPKI(elliptic.P256(), at); err != nil {
		return nil, false, err
	}
	if dir != "" {
		err = pki.Write(dir)
	}
	return pki, true, err
}

// isEmpty reports whether a directory holds no certificate or key yet. A file of
// another kind in it is no obstacle.
func isEmpty(dir string) (bool, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if !info.IsDir() {
		return false, fmt.Errorf("%s is no directory", dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pem"))
	return len(files) == 0, err
}
