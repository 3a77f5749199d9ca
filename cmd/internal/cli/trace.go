package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// traceOrder is the command line of `kazashi trace`.
type traceOrder struct {
	on     time.Duration // 0: leave it as it is
	off    bool
	follow bool
}

// The bounds of --on. The daemon turns a trace off by itself after the longest.
const (
	minTrace     = time.Second
	maxTrace     = api.MaxTraceMS * time.Millisecond
	defaultTrace = api.DefaultTraceMS * time.Millisecond
)

func (a *app) traceCommand() *cobra.Command {
	var order traceOrder
	var on string
	cmd := &cobra.Command{
		Use: "trace",
		Short: phrase{
			Ja: "APDU のやり取りを表示する (中身は含まない)",
			En: "show the APDUs of the taps, without payloads",
		}.in(a.lang),
		Args: func(cmd *cobra.Command, args []string) error {
			// --on takes its time as the next word too, which the parser leaves over.
			if cmd.Flags().Changed("on") && len(args) == 1 && on == defaultTrace.String() {
				on = args[0]
				return nil
			}
			return noArguments(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.started = true
			if cmd.Flags().Changed("on") {
				d, err := parseTraceTime(on)
				if err != nil {
					return err
				}
				order.on = d
			}
			if order.off && (order.on > 0 || order.follow) {
				return fault.New(fault.Usage, "--off goes with neither --on nor --follow")
			}
			return a.trace(cmd.Context(), order)
		},
	}
	cmd.Long = phrase{
		Ja: `デーモンが記録した APDU を、時刻、手順、ヘッダー (CLA INS P1 P2)、送受信の長さ、ステータスワード、所要時間 (ミリ秒) で示します。中身はデーモンが記録しないので、誰にも見えません。記録は --on の間だけ行われ、長くても 15 分で止まり、止まると消えます。technician の役割が必要です。--follow と --json では、一件を一行の JSON で書きます。

終了コード: 0 表示した、64 使い方の誤り、69 デーモンが応答しない、77 権限がない`,
		En: `Show the APDUs that the daemon traced: time, step, header (CLA INS P1 P2), bytes out and in, status word and how long it took in milliseconds. Payloads are never traced, so nobody sees them. Tracing is on after --on only, for 15 minutes at the longest; then everything traced is dropped. It takes the technician role. With --follow and --json every entry is one line of JSON.

exit status: 0 shown, 64 wrong command line, 69 daemon unavailable, 77 permission denied`,
	}.in(a.lang)
	cmd.Example = "  kazashi trace --on 5m --follow\n  kazashi trace --off"
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&on, "on", "", phrase{
		"`[TIME]`: 記録を始める。例えば 5m (既定)、最長 15m",
		"`[TIME]` to trace for from now on, such as 5m (the default); at most 15m"}.in(a.lang))
	f.Lookup("on").NoOptDefVal = defaultTrace.String()
	f.BoolVar(&order.off, "off", false, phrase{"記録を止めて消す", "stop tracing, and drop what was traced"}.in(a.lang))
	f.BoolVar(&order.follow, "follow", false, phrase{
		"記録が止まるまで表示を続ける (Ctrl-C で終わる)", "go on showing until tracing goes off (Ctrl-C ends it)"}.in(a.lang))
	return cmd
}

func parseTraceTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fault.New(fault.Usage, "--on %s is no time such as 5m", text)
	}
	if d < minTrace || d > maxTrace {
		return 0, fault.New(fault.Usage, "--on %s is not between %s and %s", d, minTrace, maxTrace)
	}
	return d, nil
}

// followFor is how long one question waits for news. The daemon waits 60 s at the most.
const followFor = 25 * time.Second

func (a *app) trace(ctx context.Context, order traceOrder) error {
	daemon, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	switch {
	case order.on > 0:
		_, err = daemon.SetTrace(ctx, order.on)
	case order.off:
		_, err = daemon.SetTrace(ctx, 0)
	}
	if err != nil {
		return err
	}
	page, err := daemon.Trace(ctx, client.Position{}, 0)
	if err != nil {
		return err
	}
	if !order.follow {
		if a.json {
			return a.writeJSON(page)
		}
		list := &traceList{a: a}
		list.page(page)
		a.showTraceState(page)
		return nil
	}
	return a.followTrace(ctx, daemon, page)
}

// followTrace shows what is traced until tracing goes off.
func (a *app) followTrace(ctx context.Context, daemon *client.Client, page api.Trace) error {
	list := &traceList{a: a}
	if !a.json {
		a.showTraceState(page)
		if !page.On {
			return nil
		}
	}
	for {
		if page.Missed {
			a.showMissed()
		}
		if a.json {
			for _, e := range page.Entries {
				if more, err := a.writeLine(e); err != nil || !more {
					return err
				}
			}
		} else {
			list.page(page)
		}
		if !page.On {
			a.err.line(plain, "kazashi: "+phrase{"トレースは止まっています", "the trace is off"}.in(a.lang))
			return nil
		}
		var err error
		if page, err = daemon.Trace(ctx, client.Position{Epoch: page.Epoch, Seq: page.Last}, followFor); err != nil {
			return err
		}
	}
}

// showMissed tells that a list has a hole: it was read too slowly.
func (a *app) showMissed() {
	a.err.line(plain, "kazashi: "+phrase{
		"古い記録は残っていないため、抜けがあります", "older entries are not kept any more: some are missing here"}.in(a.lang))
}
