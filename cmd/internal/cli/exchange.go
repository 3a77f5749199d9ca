package cli

import (
	"fmt"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// widestStep is the room for a step's name: that of the longest,
// select-capability-container.
const widestStep = 27

// exchangeHead is the line above a list of exchanges whose first column, such as the
// time, is called what and is wide columns wide.
func (a *app) exchangeHead(what phrase, wide int) {
	a.out.line(bold, exchangeRow(pad(what.in(a.lang), wide), phrase{"手順", "STEP"}.in(a.lang), phrase{"ヘッダー", "HEADER"}.in(a.lang),
		phrase{"送信", "OUT"}.in(a.lang), phrase{"受信", "IN"}.in(a.lang), "SW", "ms"))
}

// showExchange writes one command and its answer, with bytes of the whole APDUs. What
// a status word means follows on a line of its own, unless it is that of success.
func (a *app) showExchange(lead string, e api.TraceEntry) {
	tone, meaning := plain, ""
	if e.SW != swDone {
		tone, meaning = warn, statusText(a.lang, e.SW)
	}
	a.out.line(tone, exchangeRow(lead, e.Step, e.Header, fmt.Sprint(e.Sent), fmt.Sprint(e.Received), e.SW,
		fmt.Sprintf("%.1f", e.TookMS)))
	if meaning != "" {
		a.out.say(tone, pad("", width(lead)+1)+printable(e.SW)+": ", meaning)
	}
}

// swDone is the status word of success as the trace carries it.
const swDone = "9000"

func exchangeRow(lead, step, header, sent, received, sw, took string) string {
	left := func(s string, n int) string { return pad(cells.Truncate(printable(s), n, ""), n) }
	right := func(s string, n int) string { return pad("", n-width(s)) + s }
	return lead + " " + left(step, widestStep) + " " + left(header, 8) + right(sent, 6) + right(received, 6) + "  " +
		left(sw, 4) + right(took, 9)
}

// totals are exchanges in sum.
type totals struct {
	Commands int `json:"commands"`
	Sent     int `json:"sent"`     // bytes of the command APDUs
	Received int `json:"received"` // bytes of the response APDUs
}

func (t *totals) add(e api.TraceEntry) {
	t.Commands++
	t.Sent += e.Sent
	t.Received += e.Received
}

// text tells the totals.
func (t totals) text(l language) string {
	return fmt.Sprintf(phrase{"コマンド %d 件、送信 %d バイト、受信 %d バイト", "%d commands, %d bytes out, %d bytes in"}.in(l),
		t.Commands, t.Sent, t.Received)
}

// codeText is a code with its name.
func codeText(code fault.Code) string { return fmt.Sprintf("%s (%s)", code, code.Slug()) }
