package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/build"
	"kazashi/cmd/internal/fetch"
	"kazashi/cmd/internal/message"
	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/trust"
)

func (a *app) trustUpdateCommand(order *trustOrder) *cobra.Command {
	cmd := a.trustVerb("update", phrase{
		Ja: "設定された取得元から新しいリストを取得して登録する",
		En: "fetch the lists that the configuration names and install what is new",
	}, order, func(ctx context.Context) error { return a.trustUpdate(ctx, order) })
	cmd.Long = phrase{
		Ja: `設定の trust.update.sources から VICAL、CRL、ステータスリストを HTTPS で取得し、trust import と同じように確かめて登録します。前回から変わっていないものは取得しません。失敗した取得元があっても、ほかは更新され、登録済みのものは残ります。プロキシは環境変数 HTTPS_PROXY、NO_PROXY で指定します。kazashi-trust-update.timer が 1 時間ごとに実行します。

終了コード: 0 すべて最新、1 登録できないものがある、3 すべて最新だが注意あり、64 使い方の誤り、75 一時的に取得できないものがある、77 書き込めない、78 設定の誤り`,
		En: `Fetch the VICALs, CRLs and status lists of trust.update.sources in the configuration over HTTPS, and check and install each as trust import does. What has not changed since the last time is not transferred. A source that fails takes nothing from the others, and what was installed stays. Proxies are those of the environment, HTTPS_PROXY and NO_PROXY. kazashi-trust-update.timer runs this every hour.

exit status: 0 all up to date, 1 something could not be installed, 3 all up to date but with warnings, 64 wrong command line, 75 something cannot be had at the moment, 77 not allowed to write, 78 wrong configuration`,
	}.in(a.lang)
	cmd.Example = "  kazashi trust update\n  systemctl start kazashi-trust-update.service"
	return cmd
}

// updateJSON is `kazashi trust update --json`.
type updateJSON struct {
	Sources []sourceJSON `json:"sources"`
}

// sourceJSON is what became of one source.
type sourceJSON struct {
	Source string     `json:"source"`
	Kind   trust.Kind `json:"kind"`
	Result string     `json:"result"` // "updated", "unchanged" or "failed"
	// Code and Name say why it failed: KZ-000 and ok for a source that did not.
	Code   fault.Code `json:"code"`
	Name   string     `json:"name"`
	Detail string     `json:"detail"`
	// Temporary means that the next try may succeed without anybody doing anything.
	Temporary bool `json:"temporary"`
	// File is what was installed.
	File     string              `json:"file,omitempty"`
	Warnings []sourceWarningJSON `json:"warnings"`
}

type sourceWarningJSON struct {
	Code   fault.Code `json:"code"`
	Name   string     `json:"name"`
	Detail string     `json:"detail"`
}

const (
	resultUpdated   = "updated"
	resultUnchanged = "unchanged"
	resultFailed    = "failed"
)

func (a *app) trustUpdate(ctx context.Context, order *trustOrder) error {
	c, err := configs.Load(order.config)
	if err != nil {
		return err
	}
	update := c.Trust.Update
	sources := make([]fetch.Source, 0, len(update.Sources))
	for _, s := range update.Sources {
		sources = append(sources, fetch.Source{Name: s.Name, Kind: trust.Kind(s.Kind), URL: s.URL})
	}
	results, err := fetch.Update(ctx, sources, c.Trust.Sources(), fetch.Options{
		Timeout: update.Timeout, MaxBytes: update.MaxBytes, Agent: "kazashi/" + build.Version(),
	})
	if err != nil {
		return err
	}
	rows := make([]sourceJSON, 0, len(results))
	for _, r := range results {
		rows = append(rows, sourceOf(r))
	}
	if a.json {
		err = a.writeJSON(updateJSON{Sources: rows})
	} else {
		a.showUpdate(rows)
	}
	if exit := updateExit(rows); err == nil && exit != exitOK {
		return reported{exit}
	}
	return err
}

func sourceOf(r fetch.Result) sourceJSON {
	code := fault.CodeOf(r.Err)
	out := sourceJSON{Source: r.Source.Name, Kind: r.Source.Kind, Result: resultUnchanged, Code: code, Name: code.Slug(),
		Temporary: r.Temporary(), Warnings: []sourceWarningJSON{}}
	switch {
	case r.Err != nil:
		out.Result, out.Detail = resultFailed, detailOf(r.Err)
	case r.Imported != nil:
		out.Result, out.File, out.Detail = resultUpdated, r.Imported.File, listText(r.Imported)
	}
	for _, w := range r.Warnings {
		code := fault.CodeOf(w)
		out.Warnings = append(out.Warnings, sourceWarningJSON{code, code.Slug(), detailOf(w)})
	}
	return out
}

// listText tells of an installed list in a few words.
func listText(i *trust.Imported) string {
	var entries []importedJSON
	switch i.Kind {
	case trust.KindVICAL:
		return vicalText(i)
	case trust.KindCRL:
		entries = crlEntries(i)
	case trust.KindStatus:
		entries = statusEntries(i)
	}
	return entries[0].Name + ": " + entries[0].Detail
}

// vicalText counts what a VICAL changes.
func vicalText(i *trust.Imported) string {
	count := map[string]int{}
	for _, e := range vicalEntries(i) {
		count[e.Result]++
	}
	text := i.VICAL.Provider + ":"
	for _, result := range []string{resultAdded, resultKept, resultRemoved, resultSkipped} {
		text += " " + result + " " + strconv.Itoa(count[result]) + ","
	}
	return text[:len(text)-1]
}

// updateExit is what an update exits with: what somebody has to mend comes before what
// passes by itself.
func updateExit(rows []sourceJSON) int {
	exit := exitOK
	for _, r := range rows {
		switch {
		case r.Result == resultFailed && !r.Temporary:
			return exitFailed
		case r.Result == resultFailed:
			exit = exitTemporary
		case len(r.Warnings) > 0 && exit == exitOK:
			exit = exitWarning
		}
	}
	return exit
}

func (a *app) showUpdate(rows []sourceJSON) {
	if len(rows) == 0 {
		a.out.say(plain, "", phrase{
			"設定の trust.update.sources に取得元がありません",
			"the configuration names no source under trust.update.sources"}.in(a.lang))
		return
	}
	words := map[string]phrase{
		resultUpdated: {"更新", "updated"}, resultUnchanged: {"変更なし", "unchanged"}, resultFailed: {"失敗", "failed"},
	}
	t := &table{head: []string{
		phrase{"取得元", "SOURCE"}.in(a.lang), phrase{"種類", "KIND"}.in(a.lang),
		phrase{"結果", "RESULT"}.in(a.lang), phrase{"内容", "ABOUT"}.in(a.lang),
	}}
	var codes []fault.Code
	for _, r := range rows {
		result := words[r.Result].in(a.lang)
		if r.Result == resultFailed {
			result += " " + string(r.Code)
			codes = append(codes, r.Code)
		}
		t.add(r.Source, string(r.Kind), result, r.Detail)
		for _, w := range r.Warnings {
			t.add("", "", phrase{"注意", "warning"}.in(a.lang)+" "+string(w.Code), w.Detail)
		}
	}
	a.out.table(t)
	a.explainCodes(codes)
}

// explainCodes writes cause and remedy of each code once.
func (a *app) explainCodes(codes []fault.Code) {
	told := map[fault.Code]bool{}
	for _, code := range codes {
		if told[code] {
			continue
		}
		told[code] = true
		entry := message.Lookup(code)
		a.out.line(plain, "")
		a.out.say(bad, "", string(code)+" ("+code.Slug()+")")
		a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
	}
}
