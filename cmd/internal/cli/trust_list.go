package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kazashi/session/trust"
)

func (a *app) trustListCommand(order *trustOrder) *cobra.Command {
	cmd := a.trustVerb("list", phrase{
		Ja: "信頼する発行者と失効情報を一覧にする",
		En: "list trusted issuers and revocation lists",
	}, order, func(context.Context) error { return a.trustList(order) })
	cmd.Long = phrase{
		Ja: `信頼する発行者 (IACA) を、docType、出所、期限とともに表示し、VICAL、CRL、ステータスリストが新しいかを示します。

終了コード: 0 表示した、64 使い方の誤り、78 設定の誤り`,
		En: `List the trusted issuers (IACA) with their docTypes, source and end, and whether VICALs, CRLs and status lists are fresh.

exit status: 0 listed, 64 wrong command line, 78 wrong configuration`,
	}.in(a.lang)
	a.atFlag(cmd, order)
	return cmd
}

// trustJSON is `kazashi trust list --json`.
type trustJSON struct {
	Anchors []anchorJSON `json:"anchors"`
	Lists   []listJSON   `json:"lists"`
	// SignerUsages are the extended key usages of document signers by docType, where
	// the configuration names any.
	SignerUsages map[string][]string `json:"signer_usages,omitempty"`
}

type anchorJSON struct {
	CommonName  string    `json:"common_name"`
	Country     string    `json:"country"`
	Fingerprint string    `json:"fingerprint"`
	DocTypes    []string  `json:"doc_types"`
	Source      string    `json:"source"`
	NotAfter    time.Time `json:"not_after"`
	// Until is when the anchor ceases to count because its VICAL does.
	Until *time.Time `json:"until,omitempty"`
	Valid bool       `json:"valid"` // counts at the time of the list
	// Specimen anchors count in specimen mode only.
	Specimen bool `json:"specimen"`
}

// listJSON is one VICAL, CRL or status list.
type listJSON struct {
	Kind       string     `json:"kind"` // "vical", "crl", "status list" or "identifier list"
	Of         string     `json:"of"`   // provider, issuer or uri
	File       string     `json:"file"`
	Number     string     `json:"number,omitempty"`
	Entries    int        `json:"entries"`
	Issued     time.Time  `json:"issued"`
	NextUpdate *time.Time `json:"next_update,omitempty"`
	Fresh      bool       `json:"fresh"`
}

func (a *app) trustList(order *trustOrder) error {
	set, at, err := order.load()
	if err != nil {
		return err
	}
	shown := trustJSON{Anchors: anchorsOf(set, at), Lists: listsOf(set, at), SignerUsages: order.usages}
	if a.json {
		return a.writeJSON(shown)
	}
	a.showAnchors(shown.Anchors)
	a.showUsages(shown.SignerUsages)
	a.showLists(shown.Lists)
	for _, f := range set.Findings(at) {
		if !f.Warning {
			a.out.line(plain, "")
			a.out.say(warn, "", phrase{
				"使えないファイルがあります。詳しくは kazashi trust check",
				"there are files that cannot be used; kazashi trust check tells more"}.in(a.lang))
			break
		}
	}
	return nil
}

func anchorsOf(set *trust.Set, at time.Time) []anchorJSON {
	out := []anchorJSON{}
	for _, x := range trust.NewStore(set.Anchors, trust.Options{}).Anchors() {
		c := x.Certificate
		sum := sha256.Sum256(c.Raw)
		shown := anchorJSON{
			CommonName: c.Subject.CommonName, Country: strings.Join(c.Subject.Country, ""),
			Fingerprint: hex.EncodeToString(sum[:]), DocTypes: append([]string{}, x.DocTypes...), Source: x.Source,
			NotAfter: c.NotAfter.UTC(), Valid: !at.Before(c.NotBefore) && !at.After(c.NotAfter),
			Specimen: x.Specimen,
		}
		if !x.Until.IsZero() {
			until := x.Until.UTC()
			shown.Until, shown.Valid = &until, shown.Valid && !at.After(until)
		}
		out = append(out, shown)
	}
	return out
}

func listsOf(set *trust.Set, at time.Time) []listJSON {
	out := []listJSON{}
	for _, f := range set.Freshness(at) {
		l := listJSON{Kind: f.Kind, Of: f.Of, File: f.File, Number: f.Number, Entries: f.Entries, Issued: f.Issued, Fresh: f.Fresh}
		if !f.NextUpdate.IsZero() {
			l.NextUpdate = &f.NextUpdate
		}
		out = append(out, l)
	}
	return out
}

func (a *app) showAnchors(anchors []anchorJSON) {
	if len(anchors) == 0 {
		a.out.say(warn, "", phrase{
			"信頼する発行者がいません。誰も検証できません",
			"no trusted issuer: nobody can be verified"}.in(a.lang))
		return
	}
	t := &table{head: []string{
		phrase{"発行者", "ISSUER"}.in(a.lang), "DOCTYPE", phrase{"出所", "SOURCE"}.in(a.lang), phrase{"期限", "UNTIL"}.in(a.lang),
	}}
	for _, x := range anchors {
		scope := strings.Join(x.DocTypes, " ")
		if scope == "" {
			scope = phrase{"すべて", "any"}.in(a.lang)
		}
		end := x.NotAfter
		if x.Until != nil && x.Until.Before(end) {
			end = *x.Until
		}
		until := day(end)
		if !x.Valid {
			until += phrase{" 期限外", " not valid"}.in(a.lang)
		}
		if x.Specimen {
			until += phrase{" 見本", " SPECIMEN"}.in(a.lang)
		}
		t.add(x.Country+" "+x.CommonName, scope, sourceText(x.Source), until)
	}
	a.out.table(t)
}

// showUsages tells of docTypes whose signers are held to other usages than those of
// the standard.
func (a *app) showUsages(usages map[string][]string) {
	if len(usages) == 0 {
		return
	}
	a.out.line(plain, "")
	t := &table{head: []string{"DOCTYPE", phrase{"署名者の用途", "SIGNER USAGES"}.in(a.lang)}}
	for _, docType := range slices.Sorted(maps.Keys(usages)) {
		t.add(docType, strings.Join(usages[docType], " "))
	}
	a.out.table(t)
}

// sourceText shortens a file to its name; a VICAL stays as it is.
func sourceText(source string) string {
	if filepath.IsAbs(source) {
		return filepath.Base(source)
	}
	return source
}

func (a *app) showLists(lists []listJSON) {
	if len(lists) == 0 {
		return
	}
	a.out.line(plain, "")
	t := &table{head: []string{
		phrase{"リスト", "LIST"}.in(a.lang), phrase{"発行元", "OF"}.in(a.lang), phrase{"件数", "ENTRIES"}.in(a.lang),
		phrase{"発行日", "ISSUED"}.in(a.lang), phrase{"次の更新", "NEXT UPDATE"}.in(a.lang), phrase{"状態", "STATE"}.in(a.lang),
	}}
	for _, l := range lists {
		state, next := phrase{"有効", "fresh"}, "-"
		if !l.Fresh {
			state = phrase{"期限切れ", "STALE"}
		}
		if l.NextUpdate != nil {
			next = day(*l.NextUpdate)
		}
		t.add(l.Kind, l.Of, strconv.Itoa(l.Entries), day(l.Issued), next, state.in(a.lang))
	}
	a.out.table(t)
}
