package cli

import (
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"kazashi/session/certificate"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
)

// How large an input file may be, in bytes. A response is capped above what the
// decoder takes, so that one that is too large is the phone's fault and not the
// file's.
const (
	maxResponseFile   = 16 << 20
	maxTranscriptFile = 1 << 20
	maxPEMFile        = 1 << 20
)

// readFile returns the content of a file of at most limit bytes.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Wrap(fault.InputUnreadable, err, "")
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.Wrap(fault.InputUnreadable, err, "")
	}
	if int64(len(data)) > limit {
		return nil, fault.New(fault.InputUnreadable, "%s: larger than %d bytes", name, limit)
	}
	return data, nil
}

// readTranscript returns the SessionTranscript array of a file that holds it as
// it is or as SessionTranscriptBytes, #6.24(bstr).
func readTranscript(name string) ([]byte, error) {
	data, err := readFile(name, maxTranscriptFile)
	if err != nil {
		return nil, err
	}
	array, err := mdoc.TranscriptArray(data)
	if err != nil {
		return nil, fault.New(fault.MalformedTranscript, "%s: %s", name, detailOf(err))
	}
	return array, nil
}

// readReaderKey returns the private EReaderKey of a PEM file, PKCS #8 or SEC 1, on any
// curve of session encryption. The PEM may begin with its EC PARAMETERS, as OpenSSL
// writes it.
func readReaderKey(name string) (*seal.Private, error) {
	data, err := readFile(name, maxPEMFile)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "EC PARAMETERS" {
			continue
		}
		key, err := parsePrivateKey(block)
		if err != nil {
			return nil, fault.New(fault.InputUnreadable, "%s: %v", name, err)
		}
		private, err := seal.FromKey(key)
		if err != nil {
			return nil, fault.New(fault.InputUnreadable, "%s: %v", name, err)
		}
		return private, nil
	}
	return nil, fault.New(fault.InputUnreadable, "%s: no PEM block", name)
}

func parsePrivateKey(block *pem.Block) (key crypto.PrivateKey, err error) {
	defer clear(block.Bytes)
	switch block.Type {
	case "EC PRIVATE KEY":
		if key, err = certificate.ParseEC(block.Bytes); err != nil {
			return nil, errors.New("not a SEC 1 private key")
		}
	case "PRIVATE KEY":
		if key, err = certificate.ParsePKCS8(block.Bytes); err != nil {
			return nil, errors.New("not a PKCS #8 private key")
		}
	default:
		return nil, fmt.Errorf("PEM block %q where a private key belongs", block.Type)
	}
	return key, nil
}
