package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

func (a *app) trustCheckCommand(order *trustOrder) *cobra.Command {
	cmd := a.trustVerb("check", phrase{
		Ja: "信頼に使うファイルをすべて読んで点検する",
		En: "try every file that trust rests on",
	}, order, func(context.Context) error { return a.trustCheck(order) })
	cmd.Long = phrase{
		Ja: `設定に書かれた証明書と、登録済みの VICAL、CRL、ステータスリストをすべて読み、署名、期限、形式を確かめます。

終了コード: 0 問題なし (注意だけの場合を含む)、1 使えないファイルがある、64 使い方の誤り、78 設定の誤り`,
		En: `Read every certificate that the configuration names, and every VICAL, CRL and status list that is installed, and check signatures, dates and form.

exit status: 0 nothing is lost, though there may be warnings, 1 a file cannot be used, 64 wrong command line, 78 wrong configuration`,
	}.in(a.lang)
	a.atFlag(cmd, order)
	return cmd
}

// findingJSON is one row of `kazashi trust check --json`.
type findingJSON struct {
	File    string     `json:"file"`
	Code    fault.Code `json:"code"` // KZ-000 for a file with nothing wrong
	Name    string     `json:"name"`
	Detail  string     `json:"detail"`
	Warning bool       `json:"warning"`
}

func (a *app) trustCheck(order *trustOrder) error {
	set, at, err := order.load()
	if err != nil {
		return err
	}
	rows, failed := findingsOf(set, set.Findings(at))
	if a.json {
		err = a.writeJSON(map[string][]findingJSON{"files": rows})
	} else {
		a.showFindings(rows)
	}
	if err == nil && failed {
		return reported{exitFailed}
	}
	return err
}

// findingsOf returns a row for every file and every finding, and whether something
// is lost by one.
func findingsOf(set *trust.Set, findings []trust.Finding) (rows []findingJSON, failed bool) {
	rows = []findingJSON{}
	for _, file := range set.Files() {
		sound := true
		for _, f := range findings {
			if f.File != file {
				continue
			}
			code := fault.CodeOf(f.Err)
			rows = append(rows, findingJSON{file, code, code.Slug(), detailOf(f.Err), f.Warning})
			sound, failed = false, failed || !f.Warning
		}
		if sound {
			rows = append(rows, findingJSON{File: file, Code: fault.OK, Name: fault.OK.Slug()})
		}
	}
	return rows, failed
}

func (a *app) showFindings(rows []findingJSON) {
	if len(rows) == 0 {
		a.out.say(warn, "", phrase{
			"信頼に使うファイルがありません。誰も検証できません",
			"there is no file that trust rests on: nobody can be verified"}.in(a.lang))
		return
	}
	t := &table{head: []string{
		phrase{"ファイル", "FILE"}.in(a.lang), phrase{"結果", "RESULT"}.in(a.lang), phrase{"内容", "FOUND"}.in(a.lang),
	}}
	for _, r := range rows {
		result := string(r.Code)
		switch {
		case r.Code == fault.OK:
			result = phrase{"合格", "ok"}.in(a.lang)
		case r.Warning:
			result += phrase{" 注意", " warning"}.in(a.lang)
		}
		t.add(filepath.Base(r.File), result, r.Detail)
	}
	a.out.table(t)
	var codes []fault.Code
	for _, r := range rows {
		if r.Code != fault.OK && !r.Warning {
			codes = append(codes, r.Code)
		}
	}
	a.explainCodes(codes)
}
