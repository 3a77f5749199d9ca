package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kazashi/configs"
	"kazashi/session/fault"
)

// verifyOrder is the command line of `kazashi verify`.
type verifyOrder struct {
	response   string
	transcript string
	trust      []string // each may hold several names with commas between them
	at         string
	readerKey  string
	docType    string
	lists      []string // files and folders of CRLs and status lists
	policy     string   // what undetermined means
	usages     []string // T=OID[,OID...]
	showValues bool
}

func (a *app) verifyCommand() *cobra.Command {
	var order verifyOrder
	cmd := a.verb("verify", phrase{
		Ja: "記録したスマートフォンの応答を検証する",
		En: "judge a recorded answer of a phone",
	}, func(context.Context) error { return a.verify(order) })
	cmd.Long = phrase{
		Ja: `記録した DeviceResponse を、発行者の署名からデバイス認証まで規格の順に検証します。最初に失敗した検査のコードを示します。デーモンは要りません。

終了コード: 0 検証済み、1 拒否、64 使い方の誤り、66 入力を読めない`,
		En: `Judge a recorded DeviceResponse, from the issuer's signature to device authentication, in the order of ISO/IEC 18013-5. The first check that fails gives the code. No daemon is needed.

exit status: 0 verified, 1 rejected, 64 wrong command line, 66 unreadable input`,
	}.in(a.lang)
	cmd.Example = `  kazashi verify --response response.cbor --transcript transcript.cbor \
    --trust iaca.pem --at 2026-12-01T00:00:00Z`
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&order.response, "response", "", phrase{
		"`FILE`: DeviceResponse (CBOR)",
		"`FILE` with the DeviceResponse (CBOR)"}.in(a.lang))
	f.StringVar(&order.transcript, "transcript", "", phrase{
		"`FILE`: SessionTranscript の配列またはタグ 24 の形",
		"`FILE` with the SessionTranscript, as array or tag 24"}.in(a.lang))
	f.StringArrayVar(&order.trust, "trust", nil, phrase{
		"`PEM[,PEM...]`: 信頼する発行者 (IACA) の証明書",
		"`PEM[,PEM...]` files with the trusted issuer (IACA) certificates"}.in(a.lang))
	f.StringVar(&order.at, "at", "", phrase{
		"`RFC3339`: 判定する時刻",
		"`RFC3339` time to judge at"}.in(a.lang))
	f.StringVar(&order.readerKey, "reader-key", "", phrase{
		"`PEM`: リーダーの一時秘密鍵 (deviceMac に必要)",
		"`PEM` file with the private EReaderKey, which deviceMac needs"}.in(a.lang))
	f.StringVar(&order.docType, "doc-type", "", phrase{
		"`T`: 求めた docType (ほかのものは拒否)",
		"`T` is the docType that was asked for; another is rejected"}.in(a.lang))
	f.StringArrayVar(&order.lists, "lists", nil, phrase{
		"`PATH`: CRL、ステータスリスト、識別子リストのファイルまたはディレクトリ",
		"`PATH` of a CRL, status list or identifier list, or of a directory of them"}.in(a.lang))
	f.StringVar(&order.policy, "undetermined", configs.UndeterminedAccept, phrase{
		"`POLICY`: 失効を確かめられないとき accept、unlisted、reject (既定 accept)",
		"`POLICY` when revocation is undetermined: accept, unlisted or reject"}.in(a.lang))
	f.StringArrayVar(&order.usages, "signer-usages", nil, phrase{
		"`T=OID[,OID...]`: docType T の署名者に認める用途 (extKeyUsage)",
		"`T=OID[,OID...]`: extended key usages of the signers of docType T"}.in(a.lang))
	f.BoolVar(&order.showValues, "show-values", false, phrase{
		"要素の値も表示する (個人情報)",
		"show the element values too (personal data)"}.in(a.lang))
	return cmd
}

// verify judges one recorded answer. What is wrong with the answer is a verdict;
// what is wrong with any other input is an error.
func (a *app) verify(order verifyOrder) error {
	if missing := order.missing(); len(missing) > 0 {
		return fault.New(fault.Usage, "%s missing", strings.Join(missing, ", "))
	}
	at, err := time.Parse(time.RFC3339, order.at)
	if err != nil {
		return fault.New(fault.Usage, "--at %q is no RFC 3339 time, such as 2026-12-01T00:00:00Z", order.at)
	}
	var trust []string
	for _, list := range order.trust {
		for name := range strings.SplitSeq(list, ",") {
			if name == "" {
				return fault.New(fault.Usage, "--trust %q names an empty file", list)
			}
			trust = append(trust, name)
		}
	}
	in, err := readEvidence(order, trust, at)
	if err != nil {
		return err
	}
	v := in.judge(at)
	defer v.wipe()
	if a.json {
		if err := a.writeJSON(v.json(order.showValues)); err != nil {
			return err
		}
	} else {
		a.showVerdict(v, at, order.docType != "", order.showValues)
	}
	if v.code != fault.OK {
		return reported{exitFailed}
	}
	return nil
}

// missing returns the flags that have to be given and were not.
func (o verifyOrder) missing() []string {
	var names []string
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"--response", o.response != ""},
		{"--transcript", o.transcript != ""},
		{"--trust", len(o.trust) > 0},
		{"--at", o.at != ""},
	} {
		if !flag.given {
			names = append(names, flag.name)
		}
	}
	return names
}
