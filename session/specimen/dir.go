package specimen

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"kazashi/session/certificate"
)

// files names the parts of a PKI in a directory: NAME.cert.pem, and NAME.key.pem
// with the key in PKCS #8.
func (p *PKI) files() map[string]*Certified {
	return map[string]*Certified{"iaca": &p.IACA, "ds": &p.DS, "reader-ca": &p.ReaderCA, "reader": &p.Reader}
}

// Write stores the PKI in a directory, which is made if need be: two programs that
// read it trust each other. Keys are readable by their owner only.
func (p *PKI) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, c := range p.files() {
		key, err := certificate.MarshalPKCS8(c.Key)
		if err != nil {
			return fmt.Errorf("encoding the key of %s: %w", name, err)
		}
		if err := writePEM(filepath.Join(dir, name+".key.pem"), "PRIVATE KEY", key, 0o600); err != nil {
			return err
		}
		if err := writePEM(filepath.Join(dir, name+".cert.pem"), "CERTIFICATE", c.Certificate.Raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Obtain returns the PKI of a directory. Where the directory is missing or empty it
// makes one and stores it; of several programs that do so at once, one does, and the
// others read what it stored. Made tells which of the two it was.
func Obtain(dir string, at time.Time) (p *PKI, made bool, err error) {
	files, err := os.ReadDir(dir)
	switch {
	case err == nil && len(files) > 0:
		p, err = ReadPKI(dir)
		return p, false, err
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, false, err
	}
	if p, err = NewPKI(elliptic.P256(), at); err != nil {
		return nil, false, err
	}
	dir = filepath.Clean(dir)
	if err = os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, false, err
	}
	// All of it is there at once, or nothing.
	fresh, err := os.MkdirTemp(filepath.Dir(dir), ".specimen-*")
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // gone already when all went well
	if err = p.Write(fresh); err != nil {
		return nil, false, err
	}
	if err = os.Chmod(fresh, 0o755); err != nil {
		return nil, false, err
	}
	// An empty directory gives way, one with anything in it does not.
	if err = unix.Rename(fresh, dir); err == nil {
		return p, true, nil
	}
	if other, read := ReadPKI(dir); read == nil {
		return other, false, nil
	}
	return nil, false, &os.LinkError{Op: "rename", Old: fresh, New: dir, Err: err}
}

// ReadPKI reads a PKI that Write stored.
func ReadPKI(dir string) (*PKI, error) {
	p := new(PKI)
	for name, c := range p.files() {
		der, err := readPEM(filepath.Join(dir, name+".cert.pem"), "CERTIFICATE")
		if err != nil {
			return nil, err
		}
		if c.Certificate, err = certificate.Parse(der); err != nil {
			return nil, fmt.Errorf("certificate of %s: %w", name, err)
		}
		if der, err = readPEM(filepath.Join(dir, name+".key.pem"), "PRIVATE KEY"); err != nil {
			return nil, err
		}
		key, err := certificate.ParsePKCS8(der)
		if err != nil {
			return nil, fmt.Errorf("key of %s: %w", name, err)
		}
		var signs, fits bool
		if c.Key, signs = key.(crypto.Signer); signs {
			ours, ok := c.Key.Public().(interface{ Equal(crypto.PublicKey) bool })
			fits = ok && ours.Equal(c.Certificate.PublicKey)
		}
		if !fits {
			return nil, fmt.Errorf("key of %s is not the one of its certificate", name)
		}
	}
	return p, nil
}

// writePEM writes under another name first, so that no one reads half a file.
func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".specimen-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	if modeErr := f.Chmod(mode); err == nil {
		err = modeErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

func readPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%s holds no single %s", path, kind)
	}
	return block.Bytes, nil
}
