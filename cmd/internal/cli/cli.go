// Package cli is the kazashi command, for the technician at a kiosk and the
// developer of one.
//
//	kazashi doctor      what is broken, why, and what to do, also without a daemon
//	kazashi codes       what a code (KZ-nnn) means and what to do about it
//	kazashi status      what the daemon and its reader are doing, and what is wrong
//	kazashi readers     which readers there are
//	kazashi profiles    list and check profiles, which say what may be asked
//	kazashi tap         one tap to try the terminal, without taking any attribute
//	kazashi trace       the APDUs of the taps, without payloads
//	kazashi log         the daemon's log
//	kazashi verify      judge a recorded answer of a phone
//	kazashi engagement  decode the QR code (mdoc:) of a phone
//	kazashi trust       show, check, import and update trusted issuers and revocations
//	kazashi bugreport   an archive for those who mend the terminal elsewhere
//	kazashi demo        see the whole flow without any hardware
//	kazashi version     which version this is
//
// Every verb takes --json for machines, --lang ja|en for people (otherwise the
// locale decides) and --socket for a daemon elsewhere. What is written for people
// stays under 80 columns.
//
// An error is one line on standard error, wrapped on a terminal, that names its KZ code
// and what was seen, then the cause and a hint, each on lines of their own. With --json standard
// output carries it too:
//
//	{"error":{"code":"KZ-621","name":"socket-unavailable","detail":"...","exit":69,
//	  "cause":{"ja":"...","en":"..."},"remedy":{"ja":"...","en":"..."}}}
//
// Exit status: 0 done, 1 failed or rejected, 3 nothing but warnings, 64 wrong command
// line, 66 unreadable input, 69 daemon unavailable, 70 internal error, 75 try again in
// a moment, 77 permission denied, 78 wrong configuration, 130 interrupted.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/doctor"
	"kazashi/session/fault"
)

// A Process is what a run of the command gets from outside.
type Process struct {
	Args   []string // without the program's name
	Getenv func(string) string
	Stdout io.Writer
	Stderr io.Writer

	seam func(*doctor.World) // of tests: what doctor cannot be shown for real
}

// app is one run of the command.
type app struct {
	Process
	lang    language
	json    bool
	socket  string
	out     *screen
	err     *screen
	unknown error // a word that is no command, with --help behind it
	started bool  // the verb itself began: the command line was right
}

// Run runs the command and returns its exit status. A ctx that ends interrupts it.
func Run(ctx context.Context, p Process) int {
	a := &app{
		Process: p,
		lang:    localeLanguage(p.Getenv),
		out:     newScreen(p.Stdout, p.Getenv),
		err:     newScreen(p.Stderr, p.Getenv),
	}
	a.peek(p.Args)
	root := a.command() //nolint:contextcheck // every verb takes the context of its cobra.Command
	root.SetArgs(p.Args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = a.unknown
	}
	if err != nil && !a.started {
		err = fault.New(fault.Usage, "%v", err)
	}
	if ctx.Err() != nil && err != nil && !errors.As(err, new(reported)) {
		err = errInterrupted
	}
	a.report(cmd.CommandPath(), err)
	return exitOf(err)
}

// peek finds --lang and --json before the command line is parsed, because the
// parser's own messages and the help need them already. What is wrong with them
// the parser says later.
func (a *app) peek(args []string) {
	for i, arg := range args {
		value, found := "", false
		switch {
		case arg == "--":
			return
		case arg == "--json":
			a.json = true
		case arg == "--lang" && i+1 < len(args):
			value, found = args[i+1], true
		case len(arg) > len("--lang=") && arg[:len("--lang=")] == "--lang=":
			value, found = arg[len("--lang="):], true
		}
		if l, ok := parseLanguage(value); found && ok {
			a.lang = l
		}
	}
}

// verb returns a command that takes no arguments and runs run.
func (a *app) verb(name string, short phrase, run func(context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: short.in(a.lang),
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.started = true
			return run(cmd.Context())
		},
	}
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	return nil
}

// writeJSON writes v as one indented JSON document. That nobody reads it to its
// end is no error.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fault.Wrap(fault.Internal, err, "writing the result")
	}
	return nil
}
