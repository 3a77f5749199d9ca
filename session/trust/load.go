package trust

import (
	"bytes"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kazashi/session/fault"
	"kazashi/session/intake"
)

// maxFile bounds a file of certificates; those of today are below 2 KiB each.
const maxFile = 1 << 20

// MaxList bounds a VICAL, a CRL or a status list, in bytes: it may be written in
// hexadecimal digits. A larger file is not read.
const MaxList = 20 << 20

// ParsePEM reads the anchors in data: one or more PEM blocks, all of them
// certificates, or one certificate in DER. Each has to be one of an IACA, see
// [CheckAnchor]. Data without a certificate is an error. All errors are KZ-513.
func ParsePEM(data []byte) ([]Anchor, error) {
	ders, err := certificates(data)
	if err != nil {
		return nil, err
	}
	var anchors []Anchor
	for i, der := range ders {
		c, err := parseCertificate(der)
		if err == nil {
			err = CheckAnchor(c)
		}
		if err != nil {
			return nil, fault.Wrap(fault.TrustFileInvalid, err, "certificate %d", i)
		}
		anchors = append(anchors, Anchor{Certificate: c})
	}
	return anchors, nil
}

func certificates(data []byte) ([][]byte, error) {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		if len(data) == 0 {
			return nil, fault.New(fault.TrustFileInvalid, "empty")
		}
		return [][]byte{data}, nil
	}
	var ders [][]byte
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fault.New(fault.TrustFileInvalid, "holds a %s", strings.ToLower(block.Type))
		}
		ders, data = append(ders, block.Bytes), rest
	}
	if len(ders) == 0 || bytes.Contains(data, []byte("-----BEGIN ")) {
		return nil, fault.New(fault.TrustFileInvalid, "holds a pem block that cannot be read")
	}
	return ders, nil
}

// LoadFile reads the anchors in one file, PEM or DER. Errors are KZ-513 and name
// the file.
func LoadFile(path string) ([]Anchor, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, err
	}
	anchors, err := ParsePEM(data)
	return anchors, fault.Wrap(fault.TrustFileInvalid, err, "%s", path)
}

// LoadDir reads all files of a folder whose names end in .pem, .crt, .cer or
// .der. A file that cannot be read takes nothing from the others: the anchors of
// the good files come back together with one error for all bad ones. A folder
// without such files gives no anchor and no error, and a Store of no anchor
// refuses everything.
func LoadDir(dir string) ([]Anchor, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "trust folder")
	}
	var anchors []Anchor
	var bad []error
	for _, entry := range entries {
		if entry.IsDir() || !isCertificateFile(entry.Name()) {
			continue
		}
		found, err := LoadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			bad = append(bad, err)
			continue
		}
		anchors = append(anchors, found...)
	}
	return anchors, errors.Join(bad...)
}

func isCertificateFile(name string) bool {
	return slices.Contains([]string{".pem", ".crt", ".cer", ".der"}, strings.ToLower(filepath.Ext(name)))
}

// readFile reads a file of at most limit bytes. Errors are KZ-513 and name the
// file.
func readFile(path string, limit int) ([]byte, error) {
	data, err := intake.File(path, limit)
	return data, fault.Wrap(fault.TrustFileInvalid, err, "trust file")
}
