// Kazashid is the daemon of the Kazashi NFC identity terminal. It waits for a
// kiosk to arm a presentation on its Unix socket, reads the phone that is then
// held over the reader, verifies the answer after ISO/IEC 18013-5, and hands the
// verified attributes over once.
//
// SIGHUP has it read configuration, profiles, anchors and reader key anew; what is
// wrong with them leaves the old ones in force. SIGTERM ends it in order.
//
// Exit status: 0 stopped in order, 2 a part of the daemon panicked, 64 wrong command
// line, 69 the socket is not available, 70 internal fault, 78 wrong configuration, a
// reader backend that this build does not have, or a sandbox started by nobody
// (65534). 2 is what the Go runtime gives too, for a panic that nothing could catch.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/build"
	"kazashi/cmd/internal/daemon"
	"kazashi/cmd/internal/memory"
	"kazashi/cmd/internal/message"
	"kazashi/cmd/internal/usage"
	"kazashi/configs"
	"kazashi/session/fault"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	// A log that nobody reads any more is no reason to stop.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	last := daemon.NewSink(stderr) // which may be a pipe that is full
	tell(last, err)
	_ = last.Close()
	return status(err)
}

// tell writes an error as kazashi does: what was seen in one line for each that is
// wrong, then the cause and what to do about it.
func tell(w io.Writer, err error) {
	var coded []fault.Code // each once
	for _, one := range apart(err) {
		code := fault.CodeOf(one)
		_, _ = fmt.Fprintf(w, "kazashid: error: %s %v\n", code, one)
		if !slices.Contains(coded, code) {
			coded = append(coded, code)
		}
	}
	for _, code := range coded {
		advise(w, code, err)
	}
}

func advise(w io.Writer, code fault.Code, err error) {
	entry := message.Lookup(code)
	cause, hint := entry.Cause.En, entry.Remedy.En
	var advised *advised
	switch {
	case errors.As(err, &advised):
		hint = advised.hint
	case code == fault.Usage:
		cause, hint = "", "kazashid --help shows how to use it"
	}
	if cause != "" {
		_, _ = fmt.Fprintln(w, "kazashid: cause:", cause)
	}
	_, _ = fmt.Fprintln(w, "kazashid: hint:", hint)
}

// apart takes joined errors apart.
func apart(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, apart(one)...)
	}
	return all
}

// An advised error has a hint that fits better than that of its code.
type advised struct {
	error
	hint string
}

func (a *advised) Unwrap() error { return a.error }

// flags are the command line.
type flags struct {
	config, socket, specimenPKI string
	specimen                    bool
	scenarios                   []string
	check, list                 bool
	readers                     int
}

func command() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "kazashid",
		Short: "the daemon of the Kazashi NFC identity terminal",
		Example: `  kazashid --config /etc/kazashi/kazashid.yaml
  kazashid --check-config
  kazashid --specimen --socket /tmp/kazashi.sock \
    --scenario honest,tampered-element`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fault.New(fault.Usage, "unexpected argument %q", args[0])
			}
			return nil
		},
		Version:           build.Version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.execute(cmd) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return fault.Wrap(fault.Usage, err, "command line")
	})
	cmd.SetVersionTemplate("kazashid {{.Version}}\n" + fips() + "\n")
	usage.Set(cmd)
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.config, "config", "", "`path` of the configuration (default "+configs.Path+"; none in specimen mode)")
	set.BoolVar(&f.check, "check-config", false, "read configuration, profiles, anchors and key, tell what is wrong, and exit")
	set.StringVar(&f.socket, "socket", "", "`path` of the socket, instead of socket.path of the configuration")
	set.BoolVar(&f.specimen, "specimen", false, "accept specimen documents; without --config, use a reader and a phone made of software")
	set.StringSliceVar(&f.scenarios, "scenario", nil, "what the specimen phone does: a `name`, or several with commas, one for each presentation in turn")
	set.IntVar(&f.readers, "readers", 1, "how many `readers` made of software there are, each with a specimen phone")
	set.StringVar(&f.specimenPKI, "specimen-pki", "", "`directory` of the specimen authorities to accept, which are made when it is missing or empty; without it they are fresh at every start")
	set.BoolVar(&f.list, "list-scenarios", false, "list what specimen phones can do, and exit")
	pages().Offer(cmd)
	return cmd
}

