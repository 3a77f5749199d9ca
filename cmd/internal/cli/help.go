package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
		a.showFlags(local)
	}
	a.heading(phrase{"共通オプション:", "common flags:"})
	a.showFlags(cmd.Root().PersistentFlags())
}

func (a *app) heading(p phrase) {
	a.out.line(plain, "")
	a.out.line(bold, p.in(a.lang))
}

// showFlags lists flags with their meaning. The library's own listing counts
// bytes, which does not align Japanese.
func (a *app) showFlags(flags *pflag.FlagSet) {
	t := &table{indent: 2}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
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
