package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// What the release build sets with -ldflags "-X kazashi/cmd/internal/cli.version=v1.2.3".
// A plain go build leaves it empty, and the build information of the go command counts.
var version string

// A build is what `kazashi version` tells.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // built from a tree with changes that are in no commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
	PCSC     bool   `json:"pcsc"`
}

// thisBuild returns the build of the running program. What is not known says so.
func thisBuild() build {
	b := build{
		Version: version, Commit: "unknown", Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, PCSC: withPCSC,
	}
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
		if b.Version == "" && info.Main.Version != "" {
			b.Version = info.Main.Version
		}
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	cmd := a.verb("version", phrase{
		Ja: "このコマンドの版を表示する",
		En: "show which version this command is",
	}, a.version)
	return cmd
}

func (a *app) version(context.Context) error {
	b := thisBuild()
	if a.json {
		return a.writeJSON(b)
	}
	commit := b.Commit
	if b.Modified {
		commit += phrase{" (変更あり)", " (modified)"}.in(a.lang)
	}
	pcsc := phrase{"あり", "built in"}.in(a.lang)
	if !b.PCSC {
		pcsc = phrase{"なし (cgo を使わないビルド)", "built without PC/SC"}.in(a.lang)
	}
	t := &table{}
	t.add("kazashi", b.Version)
	t.add(phrase{"コミット", "commit"}.in(a.lang), commit)
	t.add("go", b.Go+" "+b.Platform)
	t.add("PC/SC", pcsc)
	a.out.table(t)
	return nil
}
