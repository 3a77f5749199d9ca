package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A readerList is what `kazashi readers --json` writes.
type readerList struct {
	api.Readers
	Code fault.Code `json:"code,omitempty"` // why there is none, when it is the service's fault
}

func (a *app) readersCommand() *cobra.Command {
	cmd := a.verb("readers", phrase{
		Ja: "リーダーの一覧を表示する",
		En: "list the readers that the daemon knows",
	}, a.readers)
	cmd.Long = phrase{
		Ja: `デーモンが知っているリーダーと、その状態を表示します。

終了コード: 0 表示した、69 デーモンかリーダーのサービス (pcscd) が応答しない、77 権限がない`,
		En: `List the readers that the daemon knows, and their state.

exit status: 0 listed, 69 the daemon or the reader service (pcscd) does not answer, 77 permission denied`,
	}.in(a.lang)
	return cmd
}

func (a *app) readers(ctx context.Context) error {
	daemon, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	list := readerList{}
	if list.Readers, err = daemon.Readers(ctx); err != nil {
		return err
	}
	if len(list.Readers.Readers) == 0 {
		health, err := daemon.Health(ctx)
		if err != nil {
			return err
		}
		list.Code = serviceFault(health)
	}
	switch {
	case a.json:
		err = a.writeJSON(list)
	case list.Code != "":
		a.out.say(bad, "", fmt.Sprintf(phrase{
			"リーダーが見つかりません: %s (%s)", "no reader found: %s (%s)"}.in(a.lang), list.Code, list.Code.Slug()))
		entry := message.Lookup(list.Code)
		a.explain(a.out, "", phrase(entry.Cause), phrase(entry.Remedy))
	default:
		a.showReaders(list.Readers.Readers)
	}
	if err == nil && list.Code != "" {
		return reported{exitOf(fault.New(list.Code, ""))}
	}
	return err
}

// serviceFault returns what is wrong with the service behind all readers, "" when
// nothing is.
func serviceFault(h api.Health) fault.Code {
	for _, item := range h.Items {
		switch item.Code {
		case fault.ReaderServiceDown, fault.ReaderServiceHung, fault.ReaderServiceDenied, fault.ReaderUnsupported:
			return item.Code
		}
	}
	return ""
}

func (a *app) showReaders(list []api.Reader) {
	if len(list) == 0 {
		a.out.say(warn, "", phrase{"リーダーが見つかりません", "no reader found"}.in(a.lang))
		a.out.say(plain, phrase{"ヒント: ", "hint: "}.in(a.lang), phrase{
			Ja: "USB の接続と pcscd の動作を確認してください。デーモンから見た理由は kazashi status に出ます",
			En: "check the USB cable and that pcscd runs; kazashi status shows what the daemon sees",
		}.in(a.lang))
		return
	}
	t := &table{head: []string{
		phrase{"リーダー", "READER"}.in(a.lang),
		phrase{"状態", "STATE"}.in(a.lang),
		phrase{"APDU 送信/受信", "APDU OUT/IN"}.in(a.lang),
	}}
	for _, r := range list {
		sizes := "-"
		if r.MaxCommand > 0 {
			sizes = strconv.Itoa(r.MaxCommand) + "/" + strconv.Itoa(r.MaxResponse)
		}
		t.add(r.Name, a.readerText(r), sizes)
	}
	a.out.table(t)
}
