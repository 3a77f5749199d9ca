package main

import (
	"crypto/elliptic"
	"time"

	"kazashi/session/specimen"
)

// loadPKI returns the specimen authorities of a directory, and makes them there
// when the directory is empty or missing, as a daemon in specimen mode does.
// Without a directory they are made for this run only, and no daemon trusts them.
func loadPKI(dir string, at time.Time) (pki *specimen.PKI, made bool, err error) {
	if dir != "" {
		return specimen.Obtain(dir, at)
	}
	pki, err = specimen.NewPKI(elliptic.P256(), at)
	return pki, true, err
}
