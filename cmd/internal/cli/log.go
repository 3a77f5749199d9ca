package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kazashi/session/fault"
)

// logOrder is the command line of `kazashi log`.
type logOrder struct {
	since  time.Time  // zero: as far back as there is something
	code   fault.Code // "": all
	count  int        // the newest so many, 0 for all
	follow bool
	from   string
}

// Where log lines come from.
const (
	fromJournal = "journal"
	fromDaemon  = "daemon"
)

// newestLines is how many lines are shown when nothing else is said.
const newestLines = 50

func (a *app) logCommand() *cobra.Command {
	var order logOrder
	var since, code string
	cmd := a.verb("log", phrase{
		Ja: "デーモンのログを表示する",
		En: "show the daemon's log",
	}, func(ctx context.Context) error {
		if err := order.read(since, code, time.Now()); err != nil {
			return err
		}
		return a.log(ctx, order)
	})
	cmd.Long = phrase{
		Ja: `デーモンのログを、時刻、レベル、文、コードとその名前、そのほかの項目の順に示します。読めるジャーナル (journald) に kazashid の行があればそれを、なければデーモンがメモリに持つ新しい行を読み、どちらを読んだかを標準エラーに書きます。--socket または KAZASHI_SOCKET があれば、そのデーモンに尋ねます。デーモンに尋ねるには technician の役割が必要です。--follow と --json では、一件を一行の JSON で書きます。

終了コード: 0 表示した、64 使い方の誤り、69 デーモンが応答しない、77 権限がない`,
		En: `Show the daemon's log: time, level, message, code with its name, then what else was said. The lines are those of the journal (journald) where it can be read and has lines of kazashid, and else the newest that the daemon keeps in memory; which of them stands on standard error. With --socket or KAZASHI_SOCKET that daemon is asked. Asking a daemon takes the technician role. With --follow and --json every line is one line of JSON.

exit status: 0 shown, 64 wrong command line, 69 daemon unavailable, 77 permission denied`,
	}.in(a.lang)
	cmd.Example = "  kazashi log --since 10m\n  kazashi log --code KZ-204 --follow"
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&since, "since", "", phrase{
		"`TIME`: これより後の行。例えば 10m、または 2026-12-01T09:00:00+09:00",
		"`TIME` from which on: 10m ago, or 2026-12-01T09:00:00+09:00"}.in(a.lang))
	f.StringVar(&code, "code", "", phrase{
		"`CODE`: このコードの行だけ。KZ-204 または malformed-ndef",
		"`CODE` of the lines, such as KZ-204 or malformed-ndef"}.in(a.lang))
	f.IntVarP(&order.count, "lines", "n", newestLines, phrase{
		"`N`: 新しいほうから N 行、0 ですべて", "`N` newest lines, 0 for all of them"}.in(a.lang))
	f.BoolVar(&order.follow, "follow", false, phrase{
		"新しい行を待って表示を続ける (Ctrl-C で終わる)", "go on with new lines as they come (Ctrl-C ends it)"}.in(a.lang))
	f.StringVar(&order.from, "from", "", phrase{
		"`" + fromJournal + "|" + fromDaemon + "`: どちらを読むか", "`" + fromJournal + "|" + fromDaemon + "`: which of the two to read"}.in(a.lang))
	return cmd
}

// read takes the flags that are more than a number.
func (o *logOrder) read(since, code string, now time.Time) error {
	if since != "" {
		if d, err := time.ParseDuration(since); err == nil && d >= 0 {
			o.since = now.Add(-d)
		} else if o.since, err = time.Parse(time.RFC3339, since); err != nil {
			return fault.New(fault.Usage, "--since %s is neither a time ago such as 10m nor one such as %s", since, time.RFC3339)
		}
	}
	if code != "" {
		entry, err := findCode(code)
		if err != nil {
			return err
		}
		o.code = entry.Code
	}
	if o.count < 0 {
		return fault.New(fault.Usage, "-n %d is less than 0", o.count)
	}
	switch o.from {
	case "", fromJournal, fromDaemon:
		return nil
	}
	return fault.New(fault.Usage, "--from %s is neither %s nor %s", o.from, fromJournal, fromDaemon)
}

// wants reports whether a line is among those that were asked for.
func (o *logOrder) wants(l logLine) bool {
	return (o.code == "" || l.code == o.code) && (o.since.IsZero() || !l.at.Before(o.since))
}

// A logSource yields lines, the oldest first, until there is none or ctx ends. What
// was there at the beginning is over when live is called, once; after that come the
// lines of a follower. It stops with the error of take.
type logSource func(ctx context.Context, order logOrder, take func(logLine) error, live func() error) error

// errEnough ends a source whose lines nobody reads any more.
var errEnough = errors.New("nobody reads on")

func (a *app) log(ctx context.Context, order logOrder) error {
	source, from, err := a.logSource(ctx, order)
	if err != nil {
		return err
	}
	newest := &newestOf{limit: order.count}
	live := false
	err = source(ctx, order, func(l logLine) error {
		switch {
		case !order.wants(l):
			return nil
		case !live:
			newest.add(l)
			return nil
		}
		return a.showLive(l)
	}, func() error {
		live = true
		if order.follow {
			for _, l := range newest.lines() {
				if err := a.showLive(l); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil || order.follow {
		return err
	}
	if a.json {
		return a.writeJSON(newest.json(from))
	}
	for _, l := range newest.lines() {
		a.showLogLine(l)
	}
	if len(newest.kept) == 0 {
		a.out.say(plain, "", phrase{"該当する行はありません", "no such line"}.in(a.lang))
	}
	return nil
}

// logSource decides where the lines come from, says so, and returns its name too.
func (a *app) logSource(ctx context.Context, order logOrder) (_ logSource, from string, _ error) {
	named := a.socket != DefaultSocket // the journal has the lines of the installed daemon
	journal, why := (*journal)(nil), error(nil)
	if order.from == fromJournal || order.from == "" && !named {
		journal, why = findJournal(ctx)
	}
	switch {
	case journal != nil:
		a.err.line(plain, "kazashi: "+phrase{"ジャーナルの行です", "lines of the journal"}.in(a.lang))
		return journal.read, fromJournal, nil
	case order.from == fromJournal:
		return nil, "", fault.Wrap(fault.InputUnreadable, why, "the journal")
	}
	if why != nil {
		a.err.line(plain, "kazashi: "+printable(fmt.Sprintf(phrase{"ジャーナルは読めません: %v", "no journal: %v"}.in(a.lang), why)))
	}
	daemon, err := a.dial(ctx)
	if err != nil {
		return nil, "", err
	}
	a.err.line(plain, "kazashi: "+phrase{"デーモンがメモリに持つ行です", "lines that the daemon keeps in memory"}.in(a.lang))
	return a.daemonLog(daemon), fromDaemon, nil
}

// showLive writes one line of a follower.
func (a *app) showLive(l logLine) error {
	if !a.json {
		a.showLogLine(l)
		return nil
	}
	more, err := a.writeLine(l.object())
	if err == nil && !more {
		return errEnough
	}
	return err
}
