package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kazashi/session/fault"
	"kazashi/session/verify"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// tapOrder is the command line of `kazashi tap`.
type tapOrder struct {
	profile string
	reader  string
	timeout time.Duration
	repeat  int
	apdus   bool // show the exchanges, to who may see them
}

// maxRepeat bounds --repeat.
const maxRepeat = 1000

// A tapResult is what `kazashi tap --json` writes.
type tapResult struct {
	Presentation string            `json:"presentation"`
	Profile      string            `json:"profile"`
	Reader       string            `json:"reader"`
	Specimen     bool              `json:"specimen"`
	State        api.State         `json:"state"` // verified, or how the presentation ended
	Code         fault.Code        `json:"code"`
	Name         string            `json:"name"` // the code in words
	TookMS       int64             `json:"took_ms"`
	LastTap      fault.Code        `json:"last_tap,omitempty"` // of the last tap that came to nothing
	Steps        []tapStep         `json:"steps"`
	Received     []api.ElementName `json:"received"` // names; a diagnostic tap never claims the values
	Warnings     []api.Warning     `json:"warnings"`
	APDUs        []tapExchange     `json:"apdus"`
	Totals       *totals           `json:"totals,omitempty"` // of the APDUs; none where they were not traced
	Check        verify.Check      `json:"check,omitempty"`  // the one that failed
	Checks       []tapCheck        `json:"checks,omitempty"` // not in a series
}

// A tapStep is one change as it was seen, in milliseconds after arming.
type tapStep struct {
	AtMS  int64      `json:"at_ms"`
	State api.State  `json:"state"`
	Phase string     `json:"phase,omitempty"`
	Code  fault.Code `json:"code,omitempty"` // of a tap after which the terminal waits for another
}

func (a *app) tapCommand() *cobra.Command {
	var order tapOrder
	var with, without bool
	cmd := a.verb("tap", phrase{
		Ja: "一度かざして端末を点検する (値は受け取らない)",
		En: "try one tap; the attributes are never taken",
	}, func(ctx context.Context) error {
		order.apdus = !without && (order.repeat == 1 || with)
		return a.tap(ctx, order)
	})
	cmd.Long = phrase{
		Ja: `デーモンに受付を一つ開かせ、かざされたスマートフォンとのやり取りを、経過時間とともに表示します。届いた要素は名前だけを示し、値は受け取らずに破棄させます。technician の役割があれば、APDU も一つずつ示します (中身は含まない)。そのあいだだけトレースを続け、終わると元に戻します。最後に、検証の各検査の結果を示します。Ctrl-C でも受付は取り消されます。起動中のデーモンは、ソケットができるまで 5 秒待ちます。

終了コード: 0 検証済み、1 失敗または拒否、64 使い方の誤り、69 デーモンが応答しない、75 ほかの受付が進行中、77 権限がない`,
		En: `Arm one presentation, and show what happens with the phone that is held over the reader, with times. Of the elements that came only the names are shown; their values are never claimed and are wiped. With the technician role the APDUs are shown too as they happen, without payloads: tracing is on for the tap and put back afterwards. At the end stands what came of each check of the verification. Ctrl-C cancels the presentation too. A daemon that is just starting is waited for, 5 s until its socket is there.

exit status: 0 verified, 1 failed or rejected, 64 wrong command line, 69 daemon unavailable, 75 another presentation is going on, 77 permission denied`,
	}.in(a.lang)
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&order.profile, "profile", "", phrase{
		"`NAME`: 求める内容 (既定は " + usualProfile + "、なければ最初のもの)",
		"`NAME` of what is asked (default " + usualProfile + ", else the first)"}.in(a.lang))
	f.StringVar(&order.reader, "reader", "", phrase{
		"`NAME`: 使うリーダー (一台だけなら不要)",
		"`NAME` of the reader to use; not needed where there is one"}.in(a.lang))
	f.DurationVar(&order.timeout, "timeout", 0, phrase{
		"`TIME`: 待つ時間、例えば 30s (既定はデーモンの設定)",
		"`TIME` to wait, such as 30s (default: as the daemon is set)"}.in(a.lang))
	f.IntVar(&order.repeat, "repeat", 1, phrase{
		"`N`: 続けて N 回点検し、最後に所要時間の中央値とコード別の失敗数を示す",
		"`N` taps one after the other, with medians and failures by code at the end"}.in(a.lang))
	f.BoolVar(&with, "apdu", false, phrase{
		"--repeat でも APDU を示す (一度なら既定、technician の役割が必要)",
		"show the APDUs with --repeat too (the default for one tap; technicians only)"}.in(a.lang))
	f.BoolVar(&without, "no-apdu", false, phrase{"APDU を示さず、トレースもしない", "leave the APDUs out, and trace nothing"}.in(a.lang))
	return cmd
}