// fips tells, below the version, of the FIPS 140-3 module.
func fips() string {
	on, module := build.FIPS()
	if on {
		return "FIPS 140-3 module " + module + ", on"
	}
	return "FIPS 140-3 module " + module + ", off"
}

func (f *flags) execute(cmd *cobra.Command) error {
	if f.list {
		for _, s := range daemon.Scenarios() {
			cmd.Println(s)
		}
		return nil
	}
	config, options, err := f.resolve()
	if f.check && config != nil {
		report, more := daemon.Check(*config, options)
		if err = errors.Join(err, more); err == nil {
			cmd.Print(report)
		}
		return err
	}
	if err != nil {
		return err
	}
	if !options.Specimen {
		// A trace shows arguments, and those may be parts of what a phone said. The log
		// names the functions of what panics, and of what hangs.
		debug.SetTraceback("none")
	}
	// Before any key is read. What cannot be had is for health to tell, but in the
	// sandbox, where all persons are invented.
	if err := memory.Protect(); !options.Specimen {
		options.Exposed = err
	}
	options.Sink = daemon.NewSink(os.Stderr)
	defer func() { _ = options.Sink.Close() }()
	options.Log, err = daemon.NewLogger(config.Log, options.Specimen, options.Sink)
	if err != nil {
		return err
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	options.Hangup = hangup
	options.Reload = func() (*configs.Config, error) {
		config, _, err := f.resolve()
		return config, err
	}
	return daemon.Run(cmd.Context(), *config, options)
}

// maxSocketPath is how many bytes a socket's path can have, less the zero at its end
// (unix(7)).
const maxSocketPath = 107

// resolve turns the command line into a configuration and options. A configuration that
// could be read comes with the error that says what is wrong with it.
func (f *flags) resolve() (*configs.Config, daemon.Options, error) {
	options := daemon.Options{Specimen: f.specimen, SpecimenPKI: f.specimenPKI, Scenarios: f.scenarios, Readers: f.readers}
	if !f.specimen && (f.specimenPKI != "" || f.scenarios != nil || f.readers != 1) {
		return nil, options, fault.New(fault.Usage, "--scenario, --readers and --specimen-pki need --specimen")
	}
	if f.readers < 1 {
		return nil, options, fault.New(fault.Usage, "--readers is less than 1")
	}
	sandbox := f.specimen && f.config == ""
	if sandbox && f.socket == "" && !f.check {
		return nil, options, fault.New(fault.Usage, "--specimen needs --socket or --config")
	}
	path := f.config
	if path == "" && !sandbox {
		path = configs.Path
	}
	config, err := configs.Load(path)
	if err != nil && f.config == "" && errors.Is(err, fs.ErrNotExist) {
		err = &advised{err, "--config names another file; without hardware, try kazashid --specimen --socket PATH"}
	}
	if config == nil {
		return nil, options, err
	}
	if sandbox {
		config.Reader.Backend = configs.BackendLoopback
	}
	if f.socket != "" {
		path, wrong := filepath.Abs(f.socket)
		if wrong != nil {
			return nil, options, fault.Wrap(fault.Usage, wrong, "--socket")
		}
		config.Socket.Path = path
	}
	if n := len(config.Socket.Path); err == nil && n > maxSocketPath {
		return nil, options, fault.New(fault.ConfigInvalid, "socket.path: %d bytes, where a Unix socket has room for %d", n, maxSocketPath)
	}
	return config, options, err
}

// status returns the exit status of an error, after sysexits.h.
func status(err error) int {
	const panicked, wrong, unavailable, software, config = 2, 64, 69, 70, 78
	switch code := fault.CodeOf(err); {
	case code == fault.OK:
		return 0
	case code == fault.Panicked:
		return panicked
	case code == fault.Usage:
		return wrong
	case code == fault.SocketUnavailable:
		return unavailable
	case strings.HasPrefix(string(code), "KZ-7"), code == fault.TrustFileInvalid, code == fault.ReaderUnsupported,
		code == fault.NobodyUser:
		return config
	}
	return software
}
