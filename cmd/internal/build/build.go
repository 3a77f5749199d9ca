// Package build tells which build of Kazashi is running: the same for all its
// programs.
package build

import (
	"cmp"
	"crypto/fips140"
	"runtime/debug"
	"time"
)

// What a release is built with: -ldflags "-X kazashi/cmd/internal/build.release=v1.2.3".
// A plain go build leaves it empty, and what the go command noted counts.
var release string

// devel is the version of a build that nobody gave one.
const devel = "devel"

// An Info is what is known of a build.
type Info struct {
	Version  string
	Commit   string    // "unknown" for a build outside of a repository
	Modified bool      // the tree had changes that are in no commit
	At       time.Time // of the commit; zero when unknown
}

// Read returns what is known of the running program.
func Read() Info {
	info := Info{Version: release, Commit: "unknown"}
	noted, ok := debug.ReadBuildInfo()
	if !ok {
		info.Version = cmp.Or(info.Version, devel)
		return info
	}
	for _, s := range noted.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		case "vcs.time":
			info.At, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	if noted.Main.Version != "(devel)" {
		info.Version = cmp.Or(info.Version, noted.Main.Version)
	}
	info.Version = cmp.Or(info.Version, devel)
	return info
}

// Version returns the version of the running program: that of the release, or
// what the go command noted, or "devel".
func Version() string { return Read().Version }

// FIPS tells of Go's FIPS 140-3 module: whether it is on, and the version of the module
// that the program was built with ("latest" is the one of the toolchain, which has no
// certificate). That it is on says nothing of the curves that it does not have.
func FIPS() (on bool, module string) { return fips140.Enabled(), fips140.Version() }
