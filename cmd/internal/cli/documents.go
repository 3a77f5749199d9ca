package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/manual"
	"kazashi/session/fault"
)

// documentsCommand writes this command's own manual pages, in the language of the run,
// and its completions, for those who make packages.
func (a *app) documentsCommand(root *cobra.Command) *cobra.Command {
	dir := ""
	cmd := a.verb("internal-docs DIR", phrase{
		Ja: "マニュアルページと補完スクリプトを書き出す", En: "write manual pages and completions",
	}, func(context.Context) error { return a.writeDocuments(root, dir) })
	cmd.Hidden = true
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New("no folder given")
		}
		dir = args[0]
		return noArguments(nil, args[1:])
	}
	return cmd
}

func (a *app) writeDocuments(root *cobra.Command, dir string) error {
	pages := append(manual.Pages(root, 1, manual.Language(a.lang), a.moreOfTheManual()...), a.fieldManual())
	for _, p := range pages {
		if err := p.Write(filepath.Join(dir, "man")); err != nil {
			return fault.Wrap(fault.InputUnreadable, err, "")
		}
	}
	return fault.Wrap(fault.InputUnreadable, manual.WriteCompletions(root, filepath.Join(dir, "completions")), "")
}

// moreOfTheManual is what the first page tells beside its command tree.
func (a *app) moreOfTheManual() []manual.Section {
	in := func(ja, en string) string { return phrase{ja, en}.in(a.lang) }
	return []manual.Section{
		{Title: in("環境変数", "ENVIRONMENT"), Items: []manual.Item{
			{Term: "KAZASHI_SOCKET", Text: in("--socket がないときのデーモンのソケット。", "The daemon's socket, where no --socket is given.")},
			{Term: "LC_ALL, LC_MESSAGES, LANG", Text: in("--lang がないときの表示言語。", "The language of the output, where no --lang is given.")},
			{Term: "NO_COLOR", Text: in("設定されていれば色を使いません。", "No colour where it is set.")},
			{Term: "HTTPS_PROXY, NO_PROXY", Text: in("kazashi trust update が使うプロキシ。", "The proxies of kazashi trust update.")},
		}},
		{Title: in("ファイル", "FILES"), Items: []manual.Item{
			{Term: "/etc/kazashi/kazashid.yaml", Text: in("デーモンの設定。各キーの意味がこのファイルに書かれています。", "The daemon's configuration, which explains each of its keys.")},
			{Term: DefaultSocket, Text: in("デーモンのソケット。", "The daemon's socket.")},
			{Term: "/var/lib/kazashi-trust", Text: in("確かめて登録した VICAL、CRL、ステータスリスト。", "VICALs, CRLs and status lists that were verified and installed.")},
		}},
	}
}
