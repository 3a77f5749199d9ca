package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"kazashi/cmd/internal/message"
	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// socketPath is where the daemon listens, or should.
func (w *World) socketPath(seen Facts) string {
	switch {
	case w.Socket != "":
		return w.Socket
	case seen.Config.C != nil:
		return seen.Config.C.Socket.Path
	}
	return configs.Default().Socket.Path
}

func probeDaemon(ctx context.Context, w *World, seen Facts) func(*Facts) {
	d := daemonFacts{Socket: w.socketPath(seen), Given: w.Socket != "", Processes: w.processes("kazashid")}
	var daemon Daemon
	if daemon, d.DialErr = w.Dial(ctx, d.Socket); d.DialErr == nil {
		defer func() { _ = daemon.Close() }()
		d.ask(ctx, daemon)
		if pid, uid, err := peer(ctx, d.Socket); err == nil {
			if p, ok := w.process(pid); ok && p.Name == "kazashid" {
				as := Who{UID: uid, Name: nameOf(uid)}
				if full, err := lookUp(as.Name); err == nil {
					as = full
				}
				d.As = &as
			}
		}
	}
	return func(f *Facts) { f.Daemon = d }
}

// ask takes the daemon's own word. Its first silence is the last.
func (d *daemonFacts) ask(ctx context.Context, daemon Daemon) {
	status, err := daemon.Status(ctx)
	if err != nil {
		d.AskErr = err
		return
	}
	d.Status = &status
	if health, err := daemon.Health(ctx); err == nil {
		d.Health = &health
	}
	if trust, err := daemon.Trust(ctx); err == nil {
		d.Trust = &trust
	}
}

func judgeDaemon(f *Facts) Verdict {
	d := f.Daemon
	look := []string{"systemctl status kazashid.service", "journalctl -u kazashid.service -n 50"}
	switch s := f.Socket; {
	case f.Late[daemonID]:
		return d.hung(look)
	case d.DialErr != nil && s.Err == nil && s.Path == d.Socket && s.Path != "" && s.Mode.Type() != fs.ModeSocket:
		one := Finding{
			Code: fault.SocketUnavailable,
			Seen: both("%s はソケットではありません", "%s is no socket", d.Socket),
			Do:   both("そのファイルをのけてから、ソケットを作り直します。", "Move that file away, then have the socket made anew."),
			Run:  []string{"ls -l " + d.Socket, renew},
		}
		return Verdict{Findings: []Finding{f.elsewhere(one)}}
	case d.DialErr == nil && d.AskErr == nil:
		return Verdict{Note: d.note(), Findings: f.specimenInService()}
	case fault.CodeOf(d.AskErr) == fault.Forbidden, fault.CodeOf(d.DialErr) == fault.Forbidden:
		if len(d.Processes) == 0 && d.AskErr == nil {
			return Verdict{State: Unseen, Hidden: both("このユーザーはソケットに接続できません", "this user may not connect to the socket"), How: sudo}
		}
		return Verdict{Note: both("動いています%s", "runs%s", d.pids())}
	case errors.Is(d.AskErr, context.DeadlineExceeded):
		return d.hung(look)
	case d.AskErr != nil:
		return Verdict{Findings: []Finding{{Code: fault.CodeOf(d.AskErr), Seen: same(detail(d.AskErr)), Run: look}}}
	}
	one := Finding{
		Code: fault.SocketUnavailable,
		Seen: both("動いていません。%s に接続できません: %v", "not running: cannot connect to %s: %v", d.Socket, cause(d.DialErr)),
		Do:   both("ログの最後の誤りを確認してから、デーモンを起動します。", "Look at the last error in its log, then start the daemon."),
		Run:  append(look, "sudo systemctl start kazashid.service"),
	}
	if others := d.pids(); others != "" {
		one = one.also("ほかの場所で動く kazashid"+others, "kazashid runs elsewhere"+others)
	}
	return Verdict{Note: both("動いていません", "not running"), Findings: []Finding{f.elsewhere(one)}}
}

// elsewhere changes the finding of a socket on which nothing answers where somebody
// named another one than the configuration does: the name is the first to suspect then.
func (f *Facts) elsewhere(one Finding) Finding {
	d := f.Daemon
	if !d.Given || f.Config.C == nil || f.Config.C.Socket.Path == d.Socket {
		return one
	}
	right := f.Config.C.Socket.Path
	one = one.also("設定のソケットは "+right+" です", "the configuration's socket is "+right)
	one.Do = both("--socket または KAZASHI_SOCKET に指定したパスを確かめます。",
		"Look at the path that was given by --socket or KAZASHI_SOCKET.")
	one.Run = []string{"kazashi doctor --socket " + right, "unset KAZASHI_SOCKET"}
	return one
}

