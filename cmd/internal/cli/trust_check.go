package cli

import (
	"context"
	"path/filepath"
	"slices"

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
		Ja: `設定に書かれた証明書と、登録済みの VICAL、CRL、ステータスリストをすべて読み、署名、期限、形式を確かめます。発行者の証明書の期限と、プロファイルの文書の種類 (docType) ごとに有効な発行者がいるかも確かめます。

終了コード: 0 問題なし (注意だけの場合を含む)、1 使えないファイルや期限外の発行者がある、または誰も検証できない、64 使い方の誤り、78 設定の誤り`,
		En: `Read every certificate that the configuration names, and every VICAL, CRL and status list that is installed, and check signatures, dates and form, the time of every issuer, and that each docType of the profiles has an issuer within its time.

exit status: 0 nothing is lost, though there may be warnings, 1 a file cannot be used, an issuer is out of its time, or nobody can be verified, 64 wrong command line, 78 wrong configuration`,
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
	more, lost := coverageOf(set, at, order.docTypes(), order.config)
	for _, m := range more {
		rows = slices.DeleteFunc(rows, func(r findingJSON) bool {
			return r.Code == fault.OK && filepath.Base(r.File) == filepath.Base(m.File)
		})
	}
	rows, failed = append(rows, more...), failed || lost
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
	t := &table{whole: 1, head: []string{
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
		t.add(filepath.Base(r.File), result, a.lang.spoken(r.Detail))
	}
	a.out.table(t)
	if slices.ContainsFunc(rows, func(r findingJSON) bool { return r.Code == fault.NoAnchor && !r.Warning }) {
		a.out.line(plain, "")
		a.out.say(bad, "", phrase{
			"有効な発行者がいないため、誰も検証できません",
			"no issuer counts at this time: nobody can be verified"}.in(a.lang))
	}
	var codes []fault.Code
	var run []string
	for _, r := range rows {
		if r.Code != fault.OK && !r.Warning {
			codes = append(codes, r.Code)
			if look := "ls -l " + filepath.Dir(r.File); r.Code == fault.TrustFileInvalid && !slices.Contains(run, look) {
				run = append(run, look) // the remedy of the catalogue is this very command
			}
		}
	}
	a.explainCodes(codes)
	for _, command := range run {
		a.out.line(plain, phrase{"  実行: ", "  run: "}.in(a.lang)+command)
	}
}
