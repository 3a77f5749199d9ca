package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"kazashi/cmd/internal/build"
)

// DefaultSocket is where the daemon listens when nothing else is said.
const DefaultSocket = "/run/kazashi/kazashi.sock"

// command returns the command tree in the language of this run.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use: "kazashi",
		Short: phrase{
			Ja: "かざす本人確認端末 kazashi の操作と点検",
			En: "operate and check kazashi, the identity terminal of a kiosk",
		}.in(a.lang),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no command given")
			}
			return fmt.Errorf("unknown command %q", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // never reached, but makes Args count
	}
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", a.json, phrase{"JSON で出力する", "write JSON"}.in(a.lang))
	flags.VarP(&languageFlag{a}, "lang", "", phrase{
		Ja: "表示する言語 (既定はロケールの言語)",
		En: "language of the output (default: that of the locale)",
	}.in(a.lang))
	flags.StringVar(&a.socket, "socket", a.socketFromEnvironment(), phrase{
		Ja: "`PATH`: デーモンのソケット (既定は KAZASHI_SOCKET、なければ " + DefaultSocket + ")",
		En: "`PATH` of the daemon's socket (default KAZASHI_SOCKET, else " + DefaultSocket + ")",
	}.in(a.lang))
	root.PersistentFlags().BoolP("help", "h", false, phrase{"使い方を表示する", "show how to use it"}.in(a.lang))
	root.SetHelpCommand(a.helpCommand(root))
	root.AddCommand(
		a.statusCommand(),
		a.doctorCommand(),
		a.readersCommand(),
		a.tapCommand(),
		a.traceCommand(),
		a.logCommand(),
		a.selftestCommand(),
		a.bugreportCommand(),
		a.profilesCommand(),
		a.trustCommand(),
		a.verifyCommand(),
		a.engagementCommand(),
		a.codesCommand(),
		a.demoCommand(),
		a.versionCommand(),
	)
	root.AddCommand(a.documentsCommand(root))
	root.SetHelpFunc(a.askedHelp)
	root.Version = build.Version()
	root.SetVersionTemplate("kazashi {{.Version}}\n")
	root.Flags().Bool("version", false, phrase{"版だけを表示する", "show the version and nothing else"}.in(a.lang))
	return root
}

// helpCommand shows the help of another command, as --help does.
func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "help",
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("unknown command %q", rest[0])
			}
			if err != nil {
				return err
			}
			a.showHelp(cmd, nil)
			return nil
		},
	}
}

func (a *app) socketFromEnvironment() string {
	if path := a.Getenv("KAZASHI_SOCKET"); path != "" {
		return path
	}
	return DefaultSocket
}

// languageFlag is the value of --lang.
type languageFlag struct{ a *app }

func (f *languageFlag) String() string { return "" }
func (f *languageFlag) Type() string   { return "ja|en" }

func (f *languageFlag) Set(s string) error {
	l, ok := parseLanguage(s)
	if !ok {
		return errors.New("must be ja or en")
	}
	f.a.lang = l
	return nil
}
