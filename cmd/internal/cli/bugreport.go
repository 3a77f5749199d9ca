package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/bundle"
	"kazashi/cmd/internal/doctor"
	"kazashi/configs"
	"kazashi/session/fault"
)

// daemonAnswers is how long a bug report waits for the daemon's part.
const daemonAnswers = 10 * time.Second

// bugreportOrder is the command line of `kazashi bugreport`.
type bugreportOrder struct {
	examine doctorOrder
	output  string // "" for a name of its own in the current directory
}

func (a *app) bugreportCommand() *cobra.Command {
	var order bugreportOrder
	cmd := a.verb("bugreport", phrase{
		Ja: "不具合報告のアーカイブを作る (個人情報と鍵は入れない)",
		En: "make an archive for a bug report, without personal data or keys",
	}, nil)
	cmd.Long = phrase{
		Ja: `デーモンの状態、ログ、メトリクス、doctor の結果、版、ユニット、kazashid と pcscd のジャーナルを、一つの .tar.gz にまとめます。manifest.json に目印、ファイルごとの SHA-256、省いたものを書きます。目印はデーモンのログにも残ります。

書き出す前にすべてを調べ、秘密鍵、証明書、文書、画像、氏名、住所、生年月日、個人番号と見られるものが一つでもあれば、何も書かずに場所と種類だけを示します。デーモンが止まっていても、technician の権限がなくても、読めるものだけで作り、足りないものを示します。すでにあるファイルは上書きしません。どこにも送信しません。

終了コード: 0 すべてそろった、3 足りないものがある、1 作らなかった、64 使い方の誤り、70 内部の誤り、130 中断`,
		En: `Put the daemon's state, log and metrics, the report of doctor, versions, units, and the journal of kazashid and pcscd into one .tar.gz. Its manifest.json has a marker, the SHA-256 of each file, and what was left out. The marker stands in the daemon's log too.

Everything is looked over first: one thing that looks like a private key, a certificate, a document, an image, a name, an address, a date of birth or an individual number, and nothing is written; the place and the kind are told, never the value. With the daemon stopped, or without the role of a technician, it takes what can be read and says what is missing. A file that exists is not overwritten. Nothing is sent anywhere.

exit status: 0 complete, 3 something is missing, 1 none was made, 64 wrong command line, 70 internal error, 130 interrupted`,
	}.in(a.lang)
	cmd.Example = "  sudo kazashi bugreport\n  kazashi bugreport -o /media/usb/report.tar.gz --json"
	cmd.Flags().StringVarP(&order.output, "output", "o", "", phrase{
		"`FILE`: 書き出すファイルかディレクトリ (既定は今のディレクトリに、日時と目印の名前で)",
		"`FILE` or directory to write (default: named after time and marker, in the current directory)"}.in(a.lang))
	cmd.Flags().StringVar(&order.examine.config, "config", configs.Path, phrase{
		"`FILE`: デーモンの設定ファイル (既定は " + configs.Path + ")",
		"`FILE` with the daemon's configuration (default " + configs.Path + ")"}.in(a.lang))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		a.started = true
		order.examine.configGiven = cmd.Flags().Changed("config")
		if cmd.Flags().Changed("socket") || a.Getenv("KAZASHI_SOCKET") != "" {
			order.examine.socket = a.socket
		} else if c, err := configs.Load(order.examine.config); err == nil {
			a.socket = c.Socket.Path
		}
		return a.bugreport(cmd.Context(), order)
	}
	return cmd
}

func (a *app) bugreport(ctx context.Context, order bugreportOrder) error {
	content, err := a.collect(ctx, order.examine)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	found, err := content.Scan()
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return a.refuse(found)
	}
	path := order.output
	if info, err := os.Stat(path); path == "" || err == nil && info.IsDir() {
		path = filepath.Join(path, content.FileName())
	}
	if err := content.Save(path); err != nil {
		return err
	}
	return a.showBugreport(path, content)
}

// collect gathers everything that goes into the archive.
func (a *app) collect(ctx context.Context, order doctorOrder) (*bundle.Content, error) {
	world := a.world(order)
	content := &bundle.Content{Marker: bundle.NewMarker(), At: time.Now()}
	if err := a.askDaemon(ctx, content); err != nil {
		return nil, err
	}
	machine := bundle.Here(order.config, world.Who.Name)
	machine.Root = world.Root
	if err := content.Examined(machine, examinationOf(doctor.Examine(ctx, world))); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(order.config); err != nil && !order.configGiven {
		machine.Config = "" // a terminal without one; doctor says so where that is wrong
	}
	return content, content.Collect(ctx, machine)
}

