package key

import (
	"os"
	"path/filepath"
	"strings"

	"kazashi/session/fault"
	"kazashi/session/intake"
)

// credentialsDirectory is where systemd tells a service its credentials lie
// (LoadCredential=, LoadCredentialEncrypted=).
const credentialsDirectory = "CREDENTIALS_DIRECTORY"

// maxPlace bounds what is read, in bytes: a chain of certificates has a few thousand.
const maxPlace = 64 << 10

// readPlace reads a file, or a credential of systemd. The caller clears what it gets.
func readPlace(place string) ([]byte, error) {
	if strings.HasPrefix(place, schemePKCS11) {
		return nil, fault.New(fault.ReaderKeyUnreadable, "a token keeps the key alone: certificates and PINs are files or credentials")
	}
	path := strings.TrimPrefix(place, schemeFile)
	if name, ok := strings.CutPrefix(place, schemeCredential); ok {
		if err := checkCredential(name); err != nil {
			return nil, err
		}
		directory := os.Getenv(credentialsDirectory)
		if directory == "" {
			return nil, fault.New(fault.ReaderKeyUnreadable,
				"no credential %q: %s is not set, LoadCredential= is missing in the unit", name, credentialsDirectory)
		}
		path = filepath.Join(directory, name)
	}
	text, err := intake.File(path, maxPlace)
	return text, fault.Wrap(fault.ReaderKeyUnreadable, err, "reader authentication")
}

// checkCredential refuses names that systemd does not give, which could lead out of
// its directory.
func checkCredential(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fault.New(fault.ReaderKeyUnreadable, "%q is no name of a credential", name)
	}
	return nil
}

// absolute reports whether a place is one that a change of directory does not move.
func absolute(place string) bool {
	if name, ok := strings.CutPrefix(place, schemeCredential); ok {
		return checkCredential(name) == nil
	}
	return filepath.IsAbs(strings.TrimPrefix(place, schemeFile))
}
