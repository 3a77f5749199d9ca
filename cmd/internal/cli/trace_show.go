package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// timeOfDay is how a time stands at the beginning of a line.
const timeOfDay = "15:04:05.000"

// A traceList writes entries of a trace one after the other, with a line wherever
// another tap begins: taps on two readers may run at the same time.
type traceList struct {
	a   *app
	tap uint64 // of the newest line
}

func (l *traceList) page(page api.Trace) {
	for _, e := range page.Entries {
		l.show(e)
	}
}

func (l *traceList) show(e api.TraceEntry) {
	a, at := l.a, e.At.Local().Format(timeOfDay)
	if l.tap == 0 {
		a.exchangeHead(phrase{"時刻", "TIME"}, len(timeOfDay))
	}
	if e.Tap != l.tap {
		l.tap = e.Tap
		a.out.say(bold, at+" ", fmt.Sprintf(phrase{"-- タップ %d、%s", "-- tap %d on %s"}.in(a.lang), e.Tap, e.Reader))
	}
	switch e.Type {
	case api.TraceTap: // the line above says it
	case api.TracePhase:
		text := e.Phase
		if p, ok := phases[e.Phase]; ok {
			text += ": " + p.in(a.lang)
		}
		a.out.say(faint, at+" ", text)
	case api.TraceExchange:
		a.showExchange(at, e)
	case api.TraceEnd:
		tone := good
		if e.Code != fault.OK {
			tone = warn
		}
		a.out.say(tone, at+" ", fmt.Sprintf(phrase{"終わり %s、%.1f ミリ秒", "end %s, %.1f ms"}.in(a.lang), codeText(e.Code), e.TookMS))
	}
}

// showTraceState says whether tracing is on, and until when.
func (a *app) showTraceState(t api.Trace) {
	if !t.On || t.Until == nil {
		a.out.say(plain, "", phrase{"トレースは止まっています。記録はありません", "the trace is off; nothing is kept"}.in(a.lang))
		a.out.say(plain, phrase{"ヒント: ", "hint: "}.in(a.lang), phrase{
			"kazashi trace --on で 5 分間記録します", "kazashi trace --on traces for 5 minutes"}.in(a.lang))
		return
	}
	if len(t.Entries) == 0 {
		a.out.say(plain, "", phrase{"まだタップはありません", "no tap yet"}.in(a.lang))
	}
	a.out.say(plain, "", fmt.Sprintf(phrase{
		"トレースは %s まで続きます (あと %s)", "the trace is on until %s (%s left)"}.in(a.lang),
		clock(*t.Until), max(0, time.Until(*t.Until).Round(time.Second))))
}

// writeLine writes v as one line of JSON. More is false where nobody reads on.
func (a *app) writeLine(v any) (more bool, err error) {
	enc := json.NewEncoder(a.Stdout)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); errors.Is(err, syscall.EPIPE) {
		return false, nil
	} else if err != nil {
		return false, fault.Wrap(fault.Internal, err, "writing the result")
	}
	return true, nil
}