// specimenInService warns of a daemon of demonstrations where the kiosk asks for its own.
// Of one that somebody named by --socket there is nothing to warn.
func (f *Facts) specimenInService() []Finding {
	d := f.Daemon
	if !f.specimen() || d.Given || f.Config.C == nil {
		return nil
	}
	one := Finding{
		Code: fault.SpecimenInService, Warning: true,
		Seen: both("%s で見本モードのデーモン%sが動いています", "a daemon in specimen mode%[2]s serves %[1]s", d.Socket, d.pids()),
		Run:  []string{"systemctl cat kazashid.service", "sudo systemctl restart kazashid.service"},
	}
	if len(d.Processes) == 1 {
		one.Run = append([]string{fmt.Sprintf("sudo kill %d", d.Processes[0].PID)}, one.Run...)
	}
	return []Finding{one}
}

// hung is the verdict of a daemon that takes connections and does not answer.
func (d daemonFacts) hung(look []string) Verdict {
	one := Finding{
		Code: fault.DaemonHung,
		Seen: both("%s は接続できますが、応答がありません%s", "%s takes connections, but nothing answers%s", d.Socket, d.pids()),
		Run:  append(look, "sudo systemctl restart kazashid.service"),
	}
	for _, p := range d.Processes {
		if p.Stopped {
			one = one.also(fmt.Sprintf("プロセス %d が停止 (SIGSTOP) しています", p.PID), fmt.Sprintf("process %d is stopped (SIGSTOP)", p.PID))
			one.Run = append([]string{fmt.Sprintf("sudo kill -CONT %d", p.PID)}, one.Run...)
		}
	}
	return Verdict{Findings: []Finding{one}}
}

// cause returns the innermost error, such as "connection refused".
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// pids names the daemon's processes, with a space before.
func (d daemonFacts) pids() string {
	text := ""
	for _, p := range d.Processes {
		text += " (pid " + strconv.Itoa(p.PID) + ")"
	}
	return text
}

func (d daemonFacts) note() message.Text {
	as := ""
	if d.As != nil {
		as = d.As.Name
	}
	note := both("応答あり、%s、ユーザー %s", "answers, %s, as %s", d.Status.Version, as)
	if d.Status.Specimen {
		note.Ja += "、見本 (SPECIMEN)"
		note.En += ", SPECIMEN (見本)"
	}
	return note
}

// judgeReport tells what the daemon says of itself and no check has found.
func judgeReport(f *Facts) Verdict {
	if f.Daemon.Health == nil {
		return Verdict{State: Unseen, Hidden: both("デーモンに尋ねられません", "the daemon cannot be asked"), How: sudo}
	}
	var v Verdict
	for _, item := range f.Daemon.Health.Items {
		if f.explained(item) {
			continue
		}
		text := item.Detail
		if item.Subject != "" {
			text = item.Subject + ": " + text
		}
		run := []string{"kazashi status"}
		if item.Code == fault.MemoryUnlocked {
			run = []string{"sudo systemctl edit kazashid.service"} // where its limit is
		}
		v.Findings = append(v.Findings, Finding{
			Code: item.Code, Warning: item.Severity != api.SeverityError, Seen: same(text), Run: run,
		})
	}
	v.Note = both("ほかに異常の報告はありません", "reports nothing else")
	return v
}

// reported returns what the daemon says of a code in its health.
func (f *Facts) reported(code fault.Code) (detail string, ok bool) {
	if f.Daemon.Health == nil {
		return "", false
	}
	for _, item := range f.Daemon.Health.Items {
		if item.Code == code {
			return item.Detail, true
		}
	}
	return "", false
}

// explained tells that a finding names what a health item is the consequence of: the
// same code, or a failure of the same part.
func (f *Facts) explained(item api.HealthItem) bool {
	for _, told := range f.Told {
		if told.Code == item.Code || !told.Warning && part(told.Code) == part(item.Code) {
			return true
		}
	}
	return false
}

// part is the hundred of a code, which says where to look.
func part(c fault.Code) string { return fmt.Sprintf("%.4s", string(c)) }
