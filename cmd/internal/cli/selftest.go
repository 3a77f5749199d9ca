package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/message"
	"kazashi/cmd/internal/selftest"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
)

// selftestJSON is what `kazashi selftest --json` writes.
type selftestJSON struct {
	Passed bool            `json:"passed"`
	Checks []selfcheckJSON `json:"checks"`
}

type selfcheckJSON struct {
	Group   selftest.Group `json:"group"`
	Name    string         `json:"name"`
	Result  string         `json:"result"` // passed, failed or skipped
	Code    fault.Code     `json:"code,omitempty"`
	Detail  string         `json:"detail,omitempty"` // what was seen or measured
	Seconds float64        `json:"seconds"`
}

func (a *app) selftestCommand() *cobra.Command {
	cmd := a.verb("selftest", phrase{
		Ja: "暗号計算と検証が正しいかを自己診断する",
		En: "prove the cryptography and the verdicts of this machine",
	}, a.selftest)
	cmd.Long = phrase{
		Ja: `公表されている答えで暗号計算を確かめ、見本のスマートフォン (正しいもの、偽物) をソフトウェアのリーダーにかざして判定を確かめます。リーダーに何か置いてあれば、APDU の往復時間も測ります。設定、ファイル、ネットワークには触れません。デーモンは要りません。

終了コード: 0 すべて合格、1 不合格がある`,
		En: `Check the cryptography against published answers, and hold specimen phones, good and bad, over a reader made of software to see that each gets the verdict it deserves. Where something lies on a reader, the round trip of an APDU is timed too. No file and no network is touched, and no daemon is needed.

exit status: 0 everything passed, 1 something failed`,
	}.in(a.lang)
	return cmd
}

// groups says what the checks are about.
var groups = map[selftest.Group]phrase{
	selftest.Primitives: {"暗号計算 (公表された答えと比べる)", "cryptography, against published answers"},
	selftest.Taps:       {"見本のタップ (それぞれにふさわしい判定か)", "specimen taps, each with the verdict it deserves"},
	selftest.Card:       {"リーダー (APDU の往復)", "reader, round trip of an APDU"},
}

func (a *app) selftest(ctx context.Context) error {
	var group selftest.Group
	out := selftestJSON{Checks: []selfcheckJSON{}}
	tell := func(r selftest.Result) {
		out.Checks = append(out.Checks, describeSelfcheck(r))
		if a.json {
			return
		}
		if r.Group != group {
			group = r.Group
			a.out.line(bold, groups[group].in(a.lang))
		}
		a.showSelfcheck(r)
	}
	out.Passed = selftest.Run(ctx, time.Now(), tell)
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.readersAreFree(ctx, tell) {
		out.Passed = selftest.Cards(ctx, pcsc.New(pcsc.Options{}), tell) && out.Passed
	}
	if a.json {
		if err := a.writeJSON(out); err != nil {
			return err
		}
	} else {
		a.showSelftest(out)
	}
	if !out.Passed {
		return reported{exitFailed}
	}
	return nil
}

// readersAreFree reports whether readers may be opened: a daemon with a presentation
// that goes on needs them for itself.
func (a *app) readersAreFree(ctx context.Context, tell func(selftest.Result)) bool {
	skip := func(err error) bool {
		tell(selftest.Result{Group: selftest.Card, Name: "reader", Skipped: true, Err: err})
		return false
	}
	if !pcsc.Supported {
		return skip(fault.New(fault.ReaderUnsupported, "built without PC/SC"))
	}
	daemon, err := a.dial(ctx)
	if err != nil {
		return true // no daemon, or none that this user may ask
	}
	defer func() { _ = daemon.Close() }()
	if status, err := daemon.Status(ctx); err == nil && len(status.Active) > 0 {
		return skip(fault.New(fault.PresentationActive, "the daemon is waiting for a tap"))
	}
	return true
}

func describeSelfcheck(r selftest.Result) selfcheckJSON {
	c := selfcheckJSON{Group: r.Group, Name: r.Name, Result: "passed", Detail: r.Note, Seconds: r.Took.Seconds()}
	if r.Err != nil {
		c.Code, c.Detail = fault.CodeOf(r.Err), r.Err.Error()
		c.Result = "failed"
	}
	if r.Skipped {
		c.Result = "skipped"
	}
	return c
}

func (a *app) showSelfcheck(r selftest.Result) {
	tone, result, detail := good, phrase{"合格", "ok"}, r.Note
	switch {
	case r.Skipped && r.Err == nil:
		tone, result = plain, phrase{"省略", "skipped"}
		detail = phrase{"何も置かれていない", "nothing lies on it"}.in(a.lang)
	case r.Skipped:
		code := fault.CodeOf(r.Err)
		tone, result = plain, phrase{"省略", "skipped"}
		detail = fmt.Sprintf("%s: %s", code, phrase(message.Lookup(code).Cause).in(a.lang))
	case r.Err != nil:
		tone, result, detail = bad, phrase{"不合格", "FAILED"}, fmt.Sprintf("%s: %v", fault.CodeOf(r.Err), r.Err)
	}
	lead := "  " + pad(result.in(a.lang), 8) + pad(r.Name, 26)
	if detail == "" {
		a.out.line(tone, strings.TrimRight(lead, " "))
		return
	}
	a.out.say(tone, lead, detail)
}

func (a *app) showSelftest(out selftestJSON) {
	counts := map[string]int{}
	for _, c := range out.Checks {
		counts[c.Result]++
	}
	a.out.line(plain, "")
	tone, verdict := good, phrase{"合格", "passed"}
	if !out.Passed {
		tone, verdict = bad, phrase{"不合格", "FAILED"}
	}
	a.out.say(tone, "", fmt.Sprintf(phrase{
		"%s: 合格 %d、不合格 %d、省略 %d", "%s: %d passed, %d failed, %d skipped"}.in(a.lang),
		verdict.in(a.lang), counts["passed"], counts["failed"], counts["skipped"]))
	if !out.Passed {
		entry := message.Lookup(fault.SelfTestFailed)
		a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
	}
}
