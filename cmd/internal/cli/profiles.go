package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"kazashi/transport/api"
)

func (a *app) profilesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "profiles",
		Short: phrase{
			Ja: "何を求めてよいかを決めるプロファイルを見る、確かめる",
			En: "list and check profiles, which say what may be asked",
		}.in(a.lang),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no command given: list or check")
			}
			return fmt.Errorf("unknown command %q", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // never reached, but makes Args count
	}
	cmd.AddCommand(a.verb("list", phrase{
		Ja: "デーモンが読み込んだプロファイルの一覧を表示する",
		En: "list the profiles that the daemon has loaded",
	}, a.listProfiles), a.checkProfilesCommand())
	return cmd
}

func (a *app) listProfiles(ctx context.Context) error {
	daemon, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	list, err := daemon.Profiles(ctx)
	if err != nil {
		return err
	}
	if a.json {
		return a.writeJSON(list)
	}
	t := &table{whole: 1, head: []string{
		phrase{"名前", "NAME"}.in(a.lang),
		phrase{"題名", "TITLE"}.in(a.lang),
		phrase{"求める項目", "ASKS FOR"}.in(a.lang),
		phrase{"保存", "KEPT"}.in(a.lang),
		phrase{"信頼の起点", "ANCHOR"}.in(a.lang),
	}}
	for _, p := range list.Profiles {
		anchor := phrase{"あり", "yes"}
		if !p.Usable {
			anchor = phrase{"なし", "none"}
		}
		t.add(p.Name, phrase(p.Title).in(a.lang), a.labels(p.Asked), a.kept(p), anchor.in(a.lang))
	}
	a.out.table(t)
	return nil
}

// labels names elements as the kiosk's screen does.
func (a *app) labels(asked []api.AskedElement) string {
	names := make([]string, 0, len(asked))
	for _, e := range asked {
		names = append(names, phrase(e.Label).in(a.lang))
	}
	return strings.Join(names, phrase{"、", ", "}.in(a.lang))
}

// kept says whether anything is kept, and for how long.
func (a *app) kept(p api.Profile) string {
	days := 0
	for _, e := range p.Asked {
		days = max(days, e.RetainDays)
	}
	if days == 0 {
		return phrase{"しない", "no"}.in(a.lang)
	}
	text := strconv.Itoa(days) + phrase{"日", " days"}.in(a.lang)
	if p.Evidence {
		text += phrase{"、証拠つき", ", with evidence"}.in(a.lang)
	}
	return text
}
