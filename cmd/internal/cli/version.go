package cli

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/build"
)

// A version is what `kazashi version` tells.
type version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // built from a tree with changes that are in no commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
	PCSC     bool   `json:"pcsc"`
	FIPS     bool   `json:"fips140"`        // Go's FIPS 140-3 module is on
	Module   string `json:"fips140_module"` // its version
}

// thisVersion returns that of the running program.
func thisVersion() version {
	b := build.Read()
	on, module := build.FIPS()
	return version{
		Version: b.Version, Commit: b.Commit, Modified: b.Modified, Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, PCSC: withPCSC, FIPS: on, Module: module,
	}
}

func (a *app) versionCommand() *cobra.Command {
	cmd := a.verb("version", phrase{
		Ja: "このコマンドの版を表示する",
		En: "show which version this command is",
	}, a.showVersion)
	return cmd
}

func (a *app) showVersion(context.Context) error {
	b := thisVersion()
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
	t.add("FIPS 140-3", a.fips(b))
	a.out.table(t)
	return nil
}

func (a *app) fips(v version) string {
	if v.FIPS {
		return phrase{"有効 (モジュール ", "on (module "}.in(a.lang) + v.Module + ")"
	}
	return phrase{"無効 (モジュール ", "off (module "}.in(a.lang) + v.Module + ")"
}
