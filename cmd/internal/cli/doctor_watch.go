package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"kazashi/cmd/internal/doctor"
	"kazashi/session/fault"
)

// watchEvery is how long after the end of an examination the next begins.
const watchEvery = 2 * time.Second

// clearScreen puts the cursor into the first line of an empty terminal.
const clearScreen = "\x1b[H\x1b[2J"

// watchDoctor examines again and again until it is interrupted. A terminal shows the
// newest in one screen; anything else gets a report whenever something has changed,
// and JSON one line each time.
func (a *app) watchDoctor(ctx context.Context, order doctorOrder) error {
	file, ok := a.Stdout.(*os.File)
	screen := ok && term.IsTerminal(int(file.Fd())) && a.Getenv("TERM") != "dumb"
	tick := time.NewTimer(0)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		r := doctor.Examine(ctx, a.world(order))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case a.json:
			if err := json.NewEncoder(a.Stdout).Encode(examinationOf(r)); errors.Is(err, syscall.EPIPE) {
				return examinationFailure(r)
			} else if err != nil {
				return fault.Wrap(fault.Internal, err, "writing the result")
			}
		case screen:
			_, _ = io.WriteString(a.Stdout, clearScreen)
			a.showBriefly(r)
		case signature(r) != last:
			if last != "" {
				a.out.line(plain, "")
			}
			last = signature(r)
			a.out.line(bold, clock(r.At))
			a.showExamination(r)
		}
		tick.Reset(watchEvery)
	}
}

// showBriefly is an examination in one screen: the cause, and the checks that found
// something; how many came out otherwise stands in the last line.
func (a *app) showBriefly(r doctor.Report) {
	a.out.line(bold, "kazashi doctor  "+clock(r.At))
	a.out.line(plain, "")
	if matters := mattersOf(r); len(matters) > 0 {
		cause := matters[0]
		cause.findings = cause.findings[:min(len(cause.findings), 4)]
		a.showMatter(cause, false)
		a.out.line(plain, "")
		a.showChecks(r, func(row doctor.Row) bool { return row.State == doctor.Failed || row.State == doctor.Warning })
		a.out.line(plain, "")
	}
	a.showCount(r)
}

// signature is what tells one examination from another: states, codes and what was seen.
func signature(r doctor.Report) string {
	var b strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintln(&b, row.Check.ID, row.State, row.Because)
		for _, f := range row.Findings {
			fmt.Fprintln(&b, f.Code, f.Seen.En)
		}
	}
	return b.String()
}
