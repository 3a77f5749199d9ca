package daemon

import "runtime/debug"

// What the release build sets with
// -ldflags "-X kazashi/cmd/internal/daemon.release=v1.2.3".
var release string

// Version returns the version of the running program: that of the release, or
// what the go command noted, or "devel".
func Version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
