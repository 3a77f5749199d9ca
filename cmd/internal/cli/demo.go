package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// demoTimeout bounds the whole demo. It takes about a second.
const demoTimeout = time.Minute

// A scene is one tap of the demo: what a kiosk asks, and how it has to end.
type scene struct {
	Title    phrase
	Profile  string
	Scenario string // what the specimen phone does
	About    phrase // for somebody who has never seen it
	State    api.State
	Code     fault.Code
}

// scenes are the taps of the demo in their order.
var scenes = []scene{
	{
		Title:   phrase{"住民票の写し", "a residence certificate"},
		Profile: "residence-certificate", Scenario: "honest",
		About: phrase{
			Ja: "客がキオスクで住民票の写しを選び、スマートフォンをかざします。端末は五つの項目を求め、発行者と端末の署名を確かめてからキオスクに渡します",
			En: "a customer picks a residence certificate at the kiosk and holds up the phone; the terminal asks for five items, verifies who signed them, and hands them to the kiosk",
		},
		State: api.StateVerified, Code: fault.OK,
	},
	{
		Title:   phrase{"年齢確認", "an age check"},
		Profile: "age-over-20", Scenario: "honest",
		About: phrase{
			Ja: "年齢確認では「20歳以上か」の一項目だけを求めます。名前も生年月日もスマートフォンから出ません",
			En: "an age check asks for one yes or no; neither name nor date of birth leaves the phone",
		},
		State: api.StateVerified, Code: fault.OK,
	},
	{
		Title:   phrase{"改ざんされた証明書", "a tampered document"},
		Profile: "residence-certificate", Scenario: "tampered-element",
		About: phrase{
			Ja: "発行後に一項目を書き換えた証明書です。発行者が署名したダイジェストと合わないため拒否し、キオスクには何も渡しません",
			En: "this phone changed one item after it was issued; the digest that the issuer signed does not match, so nothing is handed over",
		},
		State: api.StateRejected, Code: fault.DigestMismatch,
	},
}

// A demoResult is what `kazashi demo --json` writes.
type demoResult struct {
	OK     bool          `json:"ok"` // every scene ended as it has to
	Daemon string        `json:"daemon"`
	Scenes []sceneResult `json:"scenes"`
	Kept   *kept         `json:"kept,omitempty"`
}

// A sceneResult is how one scene ended.
type sceneResult struct {
	Title    phrase            `json:"title"`
	Profile  string            `json:"profile"`
	Scenario string            `json:"scenario"`
	Expected outcome           `json:"expected"`
	Got      outcome           `json:"got"`
	OK       bool              `json:"ok"`
	TookMS   float64           `json:"took_ms"` // from arming to the result
	Received []api.ElementName `json:"received"`
}

// An outcome is the state and code that a presentation reached.
type outcome struct {
	State api.State  `json:"state"`
	Code  fault.Code `json:"code"`
	Name  string     `json:"name"`
}

func outcomeOf(state api.State, code fault.Code) outcome {
	return outcome{State: state, Code: code, Name: code.Slug()}
}

func (a *app) demoCommand() *cobra.Command {
	var daemon, keep string
	cmd := a.verb("demo", phrase{
		Ja: "機器なしで一連の流れを見る",
		En: "see the whole flow without any hardware",
	}, func(ctx context.Context) error { return a.demo(ctx, daemon, keep) })
	cmd.Long = phrase{
		Ja: `デーモンを見本モードで起動し、ソフトウェアのスマートフォンを三度かざします。キオスクと同じソケットを通して、受付、受け取り、完了の通知まで行います。人物も証明書も架空です。

終了コード: 0 三つとも期待どおり、1 それ以外、69 デーモンを起動できない`,
		En: `Start the daemon in specimen mode with a phone made of software, and perform three taps through the same socket that a kiosk uses: arm, wait, claim, acknowledge. All people and documents are invented.

exit status: 0 all three end as they have to, 1 not so, 69 the daemon did not start`,
	}.in(a.lang)
	cmd.Flags().StringVar(&daemon, "daemon", "", phrase{
		"`PATH`: kazashid の場所 (既定はこのコマンドと同じ場所)",
		"`PATH` of kazashid (default: beside this command)"}.in(a.lang))
	cmd.Flags().StringVar(&keep, "keep", "", phrase{
		"`DIR`: 見本のタップをもう一度行い、kazashi verify 用に応答を保存する",
		"`DIR` to keep the answer of one more specimen tap in, for kazashi verify"}.in(a.lang))
	return cmd
}

func (a *app) demo(ctx context.Context, path, keep string) error {
	if keep != "" {
		if err := checkKeep(keep); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, demoTimeout,
		fault.New(fault.Internal, "the demo did not end within %s", demoTimeout))
	defer cancel()
	path, err := findDaemon(path)
	if err != nil {
		return err
	}
	child, err := startDaemon(ctx, path)
	if err != nil {
		return err
	}
	defer child.stop()
	result, err := a.perform(ctx, child)
	child.stop() // before it is said that it is
	if err == nil && keep != "" {
		result.Kept, err = keepTap(ctx, keep, time.Now())
	}
	if err != nil {
		return err
	}
	if a.json {
		err = a.writeJSON(result)
	} else {
		a.showDemoEnd(result)
	}
	if err == nil && !result.OK {
		return reported{exitFailed}
	}
	return err
}
