package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"kazashi/transport/client"
)

func (a *app) readersCommand() *cobra.Command {
	return a.verb("readers", phrase{
		Ja: "リーダーの一覧を表示する",
		En: "list the readers that the daemon knows",
	}, a.readers)
}

func (a *app) readers(ctx context.Context) error {
	daemon, err := client.DialContext(ctx, a.socket)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	list, err := daemon.Readers(ctx)
	if err != nil {
		return err
	}
	if a.json {
		return a.writeJSON(list)
	}
	if len(list.Readers) == 0 {
		a.out.say(warn, "", phrase{"リーダーが見つかりません", "no reader found"}.in(a.lang))
		a.out.say(plain, phrase{"ヒント: ", "hint: "}.in(a.lang), phrase{
			Ja: "USB の接続と pcscd の動作を確認してください。デーモンから見た理由は kazashi status に出ます",
			En: "check the USB cable and that pcscd runs; kazashi status shows what the daemon sees",
		}.in(a.lang))
		return nil
	}
	t := &table{head: []string{
		phrase{"リーダー", "READER"}.in(a.lang),
		phrase{"状態", "STATE"}.in(a.lang),
		phrase{"APDU 送信/受信", "APDU OUT/IN"}.in(a.lang),
	}}
	for _, r := range list.Readers {
		sizes := "-"
		if r.MaxCommand > 0 {
			sizes = strconv.Itoa(r.MaxCommand) + "/" + strconv.Itoa(r.MaxResponse)
		}
		t.add(r.Name, a.readerText(r), sizes)
	}
	a.out.table(t)
	return nil
}
