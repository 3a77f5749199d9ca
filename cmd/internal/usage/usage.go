// Package usage writes the help of the programs that have no commands below them,
// kazashid and virtualcard, in lines that fit a terminal of 80 columns.
package usage

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Columns is the width that help stays within.
const Columns = 79

// Set gives a command the help of this package. What stands in Long and Example is
// written as it is.
func Set(cmd *cobra.Command) {
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		// Declared here, these come with words of their own.
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
		_, _ = fmt.Fprint(cmd.OutOrStdout(), text(cmd))
	})
}

func text(cmd *cobra.Command) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n\nusage:\n  %s [FLAGS]\n", about, cmd.CommandPath())
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nexamples:\n%s\n", cmd.Example)
	}
	fmt.Fprintf(&b, "\nflags:\n%s", cmd.Flags().FlagUsagesWrapped(Columns))
	return b.String()
}
