package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// askedHelp is --help. A word that is no command is wrong with it as without it.
func (a *app) askedHelp(cmd *cobra.Command, args []string) {
	if words := cmd.Flags().Args(); cmd.HasAvailableSubCommands() && len(words) > 0 {
		a.unknown = fmt.Errorf("unknown command %q", words[0])
		return
	}
	a.showHelp(cmd, args)
}

// offline are the commands that talk to no daemon, or to one of their own.
var offline = []string{"check", "codes", "demo", "engagement", "import", "verify", "version"}

// showHelp writes the help of a command in the language of this run.
func (a *app) showHelp(cmd *cobra.Command, _ []string) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	for line := range strings.Lines(text) {
		a.out.say(plain, "", strings.TrimSuffix(line, "\n"))
	}
	a.heading(phrase{"使い方:", "usage:"})
	if cmd.HasAvailableSubCommands() {
		a.out.line(plain, "  "+cmd.CommandPath()+phrase{" コマンド [オプション]", " COMMAND [FLAGS]"}.in(a.lang))
		a.heading(phrase{"コマンド:", "commands:"})
		t := &table{indent: 2}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				t.add(sub.Name(), sub.Short)
			}
		}
		a.out.table(t)
	} else {
		arguments := strings.TrimPrefix(cmd.Use, cmd.Name())
		a.out.line(plain, "  "+cmd.CommandPath()+arguments+phrase{" [オプション]", " [FLAGS]"}.in(a.lang))
	}
	if cmd.HasExample() {
		a.heading(phrase{"例:", "examples:"})
		a.out.line(plain, cmd.Example)
	}
	if local := cmd.LocalNonPersistentFlags(); local.HasAvailableFlags() {
		local.SortFlags = false
		a.heading(phrase{"オプション:", "flags:"})
		a.showFlags(local, func(*pflag.Flag) bool { return true })
	}
	a.heading(phrase{"共通オプション:", "common flags:"})
	a.showFlags(cmd.Root().PersistentFlags(), func(f *pflag.Flag) bool {
		return f.Name != "socket" || !slices.Contains(offline, cmd.Name()) && !strings.Contains(cmd.CommandPath(), " trust")
	})
}

func (a *app) heading(p phrase) {
	a.out.line(plain, "")
	a.out.line(bold, p.in(a.lang))
}

// showFlags lists the flags that count with their meaning. The library's own listing counts
// bytes, which does not align Japanese.
func (a *app) showFlags(flags *pflag.FlagSet, counts func(*pflag.Flag) bool) {
	t := &table{indent: 2}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || !counts(f) {
			return
		}
		value, meaning := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		t.add(strings.TrimSpace(name+" "+value), strings.TrimPrefix(meaning, value+": "))
	})
	a.out.table(t)
}