// usualProfile is what a diagnostic tap asks for when nothing is said.
const usualProfile = "residence-certificate"

// cancelTimeout bounds the cancelling that ends every diagnostic tap.
const cancelTimeout = 5 * time.Second

func (a *app) tap(ctx context.Context, order tapOrder) error {
	if order.timeout != 0 && order.timeout < api.MinTimeoutMS*time.Millisecond {
		return fault.New(fault.Usage, "--timeout %s is shorter than %s", order.timeout, api.MinTimeoutMS*time.Millisecond)
	}
	if order.repeat < 1 || order.repeat > maxRepeat {
		return fault.New(fault.Usage, "--repeat %d is not between 1 and %d", order.repeat, maxRepeat)
	}
	daemon, err := a.dialPatiently(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = daemon.Close() }()
	if order.profile, err = a.chooseProfile(ctx, daemon, order.profile); err != nil {
		return err
	}
	series := tapSeries{Taps: make([]tapResult, 0, order.repeat)}
	for n := range order.repeat {
		if order.repeat > 1 && !a.json {
			a.showTurn(n+1, order.repeat)
		}
		result, err := a.tapOnce(ctx, daemon, order)
		if err != nil {
			return err
		}
		if !a.json {
			if order.repeat == 1 {
				a.showTapEvidence(result)
			}
			a.showTap(result)
		}
		if order.repeat > 1 {
			result.Checks = nil // Check says enough
		}
		series.Taps = append(series.Taps, result)
	}
	series.summarise()
	switch {
	case order.repeat == 1 && a.json:
		err = a.writeJSON(series.Taps[0])
	case a.json:
		err = a.writeJSON(series)
	case order.repeat > 1:
		a.showSeries(series)
	}
	if err == nil && series.Summary.Verified < order.repeat {
		return reported{exitFailed}
	}
	return err
}

// tapOnce arms one presentation and follows it to its end.
func (a *app) tapOnce(ctx context.Context, daemon *client.Client, order tapOrder) (tapResult, error) {
	var trace *tapTrace
	if order.apdus {
		var restore func()
		trace, restore = traceTap(ctx, daemon)
		defer restore()
	}
	news := listen(ctx, daemon)
	defer news.close()
	news.trace = trace
	p, err := daemon.Arm(ctx, api.ArmRequest{
		Profile: order.profile, Transaction: "diagnostic-" + rand.Text(), Reader: order.reader,
		TimeoutMS: order.timeout.Milliseconds(),
	}, rand.Text())
	if err != nil {
		return tapResult{}, order.explain(err)
	}
	defer func() {
		// The command may end because ctx did; the presentation has to end all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
		defer cancel()
		_ = daemon.Cancel(ctx, p.ID)
	}()
	if !a.json {
		a.showArmed(p)
	}
	result := tapResult{
		Presentation: p.ID, Profile: p.Profile, Reader: p.Reader, Specimen: p.Specimen,
		Steps: []tapStep{}, Received: []api.ElementName{}, Warnings: []api.Warning{}, APDUs: []tapExchange{},
	}
	return result, a.follow(ctx, daemon, news, p, &result)
}

// explain turns the daemon's word about the command line into one about its flags.
func (o tapOrder) explain(err error) error {
	if o.timeout == 0 || fault.CodeOf(err) != fault.MalformedRequest {
		return err
	}
	detail := detailOf(err)
	var least, most int64
	if n, _ := fmt.Sscanf(detail, "timeout_ms is not between %d and %d", &least, &most); n == 2 {
		return fault.New(fault.Usage, "--timeout %s is not between %s and %s", o.timeout,
			time.Duration(least)*time.Millisecond, time.Duration(most)*time.Millisecond)
	}
	return fault.New(fault.Usage, "--timeout %s: %s", o.timeout, detail)
}

// chooseProfile returns the profile that was asked for, or the usual one.
func (a *app) chooseProfile(ctx context.Context, daemon *client.Client, name string) (string, error) {
	list, err := daemon.Profiles(ctx)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(list.Profiles))
	for _, p := range list.Profiles {
		names = append(names, p.Name)
	}
	switch {
	case len(names) == 0:
		return "", fault.New(fault.ProfileNotFound, "the daemon has no profile")
	case slices.Contains(names, name):
		return name, nil
	case name != "":
		return "", fault.New(fault.ProfileNotFound, "no profile %q, there are %s", name, strings.Join(names, ", "))
	case slices.Contains(names, usualProfile):
		return usualProfile, nil
	}
	return names[0], nil
}

func seconds(ms int64) string { return fmt.Sprintf("%8.3f s", float64(ms)/1000) }