// askDaemon takes the daemon's part, or notes why it is missing. A user without the
// technician's role may still see its status and health.
func (a *app) askDaemon(ctx context.Context, content *bundle.Content) error {
	ctx, cancel := context.WithTimeout(ctx, daemonAnswers)
	defer cancel()
	daemon, err := a.dial(ctx)
	if err != nil {
		content.Missing = append(content.Missing, missingDaemon(err))
		return nil
	}
	defer func() { _ = daemon.Close() }()
	report, err := daemon.Bugreport(ctx)
	if err == nil {
		return content.FromDaemon(report)
	}
	content.Missing = append(content.Missing, missingDaemon(err))
	if fault.CodeOf(err) != fault.Forbidden {
		return nil
	}
	if status, err := daemon.Status(ctx); err == nil {
		content.Versions.Daemon = status.Version
		if err := content.AddJSON("daemon/status.json", "none: the daemon keeps no personal data there", status); err != nil {
			return err
		}
	}
	if health, err := daemon.Health(ctx); err == nil {
		return content.AddJSON("daemon/health.json", "none: the daemon keeps no personal data there", health)
	}
	return nil
}

func missingDaemon(err error) bundle.Missing {
	m := bundle.Missing{What: "daemon", Code: fault.CodeOf(err), Detail: detailOf(err), How: "systemctl status kazashid.service"}
	if m.Code == fault.Forbidden {
		m.How = "sudo kazashi bugreport"
	}
	return m
}

// bugreportJSON is what `kazashi bugreport --json` writes of an archive.
type bugreportJSON struct {
	File string `json:"file"`
	Exit int    `json:"exit"`
	bundle.Manifest
}

func (a *app) showBugreport(path string, content *bundle.Content) error {
	m := content.Manifest()
	exit := exitOK
	if !m.Complete {
		exit = exitWarning
	}
	if a.json {
		if err := a.writeJSON(bugreportJSON{path, exit, m}); err != nil {
			return err
		}
	} else {
		a.tellBugreport(path, m)
	}
	if exit != exitOK {
		return reported{exit}
	}
	return nil
}

func (a *app) tellBugreport(path string, m bundle.Manifest) {
	a.out.line(good, phrase{"作成: ", "written: "}.in(a.lang)+printable(path))
	logged := phrase{"デーモンのログにもある", "in the daemon's log too"}
	if !m.MarkerLogged {
		logged = phrase{"この報告だけのもの。デーモンのログにはない", "of this report only, not in the daemon's log"}
	}
	a.out.say(plain, phrase{"目印: ", "marker: "}.in(a.lang), m.Marker+" ("+logged.in(a.lang)+")")
	a.out.say(plain, "", fmt.Sprintf(phrase{
		"ファイル %d 件を調べ、個人情報や鍵と見られるものはありませんでした",
		"%d files were looked over, and nothing looks like personal data or a key"}.in(a.lang), len(m.Files)))
	for _, missing := range m.Missing {
		text := missing.What
		if missing.Code != "" {
			text += " " + string(missing.Code) + " (" + missing.Code.Slug() + ")"
		}
		a.out.say(warn, phrase{"不足: ", "missing: "}.in(a.lang), text+": "+missing.Detail)
		if missing.How != "" {
			a.out.line(plain, "  "+phrase{"実行: ", "run: "}.in(a.lang)+printable(missing.How))
		}
	}
}

// kinds say what the scan found.
var kinds = map[bundle.Kind]phrase{
	bundle.PrivateKey:       {"秘密鍵", "a private key"},
	bundle.Secret:           {"暗証番号", "the PIN of a token"},
	bundle.Certificate:      {"証明書", "a certificate"},
	bundle.Document:         {"mdoc の文書", "a part of an mdoc document"},
	bundle.Image:            {"画像", "an image"},
	bundle.ElementValue:     {"要素の値", "the value of an element"},
	bundle.PersonName:       {"氏名", "a person's name"},
	bundle.Address:          {"住所", "an address"},
	bundle.IndividualNumber: {"個人番号", "an individual number"},
	bundle.BirthDate:        {"生年月日", "a date of birth"},
}

// mostFindings is how many places a person is shown.
const mostFindings = 20

// refuse tells where something stands that must not leave, and never what.
func (a *app) refuse(found []bundle.Finding) error {
	err := fault.New(fault.ReportRefused, "%s", found[0])
	if more := len(found) - 1; more > 0 {
		err = fault.New(fault.ReportRefused, "%s, and %d more", found[0], more)
	}
	if a.json {
		if err := a.writeJSON(map[string]any{"error": failureOf(err), "findings": found}); err != nil {
			return err
		}
		return reported{exitFailed}
	}
	a.report("kazashi bugreport", err)
	t := &table{head: []string{
		phrase{"ファイル", "FILE"}.in(a.lang), phrase{"行", "LINE"}.in(a.lang), phrase{"見られるもの", "LOOKS LIKE"}.in(a.lang),
	}}
	for _, f := range found[:min(len(found), mostFindings)] {
		t.add(f.File, fmt.Sprint(f.Line), kinds[f.Kind].in(a.lang))
	}
	a.err.table(t)
	return reported{exitFailed}
}
