package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

// maxListFile is above what any list may have, so that one that is too large is
// refused for what it is.
const maxListFile = 32 << 20

func (a *app) trustImportCommand(order *trustOrder) *cobra.Command {
	cmd := a.trustVerb("import FILE", phrase{
		Ja: "VICAL、CRL、ステータスリストを検証して登録する",
		En: "verify and install a VICAL, a CRL or a status list",
	}, order, func(context.Context) error { return a.trustImport(order) })
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New("no file given")
		}
		order.file = args[0]
		return noArguments(nil, args[1:])
	}
	cmd.Long = phrase{
		Ja: `VICAL、CRL、ステータスリストの署名、期限、番号を確かめてから、設定の trust.dir に置きます。登録済みのものより古ければ登録せず、元のものが残ります。信頼する発行者 (IACA) につながらないステータスリストは、--unanchored を付けたときだけ登録します。デーモンは 1 分以内に読み込みます。

終了コード: 0 登録した (または登録済み)、1 拒否 (署名、期限、古い番号)、64 使い方の誤り、66 読めない、77 書き込めない、78 設定の誤り`,
		En: `Check signature, dates and number of a VICAL, a CRL or a status list, then put it under trust.dir of the configuration. One that is older than what is installed is refused, and what is installed stays. A status list that leads to no trusted issuer (IACA) is installed with --unanchored only. The daemon picks it up within a minute.

exit status: 0 installed, now or before, 1 refused (signature, dates, older number), 64 wrong command line, 66 unreadable file, 77 not allowed to write, 78 wrong configuration`,
	}.in(a.lang)
	cmd.Example = "  kazashi trust import vical.cbor\n  kazashi trust import iaca.crl --json"
	cmd.Flags().BoolVar(&order.unanchored, "unanchored", false, phrase{
		"信頼する発行者につながらないステータスリストも登録する",
		"install a status list that no trusted issuer stands behind, too"}.in(a.lang))
	return cmd
}

// importJSON is `kazashi trust import --json`.
type importJSON struct {
	Kind      trust.Kind     `json:"kind"`
	File      string         `json:"file"`
	Unchanged bool           `json:"unchanged"`
	Entries   []importedJSON `json:"entries"`
}

// importedJSON is one thing that was in the file.
type importedJSON struct {
	Name   string `json:"name"`
	Result string `json:"result"` // "added", "kept", "removed" or "skipped"
	// Code and Detail say why an entry was skipped.
	Code   fault.Code `json:"code,omitempty"`
	Detail string     `json:"detail"`
}

func (a *app) trustImport(order *trustOrder) error {
	data, err := readFile(order.file, maxListFile)
	if err != nil {
		return err
	}
	sources, err := order.sources()
	if err != nil {
		return err
	}
	install := trust.Import
	if order.unanchored {
		install = trust.ImportUnanchored
	}
	i, err := install(sources, data, time.Now())
	if err != nil {
		return fault.Wrap(fault.CodeOf(err), errors.New(detailOf(err)), "%s", order.file)
	}
	out := importJSON{Kind: i.Kind, File: i.File, Unchanged: i.Unchanged}
	switch i.Kind {
	case trust.KindVICAL:
		out.Entries = vicalEntries(i)
	case trust.KindCRL:
		out.Entries = crlEntries(i)
	case trust.KindStatus:
		out.Entries = statusEntries(i)
	}
	if a.json {
		return a.writeJSON(out)
	}
	a.showImport(out)
	return nil
}

const (
	resultAdded   = "added"
	resultKept    = "kept"
	resultRemoved = "removed"
	resultSkipped = "skipped"
)

// vicalEntries compares the anchors of a VICAL with those of the one before it.
func vicalEntries(i *trust.Imported) []importedJSON {
	var out []importedJSON
	var before []trust.Anchor
	if i.OldVICAL != nil {
		before = i.OldVICAL.Anchors
	}
	has := func(anchors []trust.Anchor, x trust.Anchor) bool {
		return slices.ContainsFunc(anchors, func(y trust.Anchor) bool { return y.Certificate.Equal(x.Certificate) })
	}
	row := func(x trust.Anchor, result string) importedJSON {
		detail := ""
		for _, d := range x.DocTypes {
			detail += d + " "
		}
		return importedJSON{Name: x.Certificate.Subject.CommonName, Result: result, Detail: detail + day(x.Certificate.NotAfter)}
	}
	for _, x := range i.VICAL.Anchors {
		if has(before, x) {
			out = append(out, row(x, resultKept))
		} else {
			out = append(out, row(x, resultAdded))
		}
	}
	for _, x := range before {
		if !has(i.VICAL.Anchors, x) {
			out = append(out, row(x, resultRemoved))
		}
	}
	for _, s := range i.VICAL.Skipped {
		name := s.Name
		if name == "" {
			name = "#" + strconv.Itoa(s.Entry)
		}
		out = append(out, importedJSON{Name: name, Result: resultSkipped, Code: fault.CodeOf(s.Err), Detail: detailOf(s.Err)})
	}
	return out
}

func crlEntries(i *trust.Imported) []importedJSON {
	c := i.CRL
	row := importedJSON{Name: c.Issuer.Subject.CommonName, Result: resultAdded,
		Detail: "number " + c.Number.String() + ", revoked " + strconv.Itoa(c.Entries()) + ", next update " + day(c.NextUpdate)}
	if i.OldCRL != nil {
		row.Detail += ", before: number " + i.OldCRL.Number.String() + ", revoked " + strconv.Itoa(i.OldCRL.Entries())
	}
	if i.Unchanged {
		row.Result = resultKept
	}
	return []importedJSON{row}
}

func statusEntries(i *trust.Imported) []importedJSON {
	l := i.Status
	row := importedJSON{Name: l.URI, Result: resultAdded,
		Detail: l.Kind() + ", entries " + strconv.Itoa(l.Entries()) + ", expires " + day(l.Expires)}
	if !i.Anchored {
		row.Detail += ", no trusted issuer stands behind " + l.Signer() + ": counts only for documents that name it"
	}
	if i.Unchanged {
		row.Result = resultKept
	}
	return []importedJSON{row}
}

func (a *app) showImport(out importJSON) {
	words := map[string]phrase{
		resultAdded: {"追加", "added"}, resultKept: {"継続", "kept"},
		resultRemoved: {"削除", "removed"}, resultSkipped: {"除外", "skipped"},
	}
	t := &table{head: []string{
		phrase{"項目", "ENTRY"}.in(a.lang), phrase{"結果", "RESULT"}.in(a.lang), phrase{"内容", "ABOUT"}.in(a.lang),
	}}
	for _, e := range out.Entries {
		result := words[e.Result].in(a.lang)
		if e.Code != "" {
			result += " " + string(e.Code)
		}
		t.add(e.Name, result, e.Detail)
	}
	a.out.table(t)
	a.out.line(plain, "")
	done := phrase{"登録しました: ", "installed: "}
	if out.Unchanged {
		done = phrase{"登録済みです: ", "installed before: "}
	}
	a.out.say(good, done.in(a.lang), out.File)
}
