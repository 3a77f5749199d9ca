package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
)

// trustOrder is the command line of `kazashi trust` and its own verbs.
type trustOrder struct {
	config string
	at     string
	file   string
	// unanchored lets import take a status list that only documents vouch for.
	unanchored bool
	usages     map[string][]string // of document signers, as the configuration names them
}

func (a *app) trustCommand() *cobra.Command {
	order := &trustOrder{}
	cmd := &cobra.Command{
		Use: "trust",
		Short: phrase{
			Ja: "信頼する発行者と失効情報の表示・点検・登録・更新",
			En: "show, check, import and update trusted issuers and revocations",
		}.in(a.lang),
		Long: phrase{
			Ja: `設定ファイルに書かれた信頼する発行者 (IACA) と、登録済みの VICAL、CRL、ステータスリストを扱います。ファイルを直接読むので、デーモンは要りません。`,
			En: `Work on the trusted issuers (IACA) that the configuration names, and on the VICALs, CRLs and status lists that are installed. The files themselves are read; no daemon is needed.`,
		}.in(a.lang),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no command given")
			}
			return fmt.Errorf("unknown command %q", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // never reached, but makes Args count
	}
	cmd.AddCommand(a.trustListCommand(order), a.trustCheckCommand(order), a.trustImportCommand(order), a.trustUpdateCommand(order))
	return cmd
}

// trustVerb makes one of the verbs; they all know the configuration.
func (a *app) trustVerb(name string, short phrase, order *trustOrder, run func(context.Context) error) *cobra.Command {
	cmd := a.verb(name, short, run)
	cmd.Flags().StringVar(&order.config, "config", configs.Path, phrase{
		"`FILE`: デーモンの設定ファイル (既定は " + configs.Path + ")",
		"`FILE` with the daemon's configuration (default " + configs.Path + ")"}.in(a.lang))
	return cmd
}

// atFlag lets a verb that changes nothing look at another time.
func (a *app) atFlag(cmd *cobra.Command, order *trustOrder) {
	cmd.Flags().StringVar(&order.at, "at", "", phrase{
		"`RFC3339`: 判定する時刻 (既定は現在)",
		"`RFC3339` time to judge at (default now)"}.in(a.lang))
}

// sources reads where trust comes from out of the configuration, and the usages of
// document signers.
func (o *trustOrder) sources() (trust.Sources, error) {
	c, err := configs.Load(o.config)
	if err != nil {
		return trust.Sources{}, err
	}
	o.usages = map[string][]string{}
	for _, u := range c.Trust.SignerUsages {
		o.usages[u.DocType] = u.Usages
	}
	return c.Trust.Sources(), nil
}

// time returns the time to judge at.
func (o *trustOrder) time() (time.Time, error) {
	if o.at == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return at, fault.New(fault.Usage, "--at %q is no RFC 3339 time, such as 2026-12-01T00:00:00Z", o.at)
	}
	return at, nil
}

// load reads everything that is trusted.
func (o *trustOrder) load() (*trust.Set, time.Time, error) {
	at, err := o.time()
	if err != nil {
		return nil, at, err
	}
	sources, err := o.sources()
	if err != nil {
		return nil, at, err
	}
	return trust.Load(sources, nil, at), at, nil
}

// day shows a date of trust; clocks of people and of lists agree on days only.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}
