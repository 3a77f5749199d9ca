package cli

import (
	"context"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/doctor"
	"kazashi/configs"
)

// doctorOrder is the command line of `kazashi doctor`.
type doctorOrder struct {
	config      string
	configGiven bool
	socket      string // "" for that of the configuration
	watch       bool
}

func (a *app) doctorCommand() *cobra.Command {
	var order doctorOrder
	cmd := a.verb("doctor", phrase{
		Ja: "故障の原因と、次にすることを調べる (デーモンが止まっていても)",
		En: "find what is broken and what to do, also without a daemon",
	}, nil)
	cmd.Long = phrase{
		Ja: `時計、設定、デーモン、ソケット、pcscd、USB のリーダー、ドライバー、信頼する発行者、失効情報、台帳、ユニットを、依存する順に調べます。最初に原因を、コード、見えたもの、対処、実行するコマンドで示し、その先にあって見られないものは、どのコードのためかを示します。何も変えず、デーモンが動く間はリーダーに接続しません。2 秒以内に答えます。

終了コード: 0 正常、1 異常がある、3 注意だけがある、64 使い方の誤り、70 内部の誤り、130 中断`,
		En: `Look at the clock, the configuration, the daemon and its socket, pcscd, the reader on USB and its driver, trusted issuers, revocation lists, the ledger and the units, in the order in which they depend on each other. The cause comes first, with its code, what was seen, what to do and the command to run; what lies behind it is not looked at, and says because of which code. Nothing is changed, and no connection is made to a reader while the daemon runs. It answers within 2 s.

exit status: 0 all is well, 1 something is broken, 3 nothing but warnings, 64 wrong command line, 70 internal error, 130 interrupted`,
	}.in(a.lang)
	cmd.Example = "  kazashi doctor\n  sudo kazashi doctor --watch"
	cmd.Flags().StringVar(&order.config, "config", configs.Path, phrase{
		"`FILE`: デーモンの設定ファイル (既定は " + configs.Path + ")",
		"`FILE` with the daemon's configuration (default " + configs.Path + ")"}.in(a.lang))
	cmd.Flags().BoolVar(&order.watch, "watch", false, phrase{
		"2 秒ごとに調べ直す (中断するまで)", "look again every 2 s until interrupted"}.in(a.lang))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		a.started = true
		order.configGiven = cmd.Flags().Changed("config")
		if cmd.Flags().Changed("socket") || a.Getenv("KAZASHI_SOCKET") != "" {
			order.socket = a.socket
		}
		if order.watch {
			return a.watchDoctor(cmd.Context(), order)
		}
		return a.doctor(cmd.Context(), order)
	}
	return cmd
}

// world is the machine that is looked at.
func (a *app) world(order doctorOrder) *doctor.World {
	w := doctor.Machine(order.config, order.configGiven, order.socket)
	if a.seam != nil {
		a.seam(w)
	}
	return w
}

func (a *app) doctor(ctx context.Context, order doctorOrder) error {
	r := doctor.Examine(ctx, a.world(order))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if a.json {
		if err := a.writeJSON(examinationOf(r)); err != nil {
			return err
		}
	} else {
		a.showExamination(r)
	}
	return examinationFailure(r)
}

// examinationFailure is the exit status of an examination as an error, nil for 0.
func examinationFailure(r doctor.Report) error {
	if exit := examinationExit(r); exit != exitOK {
		return reported{exit}
	}
	return nil
}

func examinationExit(r doctor.Report) int {
	switch r.State() {
	case doctor.Failed:
		return exitFailed
	case doctor.Warning:
		return exitWarning
	}
	return exitOK
}
