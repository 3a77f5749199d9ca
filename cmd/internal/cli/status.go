package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kazashi/transport/api"
)

// A report is what `kazashi status --json` writes: the daemon's own answers.
type report struct {
	Socket string     `json:"socket"`
	Status api.Status `json:"status"`
	Health api.Health `json:"health"`
}

func (a *app) statusCommand() *cobra.Command {
	cmd := a.verb("status", phrase{
		Ja: "デーモンとリーダーの状態を表示する",
		En: "show what the daemon and its reader are doing",
	}, a.status)
	cmd.Long = phrase{
		Ja: `動いているデーモンの状態、リーダー、信頼の設定、いま起きている問題を表示します。

終了コード: 0 利用可能、1 いまは誰も検証できない、69 デーモンが応答しない、77 権限がない`,
		En: `Show the running daemon, its readers, what it trusts, and what is wrong with what to do about it.

exit status: 0 usable, 1 cannot verify anybody at present, 69 daemon unavailable, 77 permission denied`,
	}.in(a.lang)
	return cmd
}

func (a *app) status(ctx context.Context) error {
	daemon, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	r := report{Socket: a.socket}
	if r.Status, err = daemon.Status(ctx); err != nil {
		return err
	}
	if r.Health, err = daemon.Health(ctx); err != nil {
		return err
	}
	if a.json {
		err = a.writeJSON(r)
	} else {
		a.showStatus(r)
	}
	if err == nil && r.Health.State == api.HealthFailing {
		return reported{exitFailed}
	}
	return err
}

func (a *app) showStatus(r report) {
	s := r.Status
	t := &table{}
	t.add("kazashid", s.Version)
	t.add(phrase{"開始", "since"}.in(a.lang), clock(s.StartedAt))
	if s.Specimen {
		t.add(phrase{"モード", "mode"}.in(a.lang), phrase{
			"見本 (SPECIMEN): 架空の証明書を受け付ける",
			"SPECIMEN (見本): invented documents are accepted"}.in(a.lang))
	}
	t.add(phrase{"状態", "health"}.in(a.lang), a.healthText(r.Health.State))
	for i, reader := range s.Readers {
		label := ""
		if i == 0 {
			label = phrase{"リーダー", "reader"}.in(a.lang)
		}
		t.add(label, reader.Name+": "+a.readerText(reader))
	}
	if len(s.Readers) == 0 {
		t.add(phrase{"リーダー", "reader"}.in(a.lang), phrase{"なし", "none"}.in(a.lang))
	}
	t.add(phrase{"信頼", "trust"}.in(a.lang), a.trustText(s.Trust))
	t.add(phrase{"プロファイル", "profiles"}.in(a.lang), strings.Join(s.Profiles, ", "))
	for _, p := range s.Active {
		text := fmt.Sprintf("%s %s (%s)", p.Profile, a.stateText(p.State), p.Reader)
		if p.LastTap != nil {
			text += fmt.Sprintf(phrase{"、最後のタップ %s (%s)", ", last tap %s (%s)"}.in(a.lang), p.LastTap.Code, p.LastTap.Code.Slug())
		}
		t.add(phrase{"受付中", "active"}.in(a.lang), text)
	}
	if s.Taps != nil {
		t.add(phrase{"タップ", "taps"}.in(a.lang), fmt.Sprintf(phrase{
			"計 %d: 検証済み %d、失敗 %d、成立せず %d、受付外 %d",
			"%d in all: %d verified, %d failed, %d came to nothing, %d ignored"}.in(a.lang),
			s.Taps.Total, s.Taps.Verified, s.Taps.Failed, s.Taps.Nothing, s.Taps.Ignored))
	}
	if s.Clock != nil {
		trusted := phrase{"受け入れ可", "accepted"}
		if !s.Clock.Trusted {
			trusted = phrase{"受け入れ不可", "not accepted"}
		}
		t.add(phrase{"時計", "clock"}.in(a.lang), clock(s.Clock.Now)+" "+trusted.in(a.lang))
	}
	a.out.table(t)
	a.showHealth(r.Health.Items)
}

func (a *app) healthText(state api.HealthState) string {
	switch state {
	case api.HealthOK:
		return phrase{"正常 (ok)", "ok"}.in(a.lang)
	case api.HealthDegraded:
		return phrase{"要確認 (degraded)", "degraded: it works, but someone should look"}.in(a.lang)
	case api.HealthFailing:
		return phrase{"利用不可 (failing)", "failing: it cannot verify anybody at present"}.in(a.lang)
	}
	return string(state)
}

// stateText names the state of a presentation that goes on.
func (a *app) stateText(state api.State) string {
	names := map[api.State]string{
		api.StateArmed: "タップ待ち", api.StateReading: "読み取り中", api.StateVerified: "検証済み、受け取り待ち", api.StateClaimed: "受け取り済み、完了待ち",
	}
	if name, ok := names[state]; ok && a.lang == japanese {
		return name
	}
	return string(state)
}

func (a *app) readerText(r api.Reader) string {
	var parts []string
	switch {
	case !r.Usable && r.Code != "":
		parts = append(parts, fmt.Sprintf(phrase{"使えない %s (%s)", "not usable, %s (%s)"}.in(a.lang), r.Code, r.Code.Slug()))
	case !r.Usable:
		parts = append(parts, phrase{"使えない", "not usable"}.in(a.lang))
	case r.Presentation != "":
		parts = append(parts, phrase{"受付中", "in use by a presentation"}.in(a.lang))
	default:
		parts = append(parts, phrase{"待機中", "ready"}.in(a.lang))
	}
	if r.Present {
		parts = append(parts, phrase{"何か置かれている", "something lies on it"}.in(a.lang))
	}
	return strings.Join(parts, phrase{"、", ", "}.in(a.lang))
}

func (a *app) trustText(t api.TrustSummary) string {
	text := fmt.Sprintf(phrase{"発行者の証明書 %d 件", "issuer certificates: %d"}.in(a.lang), t.Anchors)
	if t.Specimen > 0 {
		text += fmt.Sprintf(phrase{" (うち見本 %d 件)", ", %d of them specimens"}.in(a.lang), t.Specimen)
	}
	if t.NextEnd != nil {
		text += fmt.Sprintf(phrase{"、最初の期限 %s", ", the first expires %s"}.in(a.lang), t.NextEnd.Local().Format(time.DateOnly))
	}
	return text
}

// clock shows a time as on the technician's wall, with its offset.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 -07:00") }
