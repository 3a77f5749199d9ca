package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/build"
	"kazashi/cmd/internal/usage"
	"kazashi/reader/vpcd"
	"kazashi/session/holder"
	"kazashi/session/specimen"
)

// What the program exits with, after sysexits.h.
const (
	exitFailed      = 1
	exitUsage       = 64
	exitUnreadable  = 66
	exitUnavailable = 69
	exitInterrupted = 130
)

// A failure is an error with an exit status and what to do about it.
type failure struct {
	exit int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

// flags are the command line.
type flags struct {
	address   string
	pki       string
	behaviour string
	document  string
	handover  string
	once      bool
	taps      int
}

// run runs the program and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	started := false
	cmd := command(func(f flags) error {
		started = true
		p, err := f.prepare(stdout)
		if err != nil {
			return err
		}
		return p.play(ctx)
	})
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.Execute()
	var f *failure
	switch {
	case err == nil:
		return 0
	case !started:
		f = &failure{exit: exitUsage, err: err, hint: "virtualcard --help shows how to use it"}
	case ctx.Err() != nil:
		_, _ = fmt.Fprintln(stderr, "virtualcard: interrupted")
		return exitInterrupted
	case !errors.As(err, &f):
		f = &failure{exit: exitFailed, err: err}
	}
	_, _ = fmt.Fprintln(stderr, "virtualcard: error:", f.err)
	if f.hint != "" {
		_, _ = fmt.Fprintln(stderr, "virtualcard: hint:", f.hint)
	}
	return f.exit
}

func command(execute func(flags) error) *cobra.Command {
	var f flags
	behaviours := make([]string, 0, len(holder.Scenarios()))
	for _, s := range holder.Scenarios() {
		behaviours = append(behaviours, fmt.Sprintf("  %-18s %s", s, s.Description()))
	}
	cmd := &cobra.Command{
		Use:   "virtualcard",
		Short: "a phone made of software for the virtual PC/SC reader",
		Long: "Plug a phone with specimen documents into the virtual PC/SC reader (vpcd).\n\nBehaviours:\n" +
			strings.Join(behaviours, "\n"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unexpected argument %q", args[0])
			}
			return f.check()
		},
		Version:       build.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(*cobra.Command, []string) error { return execute(f) },
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.SetVersionTemplate("virtualcard {{.Version}}\n")
	usage.Set(cmd)
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.address, "vpcd", vpcd.Address(0), "`host:port` of the virtual reader")
	set.StringVar(&f.pki, "pki", "", "`directory` of the specimen authorities; made when it is missing or empty")
	set.StringVar(&f.behaviour, "behaviour", string(holder.Honest), "`name` of what the phone does in a tap")
	set.StringVar(&f.document, "document", "both", "`what` it holds: mnc, mdl or both")
	set.StringVar(&f.handover, "handover", "static", "`how` it engages: static or negotiated")
	set.BoolVar(&f.once, "once", false, "end after one tap")
	set.IntVar(&f.taps, "taps", 0, "end after `n` taps; 0 goes on until it is interrupted")
	pages().Offer(cmd)
	return cmd
}

// check refuses values that no phone can have.
func (f *flags) check() error {
	if !slices.Contains(holder.Scenarios(), holder.Scenario(f.behaviour)) {
		return fmt.Errorf("--behaviour: there is no %q", f.behaviour)
	}
	if !slices.Contains([]string{"mnc", "mdl", "both"}, f.document) {
		return fmt.Errorf("--document: %q is none of mnc, mdl and both", f.document)
	}
	if !slices.Contains([]string{"static", "negotiated"}, f.handover) {
		return fmt.Errorf("--handover: %q is neither static nor negotiated", f.handover)
	}
	if f.taps < 0 {
		return fmt.Errorf("--taps: %d is less than 0", f.taps)
	}
	if f.once && f.taps > 0 {
		return errors.New("--once and --taps exclude each other")
	}
	if f.once {
		f.taps = 1
	}
	return nil
}

// documents returns what the phone holds.
func (f *flags) documents(at time.Time) []specimen.Document {
	switch f.document {
	case "mnc":
		return []specimen.Document{specimen.MyNumberCard(at)}
	case "mdl":
		return []specimen.Document{specimen.DrivingLicence(at)}
	}
	return nil // both, which is what a phone of package holder has
}
