package cli

import (
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/asked"
	"kazashi/cmd/internal/message"
	"kazashi/configs"
	"kazashi/session/fault"
)

// A checkedProfile is one file in the JSON of `kazashi profiles check`.
type checkedProfile struct {
	File     string           `json:"file"`
	OK       bool             `json:"ok"`
	Profile  string           `json:"profile,omitempty"`
	Elements int              `json:"elements,omitempty"`
	Code     fault.Code       `json:"code,omitempty"`
	Name     string           `json:"name,omitempty"` // the code in words
	Problems []profileProblem `json:"problems,omitempty"`
	Remedy   *phrase          `json:"remedy,omitempty"`
}

// A profileProblem is one thing that is wrong with a file.
type profileProblem struct {
	Line int    `json:"line,omitempty"` // absent for what stands in no line
	Key  string `json:"key,omitempty"`  // absent for the file as a whole
	Text string `json:"text"`           // in English, for the technician
}

func (a *app) checkProfilesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check [PATH...]",
		Short: phrase{
			Ja: "プロファイルのファイルやディレクトリを確かめる (デーモンは要らない)",
			En: "check files or directories of profiles; no daemon is needed",
		}.in(a.lang),
		Long: phrase{
			Ja: `プロファイルを、デーモンが読み込むときと同じ規則で確かめ、誤りをすべてファイル、行、キーで示します。PATH を省くと組み込みのプロファイルを確かめます。

終了コード: 0 すべて正しい、1 誤りがある、64 使い方の誤り、66 読めない`,
			En: `Check profiles by the rules of the daemon, and name all that is wrong by file, line and key. Without PATH the profiles that come with the terminal are checked.

exit status: 0 all are right, 1 something is wrong, 64 wrong command line, 66 unreadable`,
		}.in(a.lang),
		Example: "  kazashi profiles check /etc/kazashi/profiles",
		RunE: func(_ *cobra.Command, args []string) error {
			a.started = true
			if len(args) == 0 {
				args = []string{""}
			}
			return a.checkProfiles(args)
		},
	}
}

func (a *app) checkProfiles(places []string) error {
	var files []checkedProfile
	for _, place := range places {
		results, err := configs.CheckProfiles(place)
		if err != nil {
			return fault.Wrap(fault.InputUnreadable, err, "profiles")
		}
		for _, r := range results {
			files = append(files, checkProfile(r))
		}
	}
	wrong := 0
	for _, f := range files {
		if !f.OK {
			wrong++
		}
	}
	if a.json {
		if err := a.writeJSON(map[string]any{"ok": wrong == 0, "files": files}); err != nil {
			return fault.Wrap(fault.Internal, err, "writing the result")
		}
	} else {
		a.showChecked(files)
	}
	if wrong > 0 {
		return reported{exitFailed}
	}
	return nil
}

// checkProfile goes one step further than reading: what no phone can be asked is
// wrong as well.
func checkProfile(r configs.ProfileResult) checkedProfile {
	c := checkedProfile{File: r.File}
	err := r.Err
	if err == nil {
		c.Profile, c.Elements = r.Profile.Name, len(r.Profile.Elements)
		_, err = asked.Profile(*r.Profile)
	}
	if err == nil {
		c.OK = true
		return c
	}
	c.Code = fault.CodeOf(err)
	c.Name = c.Code.Slug()
	remedy := phrase(message.Lookup(c.Code).Remedy)
	c.Remedy = &remedy
	var found configs.Problems
	if !errors.As(err, &found) {
		c.Problems = []profileProblem{{Text: detailOf(err)}}
	}
	for _, p := range found {
		c.Problems = append(c.Problems, profileProblem{Line: p.Line, Key: p.Key, Text: p.Text})
	}
	return c
}

func (a *app) showChecked(files []checkedProfile) {
	t := &table{head: []string{
		phrase{"ファイル", "FILE"}.in(a.lang),
		phrase{"結果", "RESULT"}.in(a.lang),
		phrase{"項目", "ELEMENTS"}.in(a.lang),
	}}
	for _, f := range files {
		result, elements := phrase{"正しい", "ok"}.in(a.lang), ""
		if f.Elements > 0 {
			elements = strconv.Itoa(f.Elements)
		}
		if !f.OK {
			result = string(f.Code) + " " + f.Name
		}
		t.add(f.File, result, elements)
	}
	a.out.table(t)
	for _, f := range files {
		if f.OK {
			continue
		}
		a.out.line(plain, "")
		for _, p := range f.Problems {
			a.out.hang(printable(configs.Problem{File: f.File, Line: p.Line, Key: p.Key, Text: p.Text}.String()))
		}
		a.out.say(plain, phrase{"ヒント: ", "hint: "}.in(a.lang), terminalText(f.Remedy.in(a.lang)))
	}
}
